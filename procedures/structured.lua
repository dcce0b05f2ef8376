-- structured.lua: declared input and output with types, a procedure as one value, and an answer
-- read as JSON. When the model's answer is not JSON, it is asked once more with the reason.
--
--     tactus run procedures/structured.lua --model demo -p city=Lisbon

extractor = Agent {
    model = "openai/gpt-4o-mini",
    system_prompt = 'Answer with JSON only: {"name": string, "tags": [string], "score": integer}.',
    temperature = 0,
    disable_streaming = true, -- half of a JSON text helps nobody
}

Procedure {
    input = {
        city = field.string{description = "A city to describe"},
        least = field.integer{description = "The least number of tags", default = 1, minimum = 1},
    },
    output = {
        name = field.string{},
        tags = field.array{items = field.string{}},
        score = field.integer{minimum = 0, maximum = 10},
        attempts = field.integer{},
    },
    function(input)
        local question = "Describe " .. input.city .. " as JSON."
        for attempt = 1, 2 do
            local answer = extractor(question)
            local ok, place = pcall(Json.decode, answer.response)
            if ok and #place.tags >= input.least then
                return { name = place.name, tags = place.tags, score = place.score, attempts = attempt }
            end
            Log.warn("the answer did not fit", {reason = ok and "too few tags" or tostring(place)})
            question = "That was not the JSON I asked for. " .. question
        end
        error("no usable answer about " .. input.city .. " in two attempts")
    end,
}
