local host = ...

---@class QuestionOptions What a person is asked; a message alone may stand for it.
---@field message string The question.
---@field timeout? number How long to wait for the answer, in seconds; without it, for ever.
---@field default? boolean|string The answer when nobody gave one in time; without it that is an error.

---@class ChoiceOptions What a person chooses from.
---@field message string The question.
---@field options string[] What there is to choose from.
---@field timeout? number How long to wait for the answer, in seconds; without it, for ever.
---@field default? string The answer when nobody gave one in time; without it that is an error.

local Human = {}

local function ask(kind, options)
    if type(options) == "string" then
        options = { message = options }
    elseif type(options) ~= "table" then
        host.fail("Human." .. kind .. " takes a table of options, a " .. type(options) .. " came")
    end
    return (host.request("human", { kind = kind, options = options }))
end

--- Ask a person for a yes or a no, and wait for it. The question is a step: a run may wait for days,
--- break off and be resumed, and nobody is asked again what was answered.
---
--- ```lua
--- local approved = Human.approve { message = "Publish the story?", timeout = 60, default = false }
--- return { published = approved }
--- ```
---@param options QuestionOptions|string
---@return boolean
function Human.approve(options)
    return (ask("approve", options))
end

--- Ask a person for a text, and wait for it.
---
--- ```lua
--- local title = Human.input { message = "A title?", timeout = 60, default = "Untitled" }
--- return { title = title }
--- ```
---@param options QuestionOptions|string
---@return string
function Human.input(options)
    return (ask("input", options))
end

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
function Human.choose(options)
    return (ask("choose", options))
end

host.export("Human", Human)
