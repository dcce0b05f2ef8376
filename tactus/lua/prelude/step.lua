-- The step that Python takes: everything goes in and out through these few functions, as text,
-- numbers and booleans. None of them calls a script's code but by resuming its coroutine.

local R = ...
local raw = R.raw
local unpack, pack, xpcall, next = raw.table.unpack, raw.table.pack, raw.xpcall, raw.next
local resume, status = raw.coroutine.resume, raw.coroutine.status
local concat, error, rawequal = raw.table.concat, raw.error, raw.rawequal
local KILL = R.KILL

local threads, made = {}, 0
local spent = {} -- number -> CPU seconds since the coroutine's last request was answered
local deaths = {} -- number -> how often it was told to end
local MOST_NAMES, MOST_MEMBERS = 2000, 200
local libraries = {} -- name -> table, of the words that are tables

local function keep(procedure, ...)
    local arguments = pack(...)
    local function run()
        return R.encode((procedure(unpack(arguments, 1, arguments.n))))
    end
    made = made + 1
    threads[made] = R.adopt(function()
        return xpcall(run, R.witness)
    end)
    local about = raw.debug.getinfo(R.standing[procedure] or procedure, "S")
    if about.what == "Lua" and about.source == "@" .. R.alias then
        R.begun[threads[made]] = about.linedefined
    end
    return made
end

local function run_surface(code, name)
    raw.load(code, name, "b", R.surface_words)(R.host)
end

-- `return agent(…)` is a tail call, which leaves no frame to name a line by; where something is to be
-- closed there are none, so the main chunk begins with a variable that is never closed.
local NO_TAIL_CALLS = "local _procedure <close> = nil; "

-- The number of the coroutine that will run the procedure; or nil and what is wrong with it.
local function compile(text)
    local f, problem = raw.load(NO_TAIL_CALLS .. text, "@" .. R.alias, "t", R.script_words)
    if not f then
        return nil, R.clean(problem)
    end
    for name, word in next, R.script_words do
        if raw.type(word) == "table" and not rawequal(word, R.script_words) then
            libraries[name] = word
        end
    end
    return keep(f)
end

-- The number of a coroutine that will call a function with a list of arguments, or with the value
-- that a surface file bound to it.
local function call(number, shape, ...)
    local arguments = R.decode(shape, ...)
    local count = #arguments
    for position = 1, count do
        if rawequal(arguments[position], R.null) then
            arguments[position] = nil
        end
    end
    local f = R.function_of(number)
    if R.bound[f] ~= nil then
        return keep(f, R.bound[f])
    end
    return keep(f, unpack(arguments, 1, count))
end

local function ended(number, outcome, ...)
    threads[number], spent[number], deaths[number] = nil, nil, nil
    return outcome, ...
end

local function failed(number, seen)
    if type(seen) ~= "table" then -- the handler did not run: no memory was left, or Lua's stack was full
        if seen ~= nil and R.is_fatal(seen) then
            return ended(number, "dead", R.dead, R.dead_line)
        elseif seen == nil or rawequal(seen, KILL) then
            return ended(number, "killed")
        end
        return ended(number, "error", 0, "procedure", R.clean(R.raw.tostring(seen)), nil, "", nil, "n")
    end
    local shape, flat = seen.shape or "n", seen.flat or {}
    local kind = seen.kind or "procedure"
    return ended(number, "error", seen.ref or 0, kind, seen.text, seen.line, seen.traceback, seen.hint, shape, unpack(flat))
end

local function outcome(number, resumed, first, second, third, fourth, fifth, sixth)
    R.leave()
    spent[number] = R.spent()
    if R.thrown ~= nil then
        threads[number] = nil
        error(R.thrown, 0) -- in Python again, as what it was
    elseif R.dead then
        return ended(number, "dead", R.dead, R.dead_line)
    elseif not resumed then
        return failed(number, first)
    elseif status(threads[number]) ~= "dead" then -- REQUEST, kind, op, line, shape, flat
        if second == "request" and not deaths[number] then
            spent[number] = 0 -- what follows the answer is a new slice; what follows a `tell` is not
        end
        return second, third, fourth, fifth, unpack(sixth)
    elseif not first then
        return failed(number, second)
    end
    return ended(number, "done", second, unpack(third))
end

-- Let coroutine `number` go on, with a reply: "go", "ok" with a value, "err" with the fields of an
-- error and its reference, or "kill". Returns what it came to:
--   "request"|"tell", op, line, shape, flat…      it waits for an answer
--   "done", shape, flat…                          it ended with a value
--   "error", ref, kind, text, line, traceback, hint, shape, flat…
--   "dead", limit, line                                it reached a limit
--   "killed"
local function step(number, reply, ...)
    if not threads[number] then
        return "killed" -- it has ended already
    elseif R.dead then
        return ended(number, "dead", R.dead, R.dead_line)
    end
    local ok, value, ref = true, nil, nil
    if reply == "ok" then
        value = R.decode(...)
    elseif reply == "err" then
        ok, ref, value = false, (...), R.decode(raw.select(2, ...))
    elseif reply == "kill" then
        ok, value = false, KILL
        deaths[number] = (deaths[number] or 0) + 1
    end
    R.deaths = deaths[number] or 0
    R.begin(spent[number] or 0)
    R.enter()
    return outcome(number, resume(threads[number], ok, value, ref))
end

-- Add the names in a table, at most so many of them.
local function add_names(found, before, t, most)
    for name in next, t do
        if raw.type(name) == "string" and #name <= 100 and raw.utf8.len(name) then
            found[#found + 1] = before .. name
        end
        most = most - 1
        if most == 0 then
            break
        end
    end
end

-- The names of the procedure's globals, and of what is in the language's own tables as `Log.info`,
-- for a hint to the nearest.
local function names()
    local found = {}
    add_names(found, "", R.guarded, MOST_NAMES)
    add_names(found, "", R.script_words, MOST_NAMES)
    for name, library in next, libraries do
        add_names(found, name .. ".", library, MOST_MEMBERS)
    end
    return concat(found, "\n")
end

return run_surface, compile, call, step, names
