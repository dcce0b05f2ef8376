"""Lua 5.4 as it comes, to compare ours with."""

from typing import Any

from lupa import lua54

from tests.tactus.lua.machines import machine

# Both sides turn what came into text, so that the border has no part in it.
SHOW = """
local function show(...)
    local shown = {}
    for i = 1, select("#", ...) do
        local v = select(i, ...)
        local text = tostring(v)
        if type(v) == "table" then
            local inner = {}
            for j = 1, #v do inner[j] = show(v[j]) end
            text = "{" .. table.concat(inner, ";") .. "}"
        elseif type(v) == "string" then
            text = text:gsub("^[%w%[%]/._-]+:%d+: ", "")
            text = text:gsub("bad argument #%d", "bad argument") -- methods count otherwise
            text = ("%q"):format(text)
        end
        shown[i] = text
    end
    return table.concat(shown, "|")
end
"""


# A text of any bytes as one that is UTF-8.
BYTEWISE = r"(r:gsub('[\128-\255]', function(c) return utf8.char(c:byte()) end))"


def _kept(body: str) -> str:
    return f"{SHOW} local r = show(pcall(function()\n{body}\nend))"


def of_lua(body: str) -> str:
    """What a block comes to in Lua as it comes."""
    runtime = lua54.LuaRuntime(encoding="utf-8", register_eval=False, register_builtins=False)
    chunk = runtime.eval('function(text) return assert(load(text, "@story.lua", "t")) end')
    return str(chunk(f"{_kept(body)} return {BYTEWISE}")())


def of_ours(body: str) -> str:
    """What a block comes to in a procedure."""
    told: list[Any] = []
    made = machine(tell=told.append)
    made.load(f"{_kept(body)} tell({BYTEWISE})", "story.lua")
    made.close()
    return str(told[0])
