-- structured.lua: declared input and output with types, a procedure as one value, and an agent that
-- answers with a table. The text streams as it comes; then it is read and checked, and a model
-- whose answer does not fit is asked once more with the reason.
--
--     tactus run procedures/structured.lua --model demo -p city=Lisbon

extractor = Agent {
    model = "openai/gpt-4o-mini",
    system_prompt = "You describe places, briefly and exactly.",
    temperature = 0,
    output = {
        name = field.string{description = "The place, as its people write it"},
        tags = field.array{items = field.string{}, description = "One word each"},
        score = field.integer{minimum = 0, maximum = 10, description = "How walkable it is"},
        river = field.object{fields = { name = field.string{}, bridges = field.integer{minimum = 0} }},
    },
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
        river = field.string{},
    },
    function(input)
        local place = extractor("Describe " .. input.city .. ".").response
        if #place.tags < input.least then
            Log.warn("too few tags", place)
            place = extractor("Again, with " .. input.least .. " tags or more.").response
        end
        return {
            name = place.name,
            tags = place.tags,
            score = place.score,
            river = place.river.name,
        }
    end,
}
