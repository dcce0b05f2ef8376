local host = ...

---@class AgentOptions How an agent is declared.
---@field provider? string The provider (`"openai"`, `"anthropic"`, `"demo"`, …), unless `model` names it.
---@field model string The model: `"gpt-4o-mini"`, with its provider `"openai/gpt-4o-mini"`, or a name from `[models]` of the settings.
---@field system_prompt? string What the agent is told before everything else.
---@field temperature? number From 0 (always alike) to 2.
---@field max_tokens? integer The longest answer, in tokens.
---@field reasoning? "low"|"medium"|"high" How long the model may think first, where it can.
---@field tools? (Tool|string)[] What the agent may do: tools of the procedure, and names as `"now"`, `"http.get"`, `"mcp.files"`.
---@field max_steps? integer How often the model is asked in one turn at most, as it calls tools; 10.
---@field output? table<string, Field> The answer is a table of these fields, as `result.response`.
---@field fallback? string[] Models that are asked in this order when the one before fails.
---@field timeout? number|Patience The longest silence of the model that is borne, in seconds.
---@field retry_mid_stream? boolean `true`: an answer that tears is begun anew; what was shown of it is void.
---@field cache? boolean|number Keep answers that are not streamed: for good (`true`), or for so many seconds.
---@field disable_streaming? boolean `true`: the answer comes as a whole.

---@class Patience How long the silence of a model is borne, in seconds.
---@field first? number Until anything comes.
---@field gap? number From one piece to the next.

---@class TurnOptions What one turn is given.
---@field message? string The message to the agent; without it the agent begins, or goes on.
---@field tools? (Tool|string)[] What the agent may do in this turn, instead of its own tools.
---@field on_chunk? fun(chunk: Chunk) Called with each piece while it comes; has heard all before the call returns.

---@class Chunk A piece of an answer while it comes; pieces that come during a call of `on_chunk` are one.
---@field kind "text"|"reasoning"|"restart" What the agent says; what its model thinks before; or that the answer is void and begins anew.
---@field kept? integer Of a restart: how many characters of the text stay.
---@field text string
---@field index integer 1, 2, 3… within the turn.

---@class Usage Tokens of one turn; a count that the provider did not tell is nil.
---@field input_tokens? integer
---@field output_tokens? integer
---@field total_tokens? integer
---@field cached_tokens? integer Of the input, those that the provider had kept.
---@field reasoning_tokens? integer Of the output, those that were thought.

---@class ToolCall A call of a tool that the agent made.
---@field name string
---@field arguments table<string, any>
---@field result? any
---@field error? string What the model was told instead of a result.

---@class StreamStats How a streamed answer came; times in milliseconds.
---@field chunks integer
---@field time_to_first_token_ms? number
---@field gap_p50_ms? number From one piece of text to the next, half of them.
---@field gap_p99_ms? number The same, 99 of a hundred.
---@field duration_ms number

---@class Result What a turn came to; `tostring(result)` is its text, or its table as JSON.
---@field response string|table What the agent answered; a table when it declares `output`.
---@field text string All that it said in the turn, also before and between calls of tools.
---@field reasoning string What its model thought, as far as it tells.
---@field tool_calls ToolCall[] In the order in which they were made.
---@field usage Usage
---@field cost? number In USD; nil when the price of the model is unknown.
---@field estimated boolean Usage and cost are counted here, as the provider did not tell them.
---@field from_cache boolean The answer was kept from an earlier turn.
---@field agent string The name of the agent.
---@field provider string
---@field model string
---@field finish_reason? string `"stop"`, `"length"`, …
---@field duration_ms number
---@field time_to_first_token_ms? number nil when the turn was not streamed.
---@field stream_stats? StreamStats nil when the turn was not streamed.

---@class Agent A declared agent: call it for a turn. It remembers the messages of its turns.
---@overload fun(message?: string|TurnOptions): Result
---@field name string The global it was assigned to.
---@field turn fun(message?: string|TurnOptions): Result The same as a call.
---@field clear_history fun() Forget every message so far.

local identities = {} -- handle -> { id, name }

local function concat(left, right)
    return tostring(left) .. tostring(right)
end

local function result_of(seen, shown)
    return setmetatable(seen, {
        __metatable = false,
        __name = "result",
        __tostring = function()
            return shown
        end,
        __concat = concat,
    })
end

-- A copy of `options` in which `prepared` has made plain data of what it knows.
local function copied(options, prepared)
    local copy = {}
    for key, value in pairs(options) do
        copy[key] = prepared[key] and prepared[key](value) or value
    end
    return copy
end

local function listener(value)
    if not host.is_function(value) then
        host.fail("on_chunk is a function, a " .. type(value) .. " came", "write on_chunk = function(chunk) … end")
    end
    return value
end

local TURN = { tools = host.tools, on_chunk = listener }

local function options_of(message)
    if type(message) == "table" then
        return copied(message, TURN)
    elseif message == nil or type(message) == "string" then
        return { message = message }
    end
    host.fail("an agent takes a message, a " .. type(message) .. " came", 'write agent("…") or agent{message = "…"}')
end

local function turn(handle, message)
    local answer = host.request("agent.turn", { agent = identities[handle].id, options = options_of(message) })
    return result_of(answer.seen, answer.shown)
end

local function without(handle, argument, ...)
    if argument == handle then -- agent:turn(…) and agent.turn(…) are the same
        return ...
    end
    return argument, ...
end

local function list(value)
    return type(value) == "table" and host.array(value) or value
end

local AGENT = {
    tools = host.tools,
    fallback = list,
    output = function(fields)
        return host.fields("the output of an agent", fields)
    end,
}

local function make(options, name)
    if type(options) ~= "table" then
        host.fail("Agent takes a table of options, a " .. type(options) .. " came")
    end
    local handle = {}
    local identity = host.tell("agent", { options = copied(options, AGENT), name = name })
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
