local host = ...

local Json = {}

--- A value as JSON text.
---
--- ```lua
--- return { text = Json.encode({name = "Ada", years = {1815, 1852}}) }
--- ```
---@param value any
---@param options? { pretty?: boolean }
---@return string
function Json.encode(value, options)
    return host.tell("json.encode", { value = value, pretty = options ~= nil and options.pretty == true })
end

--- The value of a JSON text. A model's habit of putting JSON into a Markdown fence is forgiven;
--- anything else that is not JSON is an error that `pcall` can catch.
---
--- ```lua
--- local person = Json.decode('{"name": "Ada"}')
--- return { name = person.name }
--- ```
---@param text string
---@return any
function Json.decode(text)
    if type(text) == "table" then
        text = tostring(text)
    end
    if type(text) ~= "string" then
        host.fail("Json.decode takes text, a " .. type(text) .. " came")
    end
    return host.tell("json.decode", { text = text }).value
end

--- A list that stays a list when it is empty; an empty table is `{}` in JSON otherwise.
---
--- ```lua
--- return { text = Json.encode({names = Json.array{}}) }
--- ```
---@param list any[]
---@return any[]
function Json.array(list)
    if type(list) ~= "table" then
        host.fail("Json.array takes a table, a " .. type(list) .. " came")
    end
    return host.array(list)
end

host.export("Json", Json)
