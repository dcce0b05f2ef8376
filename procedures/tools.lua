-- tools.lua: an agent that may call tools. A tool is a Lua function with declared arguments; it may
-- call agents of its own. Each call is shown while the text streams.
--
--     tactus run procedures/tools.lua --model demo --stream -p dish=pancakes

input {
    dish = field.string{description = "What to cook", default = "pancakes"},
}

local pantry = { flour = 500, milk = 250, eggs = 2 }

-- Named by the variable. What it returns goes back to the model, and so does its error.
look_up = Tool {
    description = "How much of an ingredient is in the pantry, in grams, millilitres or pieces",
    input = { ingredient = field.string{description = "One word, as flour"} },
    function(args)
        return { ingredient = args.ingredient, left = pantry[args.ingredient:lower()] or 0 }
    end,
}

taster = Agent {
    model = "openai/gpt-4o-mini",
    system_prompt = "You are a critic. Answer with one sentence about the dish.",
}

-- A tool whose work is the turn of another agent.
taste = Tool {
    description = "What the critic says of a dish",
    input = { dish = field.string{} },
    function(args)
        return taster("How does this taste: " .. args.dish .. "?").response
    end,
}

cook = Agent {
    model = "openai/gpt-4o-mini",
    system_prompt = "You cook with what the pantry holds. Look before you promise.",
    tools = { look_up, taste, "now" },
    max_steps = 6,
}

output {
    recipe = field.string{},
    looked = field.boolean{description = "Whether the cook looked into the pantry"},
    calls = field.array{items = field.string{}},
}

-- The tools of one turn may be others than the agent's; here each turn gets its own.
local stock = cook{message = "What is there for " .. input.dish .. "?", tools = { look_up }}
local verdict = cook{message = "And what does the critic say?", tools = { taste }}

local calls = {}
for _, result in ipairs { stock, verdict } do
    for _, call in ipairs(result.tool_calls) do
        calls[#calls + 1] = call.name .. (call.error and " failed: " .. call.error or "")
    end
end

-- on_chunk hears the answer while it comes.
local length = 0
local recipe = cook{
    message = "Write the recipe.",
    tools = {},
    on_chunk = function(chunk)
        if chunk.kind == "text" then
            length = length + #chunk.text
        end
    end,
}
Log.info("recipe written", {bytes = length, looked_for = Tool.last_call("look_up")})
return { recipe = recipe.response, looked = Tool.called("look_up"), calls = Json.array(calls) }
