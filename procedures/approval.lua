-- approval.lua: a person decides. The run waits for the answer, for days if need be; on a terminal it
-- asks there. Where nobody can be asked, the defaults answer.
--
--     tactus run procedures/approval.lua --model demo --stream

writer = Agent {
    model = "openai/gpt-4o-mini",
    system_prompt = "You write announcements of two sentences.",
}

output {
    announcement = field.string{},
    published = field.boolean{},
    rounds = field.integer{},
}

local tone = Human.choose {
    message = "Which tone shall the announcement have?",
    options = { "warm", "dry", "solemn" },
    default = "warm",
}

local draft = writer("Announce the new version, in a " .. tone .. " tone.").response
local rounds = 1

-- At most three rounds: what is to be better is said in the person's own words.
while rounds < 3 and not Human.approve { message = draft .. "\n\nGood?", default = true } do
    local wish = Human.input { message = "What shall be better?", default = "Make it shorter." }
    draft = writer("Write it once more. " .. wish).response
    rounds = rounds + 1
end

local published = Human.approve { message = "Publish it?", default = false }
return { announcement = draft, published = published, rounds = rounds }
