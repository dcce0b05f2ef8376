# ruff: noqa: E501  a row of Lua stays a row
"""Work that C does in one call, where no instruction is counted, stays inside the limits, too."""

import time

import pytest

from tactus.errors import LimitError, ProcedureError
from tactus.settings import Limits
from tests.tactus.lua.machines import run

QUICK = Limits(cpu=0.3, memory=64)

SLOW_IN_C = {
    "a set of a hundred thousand bytes": """
        return (("a"):rep(3000):find("[" .. ("b"):rep(100000) .. "a]*x"))""",
    "a set after many open brackets": """
        return (("["):rep(3000):find("[" .. ("["):rep(100000) .. "]*x"))""",
    "a pattern as long as the text": 'return (("a"):rep(30000):find(("a"):rep(20000) .. ".b"))',
    "many optional items": 'return (("a"):rep(60):find(("a?"):rep(60) .. ("a"):rep(60) .. "b"))',
    "a move by texts as numbers": 'while true do table.move({}, "1", "9999999", "2") end',
    "moves of nothing": "local t = {} while true do table.move(t, 1, 9999999, 2) end",
    "unpacks": "local t = {} while true do local _ = table.unpack(t, 1, 900000) end",
    "inserts at the front": """
        local t = {} for i = 1, 1500000 do t[i] = i end
        while true do table.insert(t, 1, 1) table.remove(t, 1) end""",
    "upper": 'local s = ("x"):rep(10000000) while true do local _ = s:upper() end',
    "lower": 'local s = ("x"):rep(10000000) while true do local _ = s:lower() end',
    "reverse": 'local s = ("x"):rep(10000000) while true do local _ = s:reverse() end',
    "utf8.len": 'local s = ("x"):rep(10000000) while true do local _ = utf8.len(s) end',
    "utf8.offset": 'local s = ("x"):rep(10000000) while true do local _ = utf8.offset(s, -1, 1) end',
    "tonumber": 'local s = (" "):rep(10000000) while true do local _ = tonumber(s) end',
    "rep": 'while true do local _ = ("x"):rep(20000000) end',
    "a plain find": 'local s = ("a"):rep(1000000) while true do s:find(("a"):rep(900) .. "b", 1, true) end',
    "a cheap pattern on a long text": 'local s = ("x"):rep(5000000) while true do s:find("y$") end',
    "gsub on a long text": 'local s = ("x"):rep(1000000) while true do s:gsub("x", "y") end',
    "concat": """
        local t = {} for i = 1, 1000000 do t[i] = "x" end
        while true do table.concat(t) end""",
    "joining long texts": 'local s, i = ("x"):rep(10000000), 0 while true do i = i + 1 local _ = s .. i end',
    "long texts as keys": """
        local s, i, t = ("x"):rep(10000000), 0, {}
        while true do i = i + 1 local _ = t[s .. i] end""",
    "coroutines at the limit": """
        local kept = {} for i = 1, 990 do kept[i] = coroutine.create(type) end
        local data = {} for i = 1, 200000 do data[i] = {} end
        while true do coroutine.create(type) end""",
    "sorting the keys of a large table": """
        local t = {} for i = 1, 150000 do t["k" .. i] = i end
        while true do for _ in pairs(t) do break end end""",
    "a __len that lies to sort": "table.sort(setmetatable({}, {__len = function() return 1 << 40 end}), rawequal)",
    "a __len that lies to insert": """
        while true do
            pcall(table.insert, setmetatable({}, {__len = function() return 1 << 40 end}), 1, 1)
        end""",
    "a __len that lies to remove": """
        table.remove(setmetatable({}, {__len = function() return 1 << 40 end}), 1)""",
    "an __index of C": "while true do table.concat(setmetatable({}, {__index = rawlen}), '', 1, 100000) end",
}  # fmt: skip


@pytest.mark.parametrize("work", SLOW_IN_C)
async def test_what_is_slow_in_c_is_stopped_in_time(work: str) -> None:
    before = time.thread_time()
    with pytest.raises(LimitError) as raised:
        await run(f"pcall(function() {SLOW_IN_C[work]} end)", limits=QUICK)
    assert raised.value.limit in ("cpu", "instructions", "memory")
    assert time.thread_time() - before < 5


REFUSED = {
    "move": ["{}, 1, 1 << 40, 2", "{}, '1', '9007199254740992', 2", "{}, -(1 << 62), 1 << 62, 5",
             "{}, math.mininteger, math.maxinteger, 2"],
    "unpack": ["{}, 1, 1 << 40", "{}, '1', '1e15'", "{}, math.mininteger, math.maxinteger"],
    "concat": ["{}, '', 1, 1 << 40", "{}, '', math.mininteger, math.maxinteger"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("function", "arguments"), [(name, each) for name, rows in REFUSED.items() for each in rows]
)
async def test_a_range_of_more_than_ten_million_is_refused(function: str, arguments: str) -> None:
    ok, said = await run(f"local ok, e = pcall(table.{function}, {arguments}) return {{ok, e}}")
    assert ok is False
    assert f"table.{function}: the range is too large" in said


async def test_telling_for_ever_ends_at_the_cpu_limit() -> None:
    with pytest.raises(LimitError) as raised:
        await run("while true do pcall(tell, 1) end", limits=Limits(cpu=0.1))
    assert raised.value.limit == "cpu"


async def test_each_answer_begins_the_cpu_limit_anew() -> None:
    text = """
    local n = 0
    for i = 1, 6 do
        for j = 1, 700000 do n = n + 1 end
        ask(i)
    end
    return n
    """
    assert await run(text, limits=Limits(cpu=1.0)) == 4_200_000


async def test_an_error_that_speaks_of_a_stack_overflow_is_an_ordinary_error() -> None:
    text = """
    return {(pcall(error, "see stack overflow")), (pcall(error, "no memory")),
        (pcall(error, "Stack Overflow", 0)), (pcall(error, "error in error handling?"))}
    """
    assert await run(text) == [False] * 4


async def test_a_faulty_handler_of_xpcall_gives_its_own_error() -> None:
    ok, said = await run("""
    local ok, e = xpcall(error, function(e) return e.x.y end, "boom")
    return {ok, e}
    """)
    assert (ok, said) == (False, "story.lua:2: attempt to index a nil value (field 'x')")


async def test_many_errors_that_are_caught_are_forgotten_but_stay_errors() -> None:
    text = """
    local first
    for i = 1, 1500 do
        local ok, e = pcall(tell, i)
        first = first or e
    end
    error(first)
    """

    def refuse(value: object) -> object:
        raise ProcedureError(f"no {value}")

    with pytest.raises(ProcedureError, match=r"no 1$"):
        await run(text, tell=refuse)
