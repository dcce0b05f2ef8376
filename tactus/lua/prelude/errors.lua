-- Errors: what pcall may catch, and what a script sees of an error from outside.

local R = ...
local pcall, xpcall, error, type, tostring = R.raw.pcall, R.raw.xpcall, R.raw.error, R.raw.type, R.raw.tostring
local setmetatable, getmetatable, rawget = R.raw.setmetatable, R.raw.getmetatable, R.raw.rawget
local getinfo, traceback = R.raw.debug.getinfo, R.raw.debug.traceback
local rawequal, next = R.raw.rawequal, R.raw.next
local gsub, match, sub, byte = R.raw.string.gsub, R.raw.string.match, R.raw.string.sub, R.raw.string.byte
local utf8len = R.raw.utf8.len
local KILL, is_fatal = R.KILL, R.is_fatal

-- The runtime's own place at the head of a message, in place of which the procedure's line is named.
local function placed(problem, thread)
    if type(problem) ~= "string" or byte(problem) ~= 91 then
        return problem
    end
    local behind = match(problem, "^%[[%w_.]+%]:%d+: ()")
    if not behind then
        return problem
    end
    local line = R.line(thread)
    return (line and (R.alias .. ":" .. line .. ": ") or "") .. sub(problem, behind)
end
R.placed = placed

-- `begun` is how often the run had been told to end before the call: see coroutines.lua.
local function caught(begun, ok, ...)
    if not ok and (is_fatal((...)) or R.deaths ~= begun) then
        error(KILL, 0)
    end
    return ok, ...
end

local function place(problem)
    return placed(problem) -- of what Lua gives to a handler, only the error
end

function R.pcall(f, ...)
    return caught(R.deaths, xpcall(f, place, ...))
end

function R.xpcall(f, handler, ...)
    if type(handler) ~= "function" then
        error("bad argument #2 to 'xpcall' (function expected, got " .. (handler == nil and "no value" or type(handler)) .. ")", 2)
    end
    local handling = false
    return caught(
        R.deaths,
        xpcall(f, function(problem)
            problem = placed(problem)
            if handling or is_fatal(problem) then
                return problem -- an error of the handler itself is the result
            end
            handling = true
            local result = handler(problem)
            handling = false
            return result
        end, ...)
    )
end

local MOST_FRAMES = 100 -- that are searched: Lua counts its way to each from the innermost

-- The innermost line of the procedure's own file: in this coroutine, else in those that resumed it.
function R.line(thread)
    local source = "@" .. R.alias
    thread = thread or R.raw.coroutine.running()
    while thread do
        for level = 0, MOST_FRAMES do
            local info = getinfo(thread, level, "Sl")
            if not info then
                break
            end
            if info.source == source then
                return info.currentline
            end
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
        return (rawget(problem, "where") or "") .. R.tostring(rawget(problem, "message"))
    end,
    __concat = function(left, right)
        return R.tostring(left) .. R.tostring(right)
    end,
}

local MOST_TEXT = 4000 -- bytes of an error's text

-- Text that may leave: not too long, UTF-8 in any case, and nothing that moves a terminal's cursor.
local function clean(text)
    if #text > MOST_TEXT then
        local last = MOST_TEXT
        while last > MOST_TEXT - 4 and byte(text, last + 1) & 0xC0 == 0x80 do
            last = last - 1 -- not within a character
        end
        text = sub(text, 1, last) .. " ..."
    end
    if not utf8len(text) then
        text = gsub(text, "[\128-\255]", "?")
    end
    return (gsub(text, "[\0-\8\11-\31\127]", "?"))
end
R.clean = clean

local known = setmetatable({}, { __mode = "k" }) -- problem -> what Python is told; a script may change the problem

-- An error value with its place in the procedure: its own, else the line that runs now; `ref` finds
-- the Python exception.
function R.problem(fields, ref)
    local line = fields.line or R.line()
    fields.where = line and (R.alias .. ":" .. line .. ": ") or ""
    fields.line = line
    known[fields] = {
        ref = ref,
        line = line,
        kind = fields.kind,
        text = clean(fields.message),
        hint = fields.hint and clean(fields.hint),
    }
    return setmetatable(fields, ERROR)
end

function R.fail(message, hint, kind)
    kind = kind or "definition"
    error(R.problem({ kind = kind, code = kind, message = message, hint = hint, retryable = false }), 0)
end

-- The text of an error value: of text, numbers, booleans, and what has a __tostring.
local function text_of(problem)
    if type(problem) == "string" then
        return clean(problem)
    elseif problem == nil then
        return nil
    end
    local meta = getmetatable(problem)
    if type(problem) ~= "table" or (meta and rawget(meta, "__tostring")) then
        local ok, text = pcall(R.tostring, problem) -- the script's own code: hooked, as all of it
        if not ok then
            is_fatal(text)
        end
        return ok and clean(text) or nil
    end
    return nil
end

-- The handler around a whole coroutine: what was raised, and where, before the stack is gone.
function R.witness(problem)
    if rawequal(problem, KILL) then
        return nil
    end
    local seen = { line = R.line(), traceback = clean(traceback("", 2)) }
    local told = type(problem) == "table" and known[problem]
    if told then
        for name, value in next, told do
            seen[name] = value
        end
        return seen
    end
    seen.text = text_of(placed(problem))
    if seen.text == nil and problem ~= nil and not R.dead then
        local ok, shape, flat = pcall(R.encode, problem)
        if ok then
            seen.shape, seen.flat = shape, flat
        else
            seen.text = "the error was a " .. type(problem) .. " that cannot be shown"
        end
    end
    return seen
end
