local host = ...

local function take(word, name, body)
    if type(name) ~= "string" or not host.is_function(body) then
        host.fail(word .. " takes a name and a function", "write " .. word .. '("name", function() … end)')
    end
    return (host.request("step", { name = name, body = body }))
end

--- Run a function once and record what it returns, which is plain data. On a replay it is not called:
--- its result is there at once, and so is its error. Whatever it asks for is a part of the step, and is
--- done again as a whole when the run breaks off within it. What it changes outside, as a variable or
--- `State`, is not repeated: return it. Agents that are called within it begin a conversation that ends
--- with it.
---
--- ```lua
--- local plan = step("plan", function()
---     return { parts = random(3, 5), at = now() }
--- end)
--- return { parts = plan.parts }
--- ```
---@param name string
---@param body fun(): any
---@return any
local function step(name, body)
    return (take("step", name, body))
end
host.export("step", step)

--- The same as `step`.
---
--- ```lua
--- local seed = Checkpoint("seed", function() return random(1000) end)
--- return { seed = seed }
--- ```
---@param name string
---@param body fun(): any
---@return any
local function Checkpoint(name, body)
    return (take("Checkpoint", name, body))
end
host.export("Checkpoint", Checkpoint)
