local host = ...

-- Plain Lua: a replay runs the same statements and comes to the same state.

local values = {}
local State = {}

--- The value under a name, or the default.
---
--- ```lua
--- State.set("count", 2)
--- return { count = State.get("count", 0), missing = State.get("other", "none") }
--- ```
---@param name string
---@param default? any
---@return any
function State.get(name, default)
    local value = values[name]
    if value == nil then
        return default
    end
    return value
end

--- Keep a value under a name, for the rest of the run. `State.count = 2` is the same.
---
--- ```lua
--- State.set("topic", "the sea")
--- return { topic = State.topic }
--- ```
---@param name string
---@param value any
function State.set(name, value)
    if type(name) ~= "string" then
        host.fail("State.set takes a name first, a " .. type(name) .. " came")
    end
    values[name] = value
end

--- Add to a number under a name, from 0; returns the new number.
---
--- ```lua
--- State.increment("turns")
--- return { turns = State.increment("turns", 2) }
--- ```
---@param name string
---@param by? number
---@return number
function State.increment(name, by)
    local value = State.get(name, 0) + (by or 1)
    State.set(name, value)
    return value
end

--- Every name and its value, as a new table.
---
--- ```lua
--- State.a = 1
--- return State.all()
--- ```
---@return table<string, any>
function State.all()
    local copy = {}
    for name, value in pairs(values) do
        copy[name] = value
    end
    return copy
end

host.export(
    "State",
    setmetatable({}, {
        __metatable = false,
        __name = "State",
        __index = function(_, name)
            return rawget(State, name) or values[name]
        end,
        __pairs = function()
            return pairs(values)
        end,
        __newindex = function(_, name, value)
            if rawget(State, name) ~= nil then
                host.fail("State." .. name .. " is a function and cannot be replaced")
            end
            State.set(name, value)
        end,
    })
)
