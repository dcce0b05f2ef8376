# ruff: noqa: E501  a row of Lua stays a row
import resource
import time

import pytest

from tactus.errors import LimitError
from tactus.settings import Limits
from tests.tactus.lua.machines import run

SMALL = Limits(instructions=3_000_000, memory=8, cpu=1.5, coroutines=100, requests=50)

ENDLESS = {
    "a loop": "while true do end",
    "a loop in pcall": "pcall(function() while true do end end)",
    "pcall loops around a kill": "while true do pcall(function() while true do end end) end",
    "pcall of pcall": "while true do pcall(pcall, pcall, function() while true do end end) end",
    "xpcall whose handler loops": "xpcall(error, function() while true do end end)",
    "xpcall around a kill": "while true do xpcall(function() while true do end end, tostring) end",
    "a coroutine": "coroutine.wrap(function() while true do end end)()",
    "resume in a loop": """
        while true do
            coroutine.resume(coroutine.create(function() while true do end end))
        end""",
    "a generator that never ends": """
        for _ in coroutine.wrap(function() while true do coroutine.yield(1) end end) do end""",
    "__index": "local t = setmetatable({}, {__index = function() while true do end end}) return t.x",
    "__close": """
        do local x <close> = setmetatable({}, {__close = function() while true do end end}) end""",
    "__close after an error": """
        local x <close> = setmetatable({}, {__close = function() while true do end end})
        error("x")""",
    "__concat": "return setmetatable({}, {__concat = function() while true do end end}) .. 'x'",
    "__eq": """
        local m = {__eq = function() while true do end end}
        return setmetatable({}, m) == setmetatable({}, m)""",
    "__lt": """
        local m = {__lt = function() while true do end end}
        return setmetatable({}, m) < setmetatable({}, m)""",
    "__len": "return #setmetatable({}, {__len = function() while true do end end})",
    "__tostring": """
        return tostring(setmetatable({}, {__tostring = function() while true do end end}))""",
    "__tostring of an error value": """
        error(setmetatable({}, {__tostring = function() while true do end end}))""",
    "__pairs": "for _ in pairs(setmetatable({}, {__pairs = function() while true do end end})) do end",
    "__call": "return setmetatable({}, {__call = function() while true do end end})()",
    "a sort comparator": "table.sort({3, 2, 1}, function() while true do end end)",
    "a comparator that contradicts itself": """
        local t = {} for i = 1, 1000 do t[i] = i % 7 end
        while true do table.sort(t, function() return true end) end""",
    "a gsub callback": 'return (("x"):gsub("x", function() while true do end end))',
    "a gsub table": """
        return (("x"):gsub("x", setmetatable({}, {__index = function() while true do end end})))""",
    "a gmatch that is walked for ever": 'while true do for _ in ("x"):gmatch("x") do end end',
    "an iterator": "for _ in function() return 1 end do end",
    "goto": "::again:: goto again",
    "tail calls": "local function f() return f() end return f()",
    "a pattern that backtracks": 'return (("a"):rep(5000):find(("a-"):rep(30) .. "b"))',
    "a pattern with nested repetition": 'return (("a"):rep(3000):match("^(a*a*a*a*a*a*)*b$"))',
    "back references": 'return (("a"):rep(3000):find("(a*)(a*)%1%2b"))',
    "balanced matches": 'return (("("):rep(30000):find("%b()"))',
    "frontiers": 'while true do ("a b"):rep(1000):find("%f[%w]%w+%f[%W]x") end',
    "a slow gsub": 'return (("a"):rep(4000):gsub("(a*)(a*)(a*)b", "%1"))',
    "a slow gmatch": 'for _ in ("a"):rep(4000):gmatch("(a*)(a*)(a*)b") do end',
    "plain searches": 'local s = ("x"):rep(1e6) while true do s:find("y", 1, true) end',
    "long compares": """
        local a, b = ("x"):rep(1e6) .. "a", ("x"):rep(1e6) .. "b"
        while true do local _ = a < b end""",
    "utf8.len of a long text": 'local s = ("x"):rep(1e6) while true do utf8.len(s) end',
    "next on a large table": "local t = {} for i = 1, 1e4 do t[i] = i end while true do next(t, 5) end",
    "insert at the front": """
        local t = {} for i = 1, 1e4 do t[i] = i end
        while true do table.insert(t, 1, 0) table.remove(t, 1) end""",
}


@pytest.mark.parametrize("shape", ENDLESS)
async def test_what_runs_for_ever_is_stopped_whatever_it_is_wrapped_in(shape: str) -> None:
    before = time.thread_time()
    with pytest.raises(LimitError) as raised:
        await run(ENDLESS[shape], limits=SMALL)
    assert raised.value.limit in ("instructions", "cpu")
    assert time.thread_time() - before < 6


