-- Errors: what pcall may catch, and what a script sees of an error from outside.

local R = ...
local pcall, xpcall, error, type, tostring = R.raw.pcall, R.raw.xpcall, R.raw.error, R.raw.type, R.raw.tostring
local setmetatable, getmetatable, rawget = R.raw.setmetatable, R.raw.getmetatable, R.raw.rawget
local getinfo, traceback = R.raw.debug.getinfo, R.raw.debug.traceback
local KILL, is_fatal = R.KILL, R.is_fatal

local function caught(ok, ...)
    if not ok and is_fatal((...)) then
        error(KILL, 0)
    end
    return ok, ...
end

function R.pcall(f, ...)
    return caught(pcall(f, ...))
end

function R.xpcall(f, handler, ...)
    if type(handler) ~= "function" then
        error("xpcall needs a function as its handler", 2)
    end
    return caught(xpcall(f, function(problem)
        if is_fatal(problem) then
            return problem
        end
        return handler(problem)
    end, ...))
end

-- The innermost line of the procedure's own file: in this coroutine, else in those that resumed it.
function R.line(thread)
    local source = "@" .. R.alias
    thread = thread or R.raw.coroutine.running()
    while thread do
        local level = 0
        while true do
            local info = getinfo(thread, level, "Sl")
            if not info then
                break
            end
            if info.source == source then
                return info.currentline
            end
            level = level + 1
        end
        if not R.parents[thread] then
            return R.begun[thread]
        end
        thread = R.parents[thread]
    end
    return nil
end

R.begun = setmetatable({}, { __mode = "k" }) -- where a called function begins: its tail calls have no frame

R.parents = setmetatable({}, { __mode = "k" })

local ERROR = {
    __name = "error",
    __metatable = false,
    __tostring = function(problem)
        return rawget(problem, "where") .. tostring(rawget(problem, "message"))
    end,
    __concat = function(left, right)
        return R.tostring(left) .. R.tostring(right)
    end,
}

-- An error value with the place of the procedure's line; `ref` finds the Python exception.
function R.problem(fields, ref)
    local line = R.line()
    fields.where = line and (R.alias .. ":" .. line .. ": ") or ""
    fields.line = line
    R.refs[fields] = ref
    return setmetatable(fields, ERROR)
end

R.refs = setmetatable({}, { __mode = "k" })

function R.fail(message, hint, kind)
    kind = kind or "definition"
    error(R.problem({ kind = kind, code = kind, message = message, hint = hint, retryable = false }), 0)
end

function R.is_problem(value)
    return type(value) == "table" and getmetatable(value) == ERROR
end

local gsub, utf8len, sub = R.raw.string.gsub, R.raw.utf8.len, R.raw.string.sub
local MOST_TEXT = 4000 -- bytes of an error's text

-- Text that may leave: not too long, and UTF-8 in any case.
function R.clean(text)
    if #text > MOST_TEXT then
        text = sub(text, 1, MOST_TEXT) .. " ..."
    end
    return utf8len(text) and text or gsub(text, "[\128-\255]", "?")
end

local function text_of(problem)
    if type(problem) == "string" then
        return R.clean(problem)
    end
    local meta = getmetatable(problem)
    if type(problem) ~= "table" or (meta and rawget(meta, "__tostring")) then
        local ok, text = pcall(R.tostring, problem) -- the script's own code: hooked, as all of it
        return ok and R.clean(text) or nil
    end
    return nil
end

-- The handler around a whole coroutine: what was raised, and where, before the stack is gone.
function R.witness(problem)
    if problem == KILL then
        return nil
    end
    local seen = { line = R.line(), traceback = R.clean(traceback("", 2)) }
    if R.is_problem(problem) then
        seen.ref, seen.line = R.refs[problem], problem.line or seen.line
        seen.text, seen.hint, seen.kind = R.clean(tostring(problem.message)), problem.hint, problem.kind
        return seen
    end
    seen.text = text_of(problem)
    if seen.text == nil and not R.dead then
        local ok, shape, flat = pcall(R.encode, problem)
        if ok then
            seen.shape, seen.flat = shape, flat
        end
    end
    return seen
end
