local host = ...

local function whole(value)
    local number = math.tointeger(value)
    if not number then
        host.fail("random takes whole numbers, " .. tostring(value) .. " came", "write random(1, 6)")
    end
    return number
end

--- A random number: from 0 to below 1; from 1 to `m`; or from `m` to `n`. Nothing of it is recorded:
--- the number follows from the id of the run, the branch and a count, so that each run has its own
--- and a replay has the same, also where other branches go on at the same time.
---
--- ```lua
--- return { dice = random(6), coin = random(0, 1), share = random() }
--- ```
---@param m? integer
---@param n? integer
---@return number
local function random(m, n)
    if m == nil then
        return (host.tell("random", {}))
    end
    local low, high = 1, whole(m)
    if n ~= nil then
        low, high = high, whole(n)
    end
    if low > high then
        host.fail("random: there is no number from " .. low .. " to " .. high)
    end
    return (host.tell("random", { low = low, high = high }))
end
host.export("random", random)

--- A new identifier, as `"9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"`. As `random` it follows from the id of
--- the run and a count, so that a replay has the same: give it to a system that shall do a thing once.
---
--- ```lua
--- local order = uuid()
--- return { order = order }
--- ```
---@return string
local function uuid()
    return (host.tell("uuid"))
end
host.export("uuid", uuid)
