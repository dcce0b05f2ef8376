-- pipeline.lua: three agents in a row, each given what the one before it wrote. Ordinary Lua is
-- the workflow: no graph, no callbacks.
--
--     tactus run procedures/pipeline.lua --model demo --stream -p interest="rainy days"

greeter = Agent {
    model = "openai/gpt-4o-mini",
    system_prompt = "You are a friendly greeter. Greet the user warmly, in two sentences.",
}

analyzer = Agent {
    model = "openai/gpt-4o-mini",
    system_prompt = "You analyze texts. Answer with a short Markdown analysis.",
    temperature = 0.2,
}

summarizer = Agent {
    model = "openai/gpt-4o-mini",
    system_prompt = "You summarize in one sentence.",
    max_tokens = 80,
}

input {
    interest = field.string{description = "What the user is interested in", default = "AI agents"},
}

output {
    greeting = field.string{},
    analysis = field.string{},
    summary = field.string{},
    tokens = field.integer{description = "Tokens of all three turns", required = false},
}

local tokens = 0
local function count(result)
    tokens = tokens + (result.usage.total_tokens or 0)
    return result.response
end

local greeting = count(greeter("Hello! I'm interested in learning about " .. input.interest .. "."))
local analysis = count(analyzer("Analyze this greeting:\n" .. greeting))
local summary = count(summarizer("Summarize this analysis:\n" .. analysis))

Log.info("pipeline finished", {tokens = tokens})
return { greeting = greeting, analysis = analysis, summary = summary, tokens = tokens }
