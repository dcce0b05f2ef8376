# ruff: noqa: E501  a row of Lua stays a row
import anyio
import pytest

from tactus.errors import LimitError, ProcedureError, StoppedError, TurnError
from tactus.lua.convert import FunctionRef
from tactus.lua.outcome import Request
from tests.tactus.lua.machines import machine, run

PLACES = {
    "plain code": "return ask(1) + 1",
    "a callable object": "return object(1) + 1",
    "pcall": "local ok, v = pcall(ask, 1) return v + 1",
    "the body of xpcall": "local ok, v = xpcall(ask, tostring, 1) return v + 1",
    "nested pcalls": "local _, _, v = pcall(pcall, ask, 1) return v + 1",
    "an iterator": "local s = 0 for v in function() if s == 0 then return ask(1) end end do s = v end return s + 1",
    "a coroutine": "return coroutine.wrap(function() return ask(1) + 1 end)()",
    "coroutines three deep": """
        local w = coroutine.wrap
        return w(function() return w(function() return w(function() return ask(1) end)() end)() + 1 end)()""",
    "__index": "return setmetatable({}, {__index = function(_, k) return ask(1) end}).x + 1",
    "__newindex": "local v setmetatable({}, {__newindex = function() v = ask(1) end}).x = 1 return v + 1",
    "__add": "return setmetatable({}, {__add = function() return ask(1) end}) + 1 + 1",
    "__concat": "return (setmetatable({}, {__concat = function() return ask(1) end}) .. 1) + 1",
    "__eq": """
        local v local m = {__eq = function() v = ask(1) return true end}
        local _ = setmetatable({}, m) == setmetatable({}, m) return v + 1""",
    "__lt": """
        local v local m = {__lt = function() v = ask(1) return true end}
        local _ = setmetatable({}, m) < setmetatable({}, m) return v + 1""",
    "__len": "return #setmetatable({}, {__len = function() return ask(1) end}) + 1",
    "__close": "local v do local x <close> = setmetatable({}, {__close = function() v = ask(1) end}) end return v + 1",
    "__tostring through tostring": """
        return tonumber(tostring(setmetatable({}, {__tostring = function() return tostring(ask(1)) end}))) + 1""",
    "a sort comparator": "local v table.sort({2, 1}, function() v = ask(1) return true end) return v + 1",
    "a gsub callback": "local v ('x'):gsub('x', function() v = ask(1) end) return v + 1",
    "a gmatch loop": "local v for c in ('x'):gmatch('.') do v = ask(1) end return v + 1",
}


@pytest.mark.parametrize("place", PLACES)
async def test_a_request_may_be_made_in(place: str) -> None:
    assert await run(PLACES[place]) == 2


async def test_where_nothing_can_wait_the_error_says_so() -> None:
    text = """
    local said
    xpcall(error, function() local ok, e = pcall(ask, 1) said = tostring(e) end, "x")
    return said
    """
    assert "cannot be called here" in await run(text)


async def test_generators_and_requests_do_not_disturb_each_other() -> None:
    text = """
    local g = coroutine.wrap(function()
        for i = 1, 3 do coroutine.yield(ask(i) * 10) end
        return "end"
    end)
    return {g(), g(), g(), g()}
    """
    assert await run(text) == [10, 20, 30, "end"]


async def test_a_coroutine_that_waits_for_python_is_normal_and_cannot_be_resumed() -> None:
    text = """
    local inner
    inner = coroutine.create(function() return ask({}) end)
    local seen
    local other = coroutine.wrap(function() return coroutine.resume(inner) end)
    local ok, v = other()
    return {ok, v, coroutine.status(inner)}
    """
    assert await run(text, lambda _: "answer") == [True, "answer", "dead"]


async def test_yield_outside_a_coroutine_is_an_error() -> None:
    with pytest.raises(ProcedureError, match="attempt to yield from outside a coroutine"):
        await run("coroutine.yield(1)")


async def test_the_main_coroutine_is_known_and_cannot_be_touched() -> None:
    text = """
    local main, is_main = coroutine.running()
    local w = coroutine.wrap(function()
        return {pcall(coroutine.resume, main)}, {pcall(coroutine.close, main)}
    end)
    local resumed, closed = w()
    return {is_main, resumed[2], closed[1], coroutine.isyieldable()}
    """
    assert await run(text) == [True, False, False, False]


def fail(_: object) -> object:
    raise TurnError("it went wrong", reason="server", text="so far", retryable=True)


async def test_an_error_from_outside_can_be_caught_and_read() -> None:
    text = """
    local ok, e = pcall(function()
        return (ask(1))
    end)
    return {ok, e.kind, e.code, e.message, e.retryable, e.text, tostring(e), "> " .. e, e .. "!"}
    """
    shown = "story.lua:3: it went wrong"
    assert await run(text, fail) == [
        False,
        "turn",
        "turn.server",
        "it went wrong",
        True,
        "so far",
        shown,
        f"> {shown}",
        f"{shown}!",
    ]


