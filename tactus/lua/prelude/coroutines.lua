-- Coroutines: a request made inside a script's own coroutine goes through it, unseen, to Python.

local R = ...
local error, type, rawequal = R.raw.error, R.raw.type, R.raw.rawequal
local create, resume, status = R.raw.coroutine.create, R.raw.coroutine.resume, R.raw.coroutine.status
local yield, running, close = R.raw.coroutine.yield, R.raw.coroutine.running, R.raw.coroutine.close
local isyieldable = R.raw.coroutine.isyieldable
local setmetatable, next = R.raw.setmetatable, R.raw.next
local collectgarbage = R.raw.collectgarbage
local KILL, is_fatal, watch, owned, parents = R.KILL, R.is_fatal, R.watch, R.owned, R.parents
local placed = R.placed

local REQUEST = {}
local pending = setmetatable({}, { __mode = "k" }) -- waits for Python: nobody else may resume it
local alive = setmetatable({}, { __mode = "k" })
local count = 0

local function recount()
    collectgarbage()
    count = 0
    for thread in next, alive do
        if status(thread) == "dead" then
            alive[thread] = nil
        else
            count = count + 1
        end
    end
end

-- A coroutine that counts against the limit and that the hook watches.
function R.spawn(f)
    if count >= R.most_coroutines then
        recount()
        R.charge(0) -- that took its time in C
        if count >= R.most_coroutines then
            R.die("coroutines")
        end
    end
    local thread = create(f)
    watch(thread)
    alive[thread] = true
    count = count + 1
    return thread
end

-- A coroutine that Python drives; it counts against no limit of the script's.
function R.adopt(f)
    local thread = create(f)
    watch(thread)
    owned[thread] = true
    return thread
end

-- Leave the coroutine for Python and come back with the answer.
function R.ask(...)
    if not isyieldable() then
        R.fail(
            "an agent cannot be called here",
            "not in the handler of xpcall, in ipairs over an __index, or while a coroutine is closed; call it before",
            "procedure"
        )
    end
    return yield(REQUEST, ...)
end

local function ended(thread)
    if alive[thread] and status(thread) == "dead" then
        alive[thread] = nil
        count = count - 1
    end
end

local step

local function answered(begun, thread, ...)
    pending[thread] = nil
    return step(begun, thread, ...)
end

-- `begun` is how often the run had been told to end when the script resumed the coroutine: when it has
-- been since, no error of the coroutine is the script's to catch, whatever a `<close>` made of it.
local function stepped(begun, thread, ok, first, ...)
    if ok and rawequal(first, REQUEST) then
        pending[thread] = true
        return answered(begun, thread, yield(REQUEST, ...))
    end
    ended(thread)
    if ok then
        return true, first, ...
    elseif is_fatal(first) or R.deaths ~= begun then
        if not R.dead then
            close(thread) -- its `<close>` variables, from the inside out
        end
        error(KILL, 0)
    end
    return false, placed(first, thread)
end

function step(begun, thread, ...)
    if status(thread) == "suspended" then -- else resume refuses, and who resumed it stays who did
        parents[thread] = running()
    end
    return stepped(begun, thread, resume(thread, ...))
end

local function check(thread, name)
    if type(thread) ~= "thread" then
        error("bad argument #1 to '" .. name .. "' (thread expected, got " .. type(thread) .. ")", 3)
    end
end

local library = {}

function library.create(f)
    if type(f) ~= "function" then
        error("bad argument #1 to 'create' (function expected, got " .. type(f) .. ")", 2)
    end
    return R.spawn(f)
end

function library.resume(thread, ...)
    check(thread, "resume")
    if owned[thread] or pending[thread] then
        return false, "cannot resume non-suspended coroutine"
    end
    return step(R.deaths, thread, ...)
end

-- Close a coroutine, which runs its `<close>` variables; after a kill we are not here.
local function closed(thread)
    local begun = R.deaths
    local ok, problem = close(thread)
    ended(thread)
    if ok then
        return true
    elseif is_fatal(problem) or R.deaths ~= begun then
        error(KILL, 0)
    end
    return false, placed(problem)
end

local function unwrapped(thread, ok, ...)
    if ok then
        return ...
    end
    local problem = (...)
    if status(thread) == "dead" then
        local unharmed, other = closed(thread)
        problem = unharmed and problem or other
    end
    error(problem, 0)
end

function library.wrap(f)
    local thread = library.create(f)
    return function(...)
        if pending[thread] then
            error("cannot resume non-suspended coroutine", 2)
        end
        return unwrapped(thread, step(R.deaths, thread, ...))
    end
end

function library.status(thread)
    check(thread, "status")
    return (pending[thread] and "normal") or status(thread)
end

function library.close(thread)
    check(thread, "close")
    if owned[thread] or pending[thread] then
        error("cannot close a coroutine that is not suspended", 2)
    end
    return closed(thread)
end

function library.yield(...)
    if owned[running()] then
        error("attempt to yield from outside a coroutine", 2)
    end
    return yield(...)
end

function library.isyieldable()
    return not owned[running()] and isyieldable()
end

function library.running()
    local thread = running()
    return thread, owned[thread] == true
end

R.coroutine = library
R.REQUEST = REQUEST
