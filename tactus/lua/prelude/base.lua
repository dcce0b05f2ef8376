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
    -- Raised to end a script. A `__close` of the script is shown it, so it is locked; every comparison
    -- with it is raw, or the script's `__eq` would be called with it.
    KILL = setmetatable({}, { __metatable = false, __name = "the end of the run" }),
    deaths = 0, -- how often the coroutine that Python drives now was told to end
    dead = nil, -- the name of the limit that ended the run, once one has
    alias = "", -- what Lua calls the procedure's file
    owned = setmetatable({}, { __mode = "k" }), -- coroutines that Python drives
}
for _, library in ipairs({ "string", "table", "math", "utf8", "coroutine", "debug" }) do
    for name, value in next, _G[library] do
        R.raw[library][name] = value
    end
end
R.raw.string_methods = {} -- what makes "10" + 1 work
for name, value in next, getmetatable("") do
    R.raw.string_methods[name] = name ~= "__index" and value or nil
end
R.raw.debug.setmetatable("", nil)

local error, pcall, sethook, find, sub, rawequal = error, pcall, debug.sethook, string.find, string.sub, rawequal
local EVERY = 1000 -- instructions between two looks at the clock: fewer cost no less
local CLOSELY = 20 -- and while each takes long, as with texts of many megabytes
local SLOW = 0.05 -- seconds between two looks that are long

local EVER = math.huge -- what the clock says once the run is interrupted

local used, budget, deadline, seconds, looked = 0, 0, EVER, 0, 0
local KILL = R.KILL

function R.configure(instructions, cpu, coroutines, alias)
    budget, seconds, R.most_coroutines, R.alias = instructions, cpu, coroutines, alias
end

-- A slice begins: it may use this much of the thread's CPU time, less what was spent already.
function R.begin(spent)
    looked = clock()
    deadline = looked < EVER and looked + seconds - spent or -EVER
end

-- What was spent when the slice ends.
function R.spent()
    local now = clock()
    return now < EVER and now - deadline + seconds or seconds
end

local function killed()
    error(KILL, 0)
end

-- The run has reached a limit: from here on every coroutine of it ends at its next instruction.
function R.die(limit)
    if not R.dead then
        R.dead, R.dead_line = limit, R.line()
    end
    sethook(killed, "", 1)
    error(KILL, 0)
end

-- Count work that C has done, or is about to do, where no hook runs: in instructions.
function R.charge(work)
    if R.dead then
        error(KILL, 0)
    end
    used = used + work
    if used > budget then
        R.die("instructions")
    end
    local ok, now = pcall(clock)
    if type(now) == "userdata" then -- a signal came in Python: no script may see its exception
        R.thrown = now
        R.die("interrupted")
    elseif not ok then
        error(now, 0)
    end
    local took = now - looked
    looked = now
    if now > deadline then
        R.die("cpu")
    end
    return took
end

local charge = R.charge
local look

local function look_closely()
    if charge(CLOSELY) < SLOW * CLOSELY / EVERY then
        sethook(look, "", EVERY)
    end
end

function look()
    if charge(EVERY) > SLOW then
        sethook(look_closely, "", CLOSELY)
    end
end

-- A new coroutine has no hook: each gets its own.
function R.watch(thread)
    sethook(thread, look, "", EVERY)
end

-- Whether an error ends the run whatever the script does: a kill, or a limit of Lua itself.
function R.is_fatal(problem)
    if R.dead or rawequal(problem, KILL) then
        return true
    end
    if type(problem) ~= "string" then
        return false
    end
    local tail = sub(problem, -60)
    if problem == "not enough memory" then
        R.dead = "memory"
    elseif
        find(tail, "C stack overflow$")
        or find(tail, ":%d+: stack overflow$")
        or tail == "stack overflow"
        or tail == "error in error handling"
    then
        R.dead = "stack"
    end
    return R.dead ~= nil
end

return R
