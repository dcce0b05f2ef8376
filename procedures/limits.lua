-- limits.lua: what happens when a procedure goes too far. Each of these ends the run with a named
-- limit that the script cannot catch: the pcall around it does not help.
--
--     tactus run procedures/limits.lua -p try=memory

input {
    try = field.string{
        description = "Which limit to run into",
        enum = {"nothing", "instructions", "memory", "recursion", "pattern", "coroutines"},
        default = "nothing",
    },
}

output { survived = field.string{} }

local attempts = {
    nothing = function() end,
    instructions = function()
        while true do
        end
    end,
    memory = function()
        local hoard = {}
        while true do
            hoard[#hoard + 1] = string.rep("x", 1000000)
        end
    end,
    recursion = function()
        local function deeper(n)
            return 1 + deeper(n + 1)
        end
        return deeper(0)
    end,
    pattern = function()
        return string.find(string.rep("a", 5000), string.rep("a-", 30) .. "b")
    end,
    coroutines = function()
        local kept = {}
        while true do
            kept[#kept + 1] = coroutine.wrap(function()
                coroutine.yield()
            end)
            kept[#kept]()
        end
    end,
}

pcall(attempts[input.try])
return { survived = input.try }
