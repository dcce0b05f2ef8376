local host = ...

---@class Field A declared field, made with one of the functions of `field`.

---@class FieldOptions What a field may say about itself.
---@field description? string What the value is for; shown where it is asked for.
---@field required? boolean Whether a value must be given; true unless there is a default.
---@field default? any The value when none is given.
---@field enum? any[] The values that are allowed.
---@field minimum? number The smallest number allowed.
---@field maximum? number The largest number allowed.
---@field items? Field Of what type the elements of an array are.
---@field fields? table<string, Field> Which keys an object has.

local field = {}
local FIELD = { __metatable = false, __name = "field" }
local orders, count = {}, 0 -- fields are made in the order in which they are written

local function make(kind, options)
    if options == nil then
        options = {}
    elseif type(options) == "string" then
        options = { description = options }
    elseif type(options) ~= "table" then
        host.fail("field." .. kind .. " takes a table of options, a " .. type(options) .. " came")
    end
    local made = { type = kind }
    for key, value in pairs(options) do
        if key == "type" then
            host.fail("field." .. kind .. ' has its type already; remove "type" from its options')
        end
        made[key] = value
    end
    count = count + 1
    orders[made] = count
    return setmetatable(made, FIELD)
end

--- A field of text.
---
--- ```lua
--- input { topic = field.string{description = "What to write about", default = "the sea"} }
--- return { topic = input.topic }
--- ```
---@param options? FieldOptions|string
---@return Field
function field.string(options)
    return make("string", options)
end

--- A field of a number, with or without a fraction.
---
--- ```lua
--- input { temperature = field.number{default = 0.7, minimum = 0, maximum = 2} }
--- return { doubled = input.temperature * 2 }
--- ```
---@param options? FieldOptions|string
---@return Field
function field.number(options)
    return make("number", options)
end

--- A field of a whole number; `5.0` is taken as `5`.
---
--- ```lua
--- output { words = field.integer{description = "How many words"} }
--- return { words = 5.0 }
--- ```
---@param options? FieldOptions|string
---@return Field
function field.integer(options)
    return make("integer", options)
end

--- A field of `true` or `false`.
---
--- ```lua
--- input { loud = field.boolean{default = false} }
--- return { text = input.loud and "HELLO" or "hello" }
--- ```
---@param options? FieldOptions|string
---@return Field
function field.boolean(options)
    return make("boolean", options)
end

--- A field of a list; `items` says of what.
---
--- ```lua
--- output { names = field.array{items = field.string{}} }
--- return { names = {"Ada", "Grace"} }
--- ```
---@param options? FieldOptions|string
---@return Field
function field.array(options)
    return make("array", options)
end

--- A field of keys and values; `fields` says which.
---
--- ```lua
--- output { person = field.object{fields = {name = field.string{}, age = field.integer{}}} }
--- return { person = {name = "Ada", age = 36} }
--- ```
---@param options? FieldOptions|string
---@return Field
function field.object(options)
    return make("object", options)
end

host.export("field", field)

-- The fields as a list of { name, options }, in the order in which they are written; fails at the
-- procedure's line where a value was not made by `field`.
function host.fields(word, fields)
    if type(fields) ~= "table" then
        host.fail(word .. " takes a table of fields, a " .. type(fields) .. " came")
    end
    local list = {}
    for name, options in pairs(fields) do
        if type(name) ~= "string" then
            host.fail(word .. " takes named fields: write name = field.string{}")
        end
        if type(options) ~= "table" or not orders[options] then
            host.fail(
                word .. ": " .. name .. " is not a field",
                "write " .. name .. " = field.string{} (or number, integer, boolean, array, object)"
            )
        end
        list[#list + 1] = { name = name, options = options }
    end
    table.sort(list, function(a, b)
        return orders[a.options] < orders[b.options]
    end)
    return host.array(list)
end
