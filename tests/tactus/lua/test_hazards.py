# ruff: noqa: E501  a row of Lua stays a row
"""The hazards of the library under us, each by what we do so that it cannot bite.

H1   a coroutine that yields more values than its stack has room for corrupts the heap
H2   a live table handed to Python inside a coroutine is used after the coroutine is gone
H3   writing to a Lua table from Python is unprotected: an erring metamethod ends the process
H4   what Python pushes while the memory limit holds ends the process
H5   a nested value that appears twice is converted to wrong data
H6   a value nested two hundred thousand levels deep overflows the C stack
H7   the library's own message handler is looked up among the script's globals
H8   finalizers run when the state closes, where no hook runs
H9   error values that are no text reach Python without a message
H10  the value a coroutine ends with looks like one more that it yields
H11  Lua in a worker thread that waits for the loop, which waits for Lua, is a deadlock
H12  text that is not decoded becomes an object of Python's within the script's reach
H13  attributes of a table in Python are found before the table's own keys

Those that would end the process are tried in another one.
"""

import gc
import json
import subprocess
import sys
import weakref

import anyio
import pytest

from tactus.errors import LimitError, ProcedureError
from tactus.lua.sandbox import Sandbox
from tactus.settings import Limits
from tests.tactus.lua.machines import machine, run

CHILD = """
import json, sys, anyio
from tactus.errors import TactusError
from tactus.settings import Limits
from tests.tactus.lua.machines import run
text, answer, memory = json.load(sys.stdin)
async def come_to():
    try:
        return await run(text, lambda _: eval(answer), limits=Limits(memory=memory))
    except TactusError as error:
        return [error.code, error.message]
print(json.dumps(anyio.run(come_to)))
"""


def in_another_process(text: str, answer: str = "None", memory: int = 64) -> object:
    ran = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([text, answer, memory]),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=50,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout)


DANGEROUS = [
    pytest.param(
        """
        local many = {} for i = 1, 5000 do many[i] = i end
        local co = coroutine.wrap(function() coroutine.yield(table.unpack(many)) end)
        return {select("#", co()), select("#", ask(1))}
        """,
        "list(range(5000))",
        64,
        [5000, 1],
        id="H1 a coroutine yields five thousand values",
    ),
    pytest.param(
        """
        local many = {} for i = 1, 200000 do many[i] = i end
        return #ask(many)
        """,
        "list(range(199_999))",
        64,
        199_999,
        id="H1 a request and its answer of two hundred thousand values",
    ),
    pytest.param(
        """
        local kept = {}
        for i = 1, 200 do
            coroutine.wrap(function()
                kept[i] = ask({f = function() return i end, t = {i}})
            end)()
        end
        local junk = {} for i = 1, 200000 do junk[i % 100] = {i} end
        local sum = 0
        for i = 1, 200 do sum = sum + kept[i].t[1] end
        return sum
        """,
        "{'t': [1], 'x': 'y'}",
        64,
        200,
        id="H2 values from coroutines that are gone",
    ),
    pytest.param(
        """
        setmetatable(string, {__newindex = error, __index = error})
        local spiteful = setmetatable({}, {__newindex = error, __index = error})
        local ok, e = pcall(ask, spiteful)
        rawset(_G, "answer", spiteful)
        return ask({a = 1}).b
        """,
        "{'b': 2}",
        64,
        2,
        id="H3 metamethods that err where a value arrives",
    ),
    pytest.param(
        "local s = ask(1) return #s",
        "'x' * 30_000_000",
        1,
        ["limit.memory", "the procedure needed more than 1 MiB of memory"],
        id="H4 an answer larger than the memory limit",
    ),
    pytest.param(
        "local t = ask(1) return #t",
        "['x' * 100 + str(n) for n in range(150_000)]",
        4,
        ["limit.memory", "the procedure needed more than 4 MiB of memory"],
        id="H4 an answer of many parts larger than the memory limit",
    ),
    pytest.param(
        """
        local t = {} for i = 1, 1000 do t[i] = ("x"):rep(800) .. i end
        local ok, e = pcall(ask, t)
        return ok
        """,
        "['x' * 1000] * 1000",
        1,
        ["limit.memory", "the procedure needed more than 1 MiB of memory"],
        id="H4 a request while the memory is nearly used",
    ),
    pytest.param(
        "local t = {} for i = 1, 200000 do t = {t} end local ok, e = pcall(ask, t) return e.message",
        "None",
        64,
        "[1]" * 60 + ": is nested deeper than 60 levels",
        id="H6 a request nested two hundred thousand levels deep",
    ),
    pytest.param(
        "local t = {} for i = 1, 200000 do t = {t} end error(t)",
        "None",
        64,
        ["procedure", "the error was a table that cannot be shown"],
        id="H6 an error nested two hundred thousand levels deep",
    ),
    pytest.param(
        "local t = {} for i = 1, 200000 do t = {t} end return t",
        "None",
        64,
        ["procedure", "[1]" * 60 + ": is nested deeper than 60 levels"],
        id="H6 a result nested two hundred thousand levels deep",
    ),
    pytest.param(
        """
        debug = {traceback = function() while true do end end}
        _G.debug, tostring = debug, nil
        error("seen")
        """,
        "None",
        64,
        ["procedure", "seen"],
        id="H7 a traceback of the script's own",
    ),
    pytest.param(
        """
        local meta = {}
        local t = setmetatable({}, meta)
        meta.__gc = function() while true do end end
        local ok = pcall(setmetatable, {}, {__gc = function() while true do end end})
        return ok
        """,
        "None",
        64,
        False,
        id="H8 a finalizer that never ends",
    ),
]


