---@meta tactus

-- Generated from the surface files; do not edit.

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

---@class ProcedureOptions A procedure as a value: its fields, and the function that is its body.
---@field input? table<string, Field>
---@field output? table<string, Field>
---@field [1] fun(input: table<string, any>): any

field = {}

Log = {}

Json = {}

--- A field of text.
---
--- ```lua
--- input { topic = field.string{description = "What to write about", default = "the sea"} }
--- return { topic = input.topic }
--- ```
---@param options? FieldOptions|string
---@return Field
function field.string(options) end

--- A field of a number, with or without a fraction.
---
--- ```lua
--- input { temperature = field.number{default = 0.7, minimum = 0, maximum = 2} }
--- return { doubled = input.temperature * 2 }
--- ```
---@param options? FieldOptions|string
---@return Field
function field.number(options) end

--- A field of a whole number; `5.0` is taken as `5`.
---
--- ```lua
--- output { words = field.integer{description = "How many words"} }
--- return { words = 5.0 }
--- ```
---@param options? FieldOptions|string
---@return Field
function field.integer(options) end

--- A field of `true` or `false`.
---
--- ```lua
--- input { loud = field.boolean{default = false} }
--- return { text = input.loud and "HELLO" or "hello" }
--- ```
---@param options? FieldOptions|string
---@return Field
function field.boolean(options) end

--- A field of a list; `items` says of what.
---
--- ```lua
--- output { names = field.array{items = field.string{}} }
--- return { names = {"Ada", "Grace"} }
--- ```
---@param options? FieldOptions|string
---@return Field
function field.array(options) end

--- A field of keys and values; `fields` says which.
---
--- ```lua
--- output { person = field.object{fields = {name = field.string{}, age = field.integer{}}} }
--- return { person = {name = "Ada", age = 36} }
--- ```
---@param options? FieldOptions|string
---@return Field
function field.object(options) end

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
function Agent(options) end

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
function agent(name, options) end

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
input = {}

--- The values of the declared inputs; the same table as `input`.
---
--- ```lua
--- input { name = field.string{default = "world"} }
--- return { greeting = "Hello, " .. params.name }
--- ```
---@type table<string, any>
params = {}

--- Declare what the procedure returns. The result is checked after the run; a failure names the
--- field and what came, and never loses the text.
---
--- ```lua
--- output { greeting = field.string{description = "A greeting"} }
--- return { greeting = "Hello" }
--- ```
---@param fields table<string, Field>
function output(fields) end

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
function Procedure(options) end

--- Write a line to the log of the run; a second value is added as JSON.
---
--- ```lua
--- Log.info("sorted", {items = 3})
--- return { ok = true }
--- ```
---@param message any
---@param data? any
function Log.info(message, data) end

--- Write a warning to the log of the run.
---
--- ```lua
--- Log.warn("the answer was empty, trying once more")
--- return { ok = true }
--- ```
---@param message any
---@param data? any
function Log.warn(message, data) end

--- Write an error to the log of the run; the run goes on.
---
--- ```lua
--- Log.error("no source was found", {query = "sea"})
--- return { ok = false }
--- ```
---@param message any
---@param data? any
function Log.error(message, data) end

--- Write the values, with tabs between them, to the log of the run.
---
--- ```lua
--- print("words", 12)
--- return { ok = true }
--- ```
---@param ... any
function print(...) end

--- The value under a name, or the default.
---
--- ```lua
--- State.set("count", 2)
--- return { count = State.get("count", 0), missing = State.get("other", "none") }
--- ```
---@param name string
---@param default? any
---@return any
function State.get(name, default) end

--- Keep a value under a name, for the rest of the run. `State.count = 2` is the same.
---
--- ```lua
--- State.set("topic", "the sea")
--- return { topic = State.topic }
--- ```
---@param name string
---@param value any
function State.set(name, value) end

--- Add to a number under a name, from 0; returns the new number.
---
--- ```lua
--- State.increment("turns")
--- return { turns = State.increment("turns", 2) }
--- ```
---@param name string
---@param by? number
---@return number
function State.increment(name, by) end

--- Every name and its value, as a new table.
---
--- ```lua
--- State.a = 1
--- return State.all()
--- ```
---@return table<string, any>
function State.all() end

--- A value as JSON text.
---
--- ```lua
--- return { text = Json.encode({name = "Ada", years = {1815, 1852}}) }
--- ```
---@param value any
---@param options? { pretty?: boolean }
---@return string
function Json.encode(value, options) end

--- The value of a JSON text. A model's habit of putting JSON into a Markdown fence is forgiven;
--- anything else that is not JSON is an error that `pcall` can catch.
---
--- ```lua
--- local person = Json.decode('{"name": "Ada"}')
--- return { name = person.name }
--- ```
---@param text string
---@return any
function Json.decode(text) end

--- A list that stays a list when it is empty; an empty table is `{}` in JSON otherwise.
---
--- ```lua
--- return { text = Json.encode({names = Json.array{}}) }
--- ```
---@param list any[]
---@return any[]
function Json.array(list) end
