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

---@class ProcedureOptions A procedure as a value: its fields, and the function that is its body.
---@field input? table<string, Field>
---@field output? table<string, Field>
---@field [1] fun(input: table<string, any>): any

---@class Branches Functions that run side by side, in a list or under names.
---@field [integer|string] fun(): any

---@class QuestionOptions What a person is asked; a message alone may stand for it.
---@field message string The question.
---@field timeout? number How long to wait for the answer, in seconds; without it, for ever.
---@field default? boolean|string The answer when nobody gave one in time; without it that is an error.

---@class ChoiceOptions What a person chooses from.
---@field message string The question.
---@field options string[] What there is to choose from.
---@field timeout? number How long to wait for the answer, in seconds; without it, for ever.
---@field default? string The answer when nobody gave one in time; without it that is an error.

field = {}

Human = {}

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
Tool = {}

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
function Tool.called(tool) end

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
function Tool.last_result(tool) end

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
function Tool.last_call(tool) end

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
function Parallel(branches) end

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
function race(branches) end

--- Wait for so many seconds, a fraction too. The moment to go on is recorded: a run that is resumed
--- later waits only for what is left of it. A waiting run costs next to nothing.
---
--- ```lua
--- local before = now()
--- sleep(0.1)
--- return { waited = now() - before }
--- ```
---@param seconds number
function sleep(seconds) end

--- The time, in seconds since the beginning of 1970. It is recorded: on a replay it is what it was.
---
--- ```lua
--- return { at = math.floor(now()) }
--- ```
---@return number
function now() end

--- A random number: from 0 to below 1; from 1 to `m`; or from `m` to `n`. Nothing of it is recorded:
--- the number follows from the id of the run, the branch and a count, so that each run has its own
--- and a replay has the same, also where other branches go on at the same time.
---
--- ```lua
--- return { dice = random(6), coin = random(0, 1), share = random() }
--- ```
---@param m? integer
---@param n? integer
---@return number
function random(m, n) end

--- A new identifier, as `"9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"`. As `random` it follows from the id of
--- the run and a count, so that a replay has the same: give it to a system that shall do a thing once.
---
--- ```lua
--- local order = uuid()
--- return { order = order }
--- ```
---@return string
function uuid() end

--- Run a function once and record what it returns, which is plain data. On a replay it is not called:
--- its result is there at once, and so is its error. Whatever it asks for is a part of the step, and is
--- done again as a whole when the run breaks off within it. What it changes outside, as a variable or
--- `State`, is not repeated: return it. Agents that are called within it begin a conversation that ends
--- with it.
---
--- ```lua
--- local plan = step("plan", function()
---     return { parts = random(3, 5), at = now() }
--- end)
--- return { parts = plan.parts }
--- ```
---@param name string
---@param body fun(): any
---@return any
function step(name, body) end

--- The same as `step`.
---
--- ```lua
--- local seed = Checkpoint("seed", function() return random(1000) end)
--- return { seed = seed }
--- ```
---@param name string
---@param body fun(): any
---@return any
function Checkpoint(name, body) end

--- Ask a person for a yes or a no, and wait for it. The question is a step: a run may wait for days,
--- break off and be resumed, and nobody is asked again what was answered.
---
--- ```lua
--- local approved = Human.approve { message = "Publish the story?", timeout = 60, default = false }
--- return { published = approved }
--- ```
---@param options QuestionOptions|string
---@return boolean
function Human.approve(options) end

--- Ask a person for a text, and wait for it.
---
--- ```lua
--- local title = Human.input { message = "A title?", timeout = 60, default = "Untitled" }
--- return { title = title }
--- ```
---@param options QuestionOptions|string
---@return string
function Human.input(options) end

--- Ask a person to choose one of several options, and wait for it.
---
--- ```lua
--- local tone = Human.choose {
---     message = "Which tone?", options = { "warm", "dry" }, timeout = 60, default = "warm",
--- }
--- return { tone = tone }
--- ```
---@param options ChoiceOptions
---@return string
function Human.choose(options) end

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
function run_procedure(file, inputs) end

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