@pytest.mark.parametrize(("text", "answer", "memory", "outcome"), DANGEROUS)
def test_a_hazard_that_would_end_the_process_does_not(
    text: str, answer: str, memory: int, outcome: object
) -> None:
    assert in_another_process(text, answer, memory) == outcome


async def test_h5_a_value_that_appears_twice_arrives_twice() -> None:
    twice = {"n": 1}
    assert await run("return ask(1)", lambda _: [twice, twice, [twice]]) == [twice, twice, [twice]]


async def test_h9_an_error_value_that_is_no_text_arrives_whole() -> None:
    with pytest.raises(ProcedureError) as raised:
        await run("error({code = 42})")
    assert raised.value.message == '{"code": 42}'


async def test_h9_an_exception_of_python_is_not_lost() -> None:
    def fail(_: object) -> object:
        raise KeyError("a bug of ours")

    with pytest.raises(KeyError, match="a bug of ours"):
        await run("pcall(function() for v in function() return ask(1) end do end end)", fail)


async def test_h10_what_a_procedure_ends_with_is_its_value_and_no_request() -> None:
    assert await run('return "request", "ask", 1') == "request"
    assert await run("return coroutine.yield == nil, 1") is False
    assert await run("return") is None


@pytest.mark.timeout(20)
async def test_h11_a_slice_in_a_thread_and_a_busy_loop_do_not_wait_for_each_other() -> None:
    limiter = anyio.CapacityLimiter(1)
    text = """
    for i = 1, 50 do
        local n = 0
        for j = 1, 2000 do n = n + 1 end
        local back = ask({i, {deep = {i}}})
        assert(back[2].deep[1] == i)
    end
    return "done"
    """
    results: list[object] = []

    async def one() -> None:
        results.append(await run(text, limiter=limiter))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(one)
    assert results == ["done"] * 4


async def test_h12_every_text_that_comes_into_lua_is_a_text() -> None:
    texts = ["", "a", "\u00e4", "\U0001f600", "a\0b", "\ud800", "x" * 100_000]
    text = """
    local kinds = {}
    for i, v in ipairs(ask(1)) do kinds[i] = type(v) end
    return kinds
    """
    assert await run(text, lambda _: texts) == ["string"] * len(texts)


async def test_h13_a_key_that_is_called_like_a_method_is_a_key() -> None:
    value = {"items": 1, "keys": 2, "values": 3, "__class__": 4}
    assert await run("return ask({items = 1, keys = 2, values = 3, ['__class__'] = 4})") == value
    assert await run("local v = ask(1) return {v.items, v.keys}", lambda _: value) == [1, 2]


@pytest.mark.parametrize(
    "text",
    ["return 1", "ask(1)", "error('x')", "while true do end", "while true do ask(1) end"],
)
async def test_a_closed_machine_leaves_nothing_behind(text: str) -> None:
    made = machine(Limits(instructions=100_000, requests=5))

    async def answer(_: object) -> object:
        return None

    try:
        made.load(text, "story.lua")
        await made.drive(answer)
    except (ProcedureError, LimitError):
        pass
    opened = made._opened
    assert isinstance(opened, Sandbox)
    gone = weakref.ref(opened)
    made.close()
    made.close()
    del opened, made
    gc.disable()
    try:
        assert gone() is None  # by counting references, without the collector
    finally:
        gc.enable()
