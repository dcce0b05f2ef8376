local host = ...

---@class AgentOptions How an agent is declared.
---@field provider? string The provider (`"openai"`, `"anthropic"`, `"demo"`, …), unless `model` names it.
---@field model string The model, as `"gpt-4o-mini"` or with its provider as `"openai/gpt-4o-mini"`.
---@field system_prompt? string What the agent is told before everything else.
---@field temperature? number From 0 (always alike) to 2.
---@field max_tokens? integer The longest answer, in tokens.
---@field timeout? number The longest silence of the model that is borne, in seconds.
---@field disable_streaming? boolean `true`: the answer comes as a whole.

---@class TurnOptions What one turn is given.
---@field message? string The message to the agent; without it the agent begins, or goes on.

---@class Usage Tokens of one turn; a count that the provider did not tell is nil.
---@field input_tokens? integer
---@field output_tokens? integer
---@field total_tokens? integer
---@field cached_tokens? integer

---@class Result What a turn came to; `tostring(result)` is its text.
---@field response string What the agent answered.
---@field text string The same, always as text.
---@field usage Usage
---@field cost? number In USD; nil when the price of the model is unknown.
---@field provider string
---@field model string
---@field finish_reason? string `"stop"`, `"length"`, …
---@field duration_ms number
---@field time_to_first_token_ms? number nil when the turn was not streamed.

---@class Agent A declared agent: call it for a turn. It remembers the messages of its turns.
---@overload fun(message?: string|TurnOptions): Result
---@field name string The global it was assigned to.
---@field turn fun(message?: string|TurnOptions): Result The same as a call.
---@field clear_history fun() Forget every message so far.

local identities = {} -- handle -> { id, name }

local RESULT = {
    __metatable = false,
    __name = "result",
    __tostring = function(result)
        return rawget(result, "text")
    end,
    __concat = function(left, right)
        return tostring(left) .. tostring(right)
    end,
}

local function options_of(message)
    if type(message) == "table" then
        return message
    elseif message == nil or type(message) == "string" then
        return { message = message }
    end
    host.fail("an agent takes a message, a " .. type(message) .. " came", 'write agent("…") or agent{message = "…"}')
end

local function turn(handle, message)
    local answer = host.request("agent.turn", { agent = identities[handle].id, options = options_of(message) })
    return setmetatable(answer, RESULT)
end

local function without(handle, argument, ...)
    if argument == handle then -- agent:turn(…) and agent.turn(…) are the same
        return ...
    end
    return argument, ...
end

local function make(options, name)
    if type(options) ~= "table" then
        host.fail("Agent takes a table of options, a " .. type(options) .. " came")
    end
    local handle = {}
    local identity = host.tell("agent", { options = options, name = name })
    identity.fixed = name ~= nil
    local methods = {
        turn = function(...)
            return turn(handle, (without(handle, ...)))
        end,
        clear_history = function()
            host.request("agent.clear_history", { agent = identity.id })
        end,
    }
    identities[handle] = identity
    return setmetatable(handle, {
        __metatable = false,
        __name = "agent",
        __call = turn,
        __index = function(_, key)
            if key == "name" then
                return identity.name
            end
            return methods[key]
                or host.fail(
                    "an agent has no " .. tostring(key),
                    "an agent is called, or has .turn, .clear_history and .name"
                )
        end,
        __newindex = function()
            host.fail("an agent cannot be changed after its declaration")
        end,
        __tostring = function()
            return "agent: " .. tostring(identity.name)
        end,
    })
end

--- Declare an agent: a model, what it is told, and how it answers. The agent is named by the global
--- it is assigned to. Declare agents before the first turn; call them as often as you like.
---
--- ```lua
--- storyteller = Agent {
---     provider = "openai",
---     model = "gpt-4o-mini",
---     system_prompt = "You are a creative storyteller.",
--- }
--- local result = storyteller({message = "Write a short story"})
--- return { story = result.response, tokens = result.usage.total_tokens }
--- ```
---@param options AgentOptions
---@return Agent
local function Agent(options)
    return make(options, nil)
end
host.export("Agent", Agent)

--- Declare an agent under a name; it becomes the global of that name.
---
--- ```lua
--- agent("assistant", {
---     system_prompt = "You are helpful",
---     model = "openai/gpt-4o",
---     disable_streaming = true,
--- })
--- return { answer = assistant.turn{message = "Hello"}.response }
--- ```
---@param name string
---@param options AgentOptions
---@return Agent
local function agent(name, options)
    if type(name) ~= "string" then
        host.fail("agent takes a name first, a " .. type(name) .. " came", 'write agent("assistant", {…})')
    end
    local handle = make(options, name)
    host.export(name, handle)
    return handle
end
host.export("agent", agent)

host.on_global(function(name, value)
    local identity = identities[value]
    if identity and not identity.fixed then
        identity.name, identity.fixed = name, true
        host.tell("agent.name", { agent = identity.id, name = name })
    end
end)
