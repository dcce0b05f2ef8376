-- The first file of the prelude: the raw functions that the others need, captured before a script
-- can touch anything; the end of a run that has gone too far; and the hook that notices.

local enter, leave, clock = ...

local R = {
    raw = {
        pcall = pcall, xpcall = xpcall, error = error, next = next, type = type, select = select,
        tostring = tostring, tonumber = tonumber, rawget = rawget, rawset = rawset, rawlen = rawlen,
        rawequal = rawequal, setmetatable = setmetatable, getmetatable = debug.getmetatable,
        load = load, collectgarbage = collectgarbage, ipairs = ipairs, assert = assert,
        string = {}, table = {}, math = {}, utf8 = {}, coroutine = {}, debug = {},
    },
    enter = enter, -- the memory limit begins to hold
    leave = leave, -- and ends to
    KILL = {}, -- raised to end a script; nothing that a script can call returns it
    dead = nil, -- the name of the limit that ended the run, once one has
    alias = "", -- what Lua calls the procedure's file
    owned = setmetatable({}, { __mode = "k" }), -- coroutines that Python drives
}
for _, library in ipairs({ "string", "table", "math", "utf8", "coroutine", "debug" }) do
    for name, value in next, _G[library] do
        R.raw[library][name] = value
    end
end
R.raw.debug.setmetatable("", nil)

local error, sethook, find = error, debug.sethook, string.find
local EVERY = 1000 -- instructions between two looks at the clock: fewer cost no less

local used, budget, deadline, seconds = 0, 0, 0, 0

function R.configure(instructions, cpu, coroutines, alias)
    budget, seconds, R.most_coroutines, R.alias = instructions, cpu, coroutines, alias
end

-- A slice begins: it may use this much of the thread's CPU time.
function R.begin()
    deadline = clock() + seconds
end

local function killed()
    error(R.KILL, 0)
end

-- The run has reached a limit: from here on every coroutine of it ends at its next instruction.
function R.die(limit)
    if not R.dead then
        R.dead, R.dead_line = limit, R.line()
    end
    sethook(killed, "", 1)
    error(R.KILL, 0)
end

local function look()
    if R.dead then
        error(R.KILL, 0)
    end
    used = used + EVERY
    if used > budget then
        R.die("instructions")
    elseif clock() > deadline then
        R.die("cpu")
    end
end

-- A new coroutine has no hook: each gets its own.
function R.watch(thread)
    sethook(thread, look, "", EVERY)
end

-- Whether an error ends the run whatever the script does: a kill, or a limit of Lua itself.
function R.is_fatal(problem)
    if R.dead or problem == R.KILL then
        return true
    end
    if type(problem) ~= "string" then
        return false
    end
    if problem == "not enough memory" then
        R.dead = "memory"
    elseif find(problem, "stack overflow$") or find(problem, "error in error handling$", 1) then
        R.dead = "stack"
    end
    return R.dead ~= nil
end

return R
