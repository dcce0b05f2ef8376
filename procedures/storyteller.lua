-- storyteller.lua: one agent, one turn. The text streams as it is written; then the whole result
-- is checked against the declared output.
--
--     tactus run procedures/storyteller.lua --model demo --stream

storyteller = Agent {
    provider = "openai",
    model = "gpt-4o-mini",
    system_prompt = "You are a creative storyteller.",
}

output {
    story = field.string{description = "The generated story"},
}

local result = storyteller({message = "Write a short story"})
return { story = result.response }
