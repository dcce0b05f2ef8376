-- parallel.lua: three writers at once, a race between two editors, and a step that is done only
-- once. A run that breaks off goes on where it was: nothing that is recorded is asked again.
--
--     tactus run procedures/parallel.lua --model demo --stream -p topic=rain

input {
    topic = field.string{description = "What to write about", default = "the sea"},
}

writer = Agent {
    model = "openai/gpt-4o-mini",
    system_prompt = "You write one sentence in the form that you are asked for.",
}
bold = Agent { model = "openai/gpt-4o-mini", system_prompt = "You choose a title. Be bold." }
brief = Agent { model = "openai/gpt-4o-mini", system_prompt = "You choose a title. Be brief." }

output {
    lines = field.object{fields = {haiku = field.string{}, proverb = field.string{}, riddle = field.string{}}},
    title = field.string{},
    chosen_by = field.string{enum = {"bold", "brief"}},
    number = field.string{description = "The same on every replay of this run"},
}

local function line(form)
    return function()
        return writer("A " .. form .. " about " .. input.topic).response
    end
end

-- All three answers, under their names; an error in one would end the others.
local lines = Parallel { haiku = line("haiku"), proverb = line("proverb"), riddle = line("riddle") }

-- The first answer wins; the other editor is stopped.
local title, chosen_by = race {
    bold = function()
        return bold("A title for: " .. lines.haiku).response
    end,
    brief = function()
        return brief("A title for: " .. lines.haiku).response
    end,
}

-- What a step returns is recorded; on a replay its function is not called.
local issue = step("issue", function()
    return { number = uuid():sub(1, 8), at = now() }
end)
Log.info("written", {at = issue.at})
return { lines = lines, title = title, chosen_by = chosen_by, number = issue.number }
