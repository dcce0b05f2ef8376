-- nested.lua: a procedure that runs others, as parts of the same run. Each is a file beside this one,
-- with inputs and an output of its own; what they use counts for the whole run.
--
--     tactus run procedures/nested.lua --model demo --stream

input {
    city = field.string{description = "What the report is about", default = "Lisbon"},
}

output {
    story = field.string{},
    score = field.integer{},
    waited = field.boolean{},
}

local parts = Parallel {
    story = function()
        return run_procedure("storyteller.lua").story
    end,
    report = function()
        return run_procedure("structured.lua", { city = input.city })
    end,
}

-- A moment that is recorded: a run that is resumed waits only for what is left of it.
local before = now()
sleep(0.05)
return { story = parts.story, score = parts.report.score, waited = now() - before >= 0.05 }
