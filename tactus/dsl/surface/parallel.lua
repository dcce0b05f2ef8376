local host = ...

---@class Branches Functions that run side by side, in a list or under names.
---@field [integer|string] fun(): any

-- The keys of the branches in order; a function for each, which keeps what the branch returns; and
-- where that is kept. The values stay in Lua: what an agent said is still what an agent said.
local function prepared(word, branches)
    local hint = "write " .. word .. " { function() … end, function() … end }"
    if type(branches) ~= "table" then
        host.fail(word .. " takes a table of functions, a " .. type(branches) .. " came", hint)
    end
    local keys, functions, results = {}, {}, {}
    for key, branch in pairs(branches) do
        if not host.is_function(branch) then
            host.fail(word .. " takes functions; " .. tostring(key) .. " is a " .. type(branch), hint)
        end
        local function keeping()
            results[key] = branch()
        end
        host.stands_for(keeping, branch)
        keys[#keys + 1], functions[#functions + 1] = key, keeping
    end
    return keys, functions, results
end

--- Run functions side by side, and return what each returned: in their order, or under their names.
--- All have ended when it returns. The error of one ends the others, and is raised here. At most
--- `limits.branches` run at once. On a replay they go on in the order in which they did.
---
--- ```lua
--- poet = Agent { model = "openai/gpt-4o-mini", system_prompt = "You write one line." }
--- local lines = Parallel {
---     dawn = function() return poet("A line about dawn").response end,
---     dusk = function() return poet("A line about dusk").response end,
--- }
--- return { dawn = lines.dawn, dusk = lines.dusk }
--- ```
---@param branches Branches
---@return table
local function Parallel(branches)
    local _, functions, results = prepared("Parallel", branches)
    host.request("parallel", { functions = host.array(functions) })
    return results
end
host.export("Parallel", Parallel)

--- Run functions side by side until the first has ended; returns its value and which one it was, a
--- number or a name. The others are stopped, and so is whatever their agents say. When the first ends
--- with an error, that is raised.
---
--- ```lua
--- slow = Agent { model = "openai/gpt-4o" }
--- quick = Agent { model = "openai/gpt-4o-mini" }
--- local answer, which = race {
---     slow = function() return slow("What is the capital of Peru?").response end,
---     quick = function() return quick("What is the capital of Peru?").response end,
--- }
--- return { answer = answer, by = which }
--- ```
---@param branches Branches
---@return any value
---@return integer|string which
local function race(branches)
    local keys, functions, results = prepared("race", branches)
    if #keys == 0 then
        host.fail("race takes at least one function", "write race { function() … end, function() … end }")
    end
    local first = keys[host.request("race", { functions = functions })]
    return results[first], first
end
host.export("race", race)
