-- Coroutines: a request made inside a script's own coroutine goes through it, unseen, to Python.

local R = ...
local error, type, pcall = R.raw.error, R.raw.type, R.raw.pcall
local create, resume, status = R.raw.coroutine.create, R.raw.coroutine.resume, R.raw.coroutine.status
local yield, running, close = R.raw.coroutine.yield, R.raw.coroutine.running, R.raw.coroutine.close
local isyieldable = R.raw.coroutine.isyieldable
local setmetatable, next = R.raw.setmetatable, R.raw.next
local collectgarbage = R.raw.collectgarbage
local KILL, is_fatal, watch, owned, parents = R.KILL, R.is_fatal, R.watch, R.owned, R.parents

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
        error("an agent cannot be called here: inside __tostring, or the handler of xpcall", 0)
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

local function stepped(thread, ok, first, ...)
    if ok and first == REQUEST then
        pending[thread] = true
        local answer = R.raw.table.pack(yield(REQUEST, ...))
        pending[thread] = nil
        return step(thread, R.raw.table.unpack(answer, 1, answer.n))
    end
    ended(thread)
    if not ok and is_fatal(first) then
        error(KILL, 0)
    end
    return ok, first, ...
end

function step(thread, ...)
    parents[thread] = running()
    return stepped(thread, resume(thread, ...))
end

local function check(thread, name)
    if type(thread) ~= "thread" then
        error("bad argument #1 to '" .. name .. "' (coroutine expected, got " .. type(thread) .. ")", 3)
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
    return step(thread, ...)
end

local function unwrapped(thread, ok, ...)
    if not ok then
        close(thread) -- its <close> variables; after a kill we are not here
        local problem = (...)
        error(problem, 0)
    end
    return ...
end

function library.wrap(f)
    local thread = library.create(f)
    return function(...)
        if pending[thread] then
            error("cannot resume non-suspended coroutine", 2)
        end
        return unwrapped(thread, step(thread, ...))
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
    local ok, problem = close(thread)
    ended(thread)
    if not ok and is_fatal(problem) then
        error(KILL, 0)
    end
    return ok, problem
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
