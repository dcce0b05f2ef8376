local host = ...

---@class ProcedureOptions A procedure as a value: its fields, and the function that is its body.
---@field input? table<string, Field>
---@field output? table<string, Field>
---@field [1] fun(input: table<string, any>): any

local declared = {} -- names of the declared input fields
local values = {}

local INPUT = {
    __metatable = false,
    __name = "input",
    __index = function(_, name)
        if not declared[name] then
            host.tell("input.unknown", { name = tostring(name) })
        end
    end,
    __newindex = function(_, name, value)
        if not declared[name] then
            host.tell("input.unknown", { name = tostring(name) })
        end
        rawset(values, name, value)
    end,
}

local function fill(given)
    for name, value in pairs(given) do
        rawset(values, name, value)
    end
end

local function declare(fields, told)
    for name in pairs(fields or {}) do
        declared[name] = true
    end
    fill(told)
end

INPUT.__call = function(_, fields)
    declare(fields, host.tell("input", host.fields("input", fields)))
end

setmetatable(values, INPUT)

--- Declare what the procedure takes; afterwards the values are its fields. A value that is missing
--- or of the wrong type ends the run before any model is called.
---
--- ```lua
--- input {
---     topic = field.string{description = "What to write about", default = "the sea"},
---     words = field.integer{default = 100},
--- }
--- return { prompt = "Write " .. input.words .. " words about " .. input.topic }
--- ```
---@type table<string, any>|fun(fields: table<string, Field>)
host.guard("input", values)

--- The values of the declared inputs; the same table as `input`.
---
--- ```lua
--- input { name = field.string{default = "world"} }
--- return { greeting = "Hello, " .. params.name }
--- ```
---@type table<string, any>
host.guard("params", values)

--- Declare what the procedure returns. The result is checked after the run; a failure names the
--- field and what came, and never loses the text.
---
--- ```lua
--- output { greeting = field.string{description = "A greeting"} }
--- return { greeting = "Hello" }
--- ```
---@param fields table<string, Field>
local function output(fields)
    host.tell("output", host.fields("output", fields))
end
host.guard("output", output)

--- Declare the procedure as one value: its input, its output and its body. Use it instead of
--- statements at the top of the file.
---
--- ```lua
--- Procedure {
---     input = { name = field.string{default = "world"} },
---     output = { greeting = field.string{} },
---     function(input)
---         return { greeting = "Hello, " .. input.name }
---     end,
--- }
--- ```
---@param options ProcedureOptions
local function Procedure(options)
    if type(options) ~= "table" then
        host.fail("Procedure takes a table, a " .. type(options) .. " came")
    end
    for key in pairs(options) do
        if key ~= 1 and key ~= "input" and key ~= "output" then
            host.fail("Procedure has no option " .. tostring(key), "it takes input, output and one function")
        end
    end
    local body = options[1]
    if not host.is_function(body) then
        host.fail("Procedure needs a function as its body", "write Procedure { function(input) … end }")
    end
    local told = host.tell("procedure", {
        input = options.input and host.fields("input", options.input),
        output = options.output and host.fields("output", options.output),
        body = body,
    })
    declare(options.input, told)
    host.bind(body, values) -- not a copy: a misspelt name is an error here too
end
host.export("Procedure", Procedure)

-- `output = { … }` for `output { … }` would silently declare nothing.
host.on_global(function(name)
    if name == "input" or name == "output" then
        host.tell("replaced", { word = name })
    end
end)