GROWING = {
    "a table of strings": "local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end",
    "doubling": "local s = 'x' while true do s = s .. s end",
    "doubling in pcall": "local s = 'x' while true do pcall(function() s = s .. s end) end",
    "tables in tables": "local t = {} while true do t = {t} end",
    "closures": "local t = {} while true do local x = #t t[#t + 1] = function() return x end end",
    "integer keys": "local t = {} for i = 1, 1e9 do t[i] = i end",
    "rep": "return ('x'):rep(1e9)",
    "rep with a separator": "return ('x'):rep(1e5, ('y'):rep(1000))",
    "concat": "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(10000) end return table.concat(t)",
    "format": "local s = ('x'):rep(1e6) return ('%s'):rep(20):format(s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s,s)",
    "gsub": "return (('x'):rep(1e5):gsub('x', ('y'):rep(1000)))",
    "an error text": "error(('x'):rep(1e9))",
    "a coroutine that grows": """
        coroutine.wrap(function() local t = {} while true do t = {t} end end)()""",
}


@pytest.mark.parametrize("shape", GROWING)
async def test_what_grows_too_large_is_stopped_whatever_it_is_wrapped_in(shape: str) -> None:
    with pytest.raises(LimitError) as raised:
        await run(f"pcall(function() {GROWING[shape]} end)", limits=SMALL)
    # work in C is charged before it is done: what is very large may run out of instructions first
    assert raised.value.limit in ("memory", "instructions")
    assert raised.value.hint is not None
    assert f"limits.{raised.value.limit}" in raised.value.hint


DEEP = {
    "recursion": "local function f() return 1 + f() end f()",
    "recursion through pcall": "local function f() pcall(f) end f()",
    "pcall loops at the C limit": "local function f() while true do pcall(f) end end f()",
    "nested coroutines": "local function f() coroutine.wrap(f)() end f()",
    "recursion through a metamethod": """
        local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return t[k] end
        return t.x""",
    "recursion through tostring": """
        local t = setmetatable({}, {}) getmetatable(t).__tostring = function() return tostring(t) end
        return tostring(t)""",
    "recursion through sort": """
        local function f() table.sort({2, 1}, function() f() return true end) end f()""",
    "recursion through gsub": "local function f() return (('x'):gsub('x', f)) end f()",
}


@pytest.mark.parametrize("shape", DEEP)
async def test_what_calls_itself_too_deeply_is_stopped(shape: str) -> None:
    limits = Limits(instructions=20_000_000, cpu=3)
    with pytest.raises(LimitError) as raised:
        await run(f"pcall(function() {DEEP[shape]} end)", limits=limits)
    assert raised.value.limit in ("stack", "instructions", "cpu", "memory", "coroutines")


async def test_coroutines_are_counted_while_they_are_alive() -> None:
    many = """
    local kept = {}
    for i = 1, 10000 do
        kept[i] = coroutine.create(function() coroutine.yield() end)
        coroutine.resume(kept[i])
    end
    """
    with pytest.raises(LimitError) as raised:
        await run(f"pcall(function() {many} end)", limits=SMALL)
    assert raised.value.limit == "coroutines"
    assert "100 coroutines alive" in raised.value.message


async def test_coroutines_that_ended_or_were_forgotten_do_not_count() -> None:
    text = """
    local sum = 0
    for i = 1, 1000 do
        for n in coroutine.wrap(function() coroutine.yield(i) coroutine.yield(0) end) do
            sum = sum + n
            break
        end
        coroutine.wrap(function() sum = sum + 1 end)()
    end
    return sum
    """
    assert await run(text, limits=SMALL) == 1000 * 1001 // 2 + 1000


async def test_requests_are_limited() -> None:
    with pytest.raises(LimitError) as raised:
        await run("while true do pcall(ask, 1) end", limits=SMALL)
    assert raised.value.limit == "requests"
    assert raised.value.line == 1


REFUSED = {
    "a move over a huge range": "table.move({}, 1, 2^40 // 1, 2)",
    "an unpack over a huge range": "table.unpack({}, 1, 1e9 // 1)",
    "a concat over a huge range": "table.concat({}, '', 1, 1e12 // 1)",
    "a plain search of a long text in a longer one": "('x'):rep(2e6):find(('x'):rep(1e4), 1, true)",
    "a table function on a table with __len": "table.insert(setmetatable({}, {__len = tostring}), 1)",
    "a finalizer": "setmetatable({}, {__gc = tostring})",
    "weak tables": "setmetatable({}, {__mode = 'k'})",
}


@pytest.mark.parametrize("shape", REFUSED)
async def test_what_would_run_where_nobody_counts_is_refused(shape: str) -> None:
    ok, message = await run(
        f"local ok, e = pcall(function() {REFUSED[shape]} end) return {{ok, e}}"
    )
    assert ok is False
    assert message.startswith("story.lua:1: ")


async def test_an_empty_rep_is_empty_at_once() -> None:
    assert await run('return ("").rep("", 2^62 // 1)') == ""


async def test_the_next_machine_is_unharmed_and_memory_comes_back() -> None:
    bombs = [ENDLESS["a loop in pcall"], GROWING["doubling in pcall"], DEEP["nested coroutines"]]

    async def burn() -> None:
        for bomb in bombs:
            with pytest.raises(LimitError):
                await run(bomb, limits=Limits(instructions=300_000, memory=8))
            assert await run("return 1 + 1") == 2

    for _ in range(5):
        await burn()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(30):
        await burn()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


async def test_a_limit_names_the_line_that_ran() -> None:
    with pytest.raises(LimitError) as raised:
        await run("local x = 1\nlocal y = 2\nwhile true do\nend", limits=SMALL)
    assert raised.value.line in (3, 4)
    assert raised.value.file == "story.lua"
