local host = ...

local Log = {}

local function write(level, message, data)
    local text = tostring(message)
    if data ~= nil then
        text = text .. " " .. host.tell("json.encode", { value = data })
    end
    host.tell("log", { level = level, message = text })
end

--- Write a line to the log of the run; a second value is added as JSON.
---
--- ```lua
--- Log.info("sorted", {items = 3})
--- return { ok = true }
--- ```
---@param message any
---@param data? any
function Log.info(message, data)
    write("info", message, data)
end

--- Write a warning to the log of the run.
---
--- ```lua
--- Log.warn("the answer was empty, trying once more")
--- return { ok = true }
--- ```
---@param message any
---@param data? any
function Log.warn(message, data)
    write("warn", message, data)
end

--- Write an error to the log of the run; the run goes on.
---
--- ```lua
--- Log.error("no source was found", {query = "sea"})
--- return { ok = false }
--- ```
---@param message any
---@param data? any
function Log.error(message, data)
    write("error", message, data)
end

host.export("Log", Log)

--- Write the values, with tabs between them, to the log of the run.
---
--- ```lua
--- print("words", 12)
--- return { ok = true }
--- ```
---@param ... any
local function print(...)
    local parts = {}
    for position = 1, select("#", ...) do
        parts[position] = tostring((select(position, ...)))
    end
    host.tell("log", { level = "info", message = table.concat(parts, "\t") })
end
host.export("print", print)
