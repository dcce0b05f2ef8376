local host = ...

---@class ToolOptions How a tool is declared.
---@field name? string What the model calls it by: letters, digits, `_` and `-`; without it, the variable it is assigned to.
---@field description? string What it is for, as the model is told.
---@field input? table<string, Field> What it takes; a call that does not fit goes back to the model with the reason.
---@field [1] fun(args: table<string, any>): any What it does; what it returns goes back to the model, and so does its error.

---@class Tool A declared tool: grant it to an agent with `tools = { search }`, or call it yourself.
---@overload fun(args?: table<string, any>): any
---@field name string What the model calls it by.

---@class ToolWord Declares a tool when it is called, and tells of the calls that agents have made.
---@overload fun(options: ToolOptions): Tool

local identities = {} -- handle -> { id, name, fixed }

local function make(options)
    if type(options) ~= "table" then
        host.fail("Tool takes a table of options, a " .. type(options) .. " came")
    end
    local body, told = options[1], {}
    if not host.is_function(body) then
        host.fail("Tool needs a function as its body", "write Tool { description = …, function(args) … end }")
    end
    for key, value in pairs(options) do
        if key ~= 1 then
            told[key] = value
        end
    end
    if told.input ~= nil then
        told.input = host.fields("the input of a tool", told.input)
    end
    local identity = host.tell("tool", { options = told, body = body })
    identity.fixed = told.name ~= nil
    local handle = {}
    identities[handle] = identity
    return setmetatable(handle, {
        __metatable = false,
        __name = "tool",
        __call = function(_, args)
            local checked = host.tell("tool.check", { tool = identity.id, arguments = args })
            return (body(checked))
        end,
        __index = function(_, key)
            if key == "name" then
                return identity.name
            end
            host.fail("a tool has no " .. tostring(key), "a tool is called, or has .name")
        end,
        __newindex = function()
            host.fail("a tool cannot be changed after its declaration")
        end,
        __tostring = function()
            return "tool: " .. tostring(identity.name)
        end,
    })
end

-- The name of a tool that is given as a handle or by its name; what has been referred to by its name
-- keeps it.
local function name_of(tool)
    local identity = identities[tool]
    if identity then
        identity.fixed = true
        return identity.name
    end
    return tool
end

-- A list of handles and names as a list of names.
function host.tools(list)
    if type(list) ~= "table" or identities[list] then
        host.fail("tools takes a list of tools", 'write tools = { search, "now" }')
    end
    local names = {}
    for key, tool in pairs(list) do
        local name = name_of(tool)
        if type(key) ~= "number" or type(name) ~= "string" then
            host.fail(
                "tools takes a list of tools and names; " .. tostring(key) .. " is a " .. type(tool),
                'write tools = { search, "now" }'
            )
        end
        names[#names + 1] = name
    end
    return host.array(names)
end

local function last(word, tool)
    local name = name_of(tool)
    if type(name) ~= "string" then
        host.fail(word .. " takes the name of a tool, a " .. type(tool) .. " came")
    end
    return host.tell("tool.last", { name = name })
end

local Tool = setmetatable({}, {
    __metatable = false,
    __name = "Tool",
    __call = function(_, options)
        return (make(options))
    end,
})

--- Declare a tool: something that the agents it is granted to may do. Its body runs with arguments
--- that fit `input`; it may call agents, and several calls may be under way at once. Its error goes
--- back to the model, which may try otherwise. Without a name it is named by the variable that it is
--- assigned to. In the procedure itself it is called like a function.
---
--- ```lua
--- word_count = Tool {
---     description = "Count the words of a text",
---     input = { text = field.string{description = "The text"} },
---     function(args)
---         return select(2, args.text:gsub("%S+", ""))
---     end,
--- }
--- editor = Agent { model = "openai/gpt-4o-mini", tools = { word_count, "now" } }
--- local counted = word_count{text = "three small words"}
--- return { answer = editor("How long is this sentence?").response, counted = counted }
--- ```
---@type ToolWord
host.export("Tool", Tool)

--- Whether an agent has called a tool in this run, and the call ended well. A tool that was granted
--- as `"tactus.done"` is also known as `"done"`.
---
--- ```lua
--- worker = Agent { model = "openai/gpt-4o-mini", tools = { "tactus.done" } }
--- local turns = 0
--- repeat
---     worker(turns == 0 and "List three rivers, then call done." or nil)
---     turns = turns + 1
--- until Tool.called("done") or turns == 3
--- return { turns = turns }
--- ```
---@param tool string|Tool
---@return boolean
function Tool.called(tool)
    return last("Tool.called", tool) ~= nil
end

--- What the last such call returned; nil without one.
---
--- ```lua
--- finish = Tool { input = { grade = field.integer{} }, function(args) return args.grade * 10 end }
--- judge = Agent { model = "openai/gpt-4o-mini", tools = { finish } }
--- judge("Grade this story from 1 to 10: Once upon a time.")
--- return { points = Tool.last_result("finish") }
--- ```
---@param tool string|Tool
---@return any
function Tool.last_result(tool)
    local call = last("Tool.last_result", tool)
    return call and call.result
end

--- The arguments of the last such call; nil without one.
---
--- ```lua
--- finish = Tool { input = { grade = field.integer{} }, function(args) return "noted" end }
--- judge = Agent { model = "openai/gpt-4o-mini", tools = { finish } }
--- judge("Grade this story from 1 to 10: Once upon a time.")
--- local call = Tool.last_call(finish)
--- return { grade = call and call.grade }
--- ```
---@param tool string|Tool
---@return table<string, any>?
function Tool.last_call(tool)
    local call = last("Tool.last_call", tool)
    return call and call.arguments
end

host.on_global(function(name, value)
    local identity = identities[value]
    if identity and not identity.fixed then
        identity.name, identity.fixed = name, true
        host.tell("tool.name", { tool = identity.id, name = name })
    end
end)
