-- conversation.lua: an agent remembers the messages of its turns until it is told to forget them.
-- The global assistant is declared by name, and called in each way there is.
--
--     tactus run procedures/conversation.lua --model demo --stream

agent("assistant", {
    model = "openai/gpt-4o-mini",
    system_prompt = "You are a helpful assistant with a good memory.",
})

input {
    name = field.string{description = "Your name", default = "Ada"},
}

local first = assistant("Hello, my name is " .. input.name .. ".")
local second = assistant.turn{message = "What is my name?"}

assistant.clear_history()
local third = assistant({message = "What is my name?"})

State.turns = 3
return {
    first = first.response,
    remembered = second.response,
    forgotten = third.response,
    turns = State.turns,
}
