local host = ...

--- Run another procedure, a file in the folder of this one or below it, as a part of this run; returns
--- what it returns. Its inputs and its output are checked as it declares them. It has a Lua state of its
--- own; turns, tokens, money and log output count for the whole run. Its text is recorded: a run goes on
--- with what it began with. At most eight are within one another.
---
--- ```lua
--- input { run = field.boolean{default = false} }
--- if not input.run then
---     return { story = "run_procedure was not called" }
--- end
--- local told = run_procedure("storyteller.lua")
--- return { story = told.story }
--- ```
---@param file string
---@param inputs? table<string, any>
---@return any
local function run_procedure(file, inputs)
    if type(file) ~= "string" then
        host.fail("run_procedure takes the name of a file, a " .. type(file) .. " came")
    elseif inputs ~= nil and type(inputs) ~= "table" then
        host.fail("run_procedure takes a table of inputs, a " .. type(inputs) .. " came")
    end
    return (host.request("procedure", { file = file, params = inputs or {} }))
end
host.export("run_procedure", run_procedure)
