local host = ...

--- Wait for so many seconds, a fraction too. The moment to go on is recorded: a run that is resumed
--- later waits only for what is left of it. A waiting run costs next to nothing.
---
--- ```lua
--- local before = now()
--- sleep(0.1)
--- return { waited = now() - before }
--- ```
---@param seconds number
local function sleep(seconds)
    if type(seconds) ~= "number" then
        host.fail("sleep takes seconds, a " .. type(seconds) .. " came", "write sleep(60) for a minute")
    end
    host.request("sleep", { seconds = seconds })
end
host.export("sleep", sleep)

--- The time, in seconds since the beginning of 1970. It is recorded: on a replay it is what it was.
---
--- ```lua
--- return { at = math.floor(now()) }
--- ```
---@return number
local function now()
    return (host.request("now"))
end
host.export("now", now)