async def test_an_error_from_outside_that_nothing_catches_leaves_as_itself_with_its_place() -> None:
    text = "local function deep()\n  ask(1)\nend\ndeep()"
    with pytest.raises(TurnError) as raised:
        await run(text, fail)
    assert raised.value.text == "so far"
    assert (raised.value.file, raised.value.line) == ("story.lua", 2)


async def test_an_error_from_outside_may_be_raised_again() -> None:
    with pytest.raises(TurnError) as raised:
        await run("local ok, e = pcall(ask, 1)\nlocal x = 1\nerror(e)", fail)
    assert raised.value.line == 1


@pytest.mark.parametrize(
    "error", [LimitError("enough", limit="cost"), StoppedError("stop"), RuntimeError("a bug")]
)
async def test_what_ends_a_run_cannot_be_caught_but_handlers_run(error: Exception) -> None:
    told: list[object] = []

    def answer(_: object) -> object:
        raise error

    text = """
    local a <close> = setmetatable({}, {__close = function() tell("a") end})
    pcall(function()
        local b <close> = setmetatable({}, {__close = function() tell("b") end})
        while true do pcall(ask, 1) end
    end)
    tell("not reached")
    """
    with pytest.raises(type(error)) as raised:
        await run(text, answer, tell=told.append)
    assert raised.value is error
    assert told == []  # a dying script is refused whatever it tells or asks


async def test_handlers_of_a_dying_script_run_in_order() -> None:
    seen = """
    order = {}
    local function closing(name)
        return setmetatable({}, {__close = function() order[#order + 1] = name end})
    end
    local a <close> = closing("a")
    local co = coroutine.wrap(function()
        local b <close> = closing("b")
        pcall(function() local c <close> = closing("c") ask(1) end)
    end)
    co()
    """
    made = machine()
    made.load(seen, "story.lua")

    async def answer(_: Request) -> object:
        raise StoppedError("stop")

    with pytest.raises(StoppedError):
        await made.drive(answer)
    made.close()


async def test_cancelling_kills_the_script_and_goes_on() -> None:
    waiting = anyio.Event()

    async def never(_: object) -> object:
        waiting.set()
        await anyio.sleep_forever()
        raise AssertionError

    text = "while true do pcall(ask, 1) end"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run, text, never)
        await waiting.wait()
        tasks.cancel_scope.cancel()


async def test_a_script_that_keeps_asking_while_it_dies_is_left() -> None:
    text = """
    local function asking() return setmetatable({}, {__close = function() ask(1) end}) end
    local a <close> = asking()
    ask(1)
    """

    def answer(_: object) -> object:
        raise StoppedError("stop")

    with pytest.raises(StoppedError):
        await run(text, answer)


async def test_a_function_is_called_with_plain_arguments() -> None:
    functions: list[FunctionRef] = []
    made = machine(tell=lambda value: functions.append(value["body"]))
    made.load("tell({body = function(a, b) return {a.x + ask(b)} end})", "story.lua")

    async def answer(request: Request) -> object:
        return request.value * 2

    assert made.ended
    assert await made.drive(answer) is None
    assert await made.call(functions[0], [{"x": 1}, 2], answer) == [5]
    assert await made.call(functions[0], [{"x": 2}, 3], answer) == [8]
    made.close()


async def test_the_same_function_has_the_same_reference() -> None:
    refs = await run("local function f() end return {f, f, tostring}")
    assert refs[0] == refs[1] != refs[2]


async def test_what_is_told_is_answered_at_once_and_may_fail() -> None:
    def tell(value: object) -> object:
        if value == "bad":
            raise ProcedureError("not this")
        return {"got": value}

    text = """
    local before = tell("a").got
    ask(1)
    local ok, e = pcall(tell, "bad")
    return {before, tell("b").got, ok, e.message}
    """
    assert await run(text, tell=tell) == ["a", "b", False, "not this"]


async def test_worker_threads_give_the_same_results_for_many_machines_at_once() -> None:
    limiter = anyio.CapacityLimiter(2)
    results: list[object] = []
    text = """
    local sum = 0
    for i = 1, 20 do sum = sum + ask(i) tell(sum) end
    return sum
    """

    async def one() -> None:
        async def answer(value: object) -> object:
            await anyio.lowlevel.checkpoint()
            return value

        results.append(await run(text, answer, limiter=limiter))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(one)
    assert results == [210] * 20


async def test_a_machine_in_a_worker_thread_is_cancelled_between_two_slices() -> None:
    limiter = anyio.CapacityLimiter(1)
    with anyio.move_on_after(0.3) as scope:
        await run("while true do ask(1) end", limiter=limiter)
    assert scope.cancelled_caught
    assert await run("return 1", limiter=limiter) == 1
