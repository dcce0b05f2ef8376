# ruff: noqa: E501  a row of Lua stays a row
"""How a run is ended from outside: stopped, cancelled, interrupted."""

import time

import anyio
import pytest

from tactus.errors import LimitError, ProcedureError, StoppedError
from tactus.lua.machine import Machine
from tactus.lua.sandbox import Interrupt
from tactus.settings import Limits
from tests.tactus.lua.machines import SURFACE, machine, run


async def test_a_dying_script_has_one_cpu_limit_for_everything_it_still_does() -> None:
    text = """
    local function slow()
        return setmetatable({}, {__close = function() for i = 1, 100 do
            for j = 1, 100000 do end
            pcall(ask, i)
        end end})
    end
    local a <close> = slow()
    ask(1)
    """

    def stop(_: object) -> object:
        raise StoppedError("stop")

    before = time.thread_time()
    with pytest.raises(StoppedError):
        await run(text, stop, limits=Limits(cpu=0.2))
    assert time.thread_time() - before < 2


@pytest.mark.parametrize(
    "around",
    [
        "pcall(work)",
        "xpcall(work, function(e) return e end)",
        "coroutine.resume(coroutine.create(work))",
        "pcall(coroutine.wrap(work))",
        "pcall(pcall, work)",
        "pcall(table.sort, {2, 1}, work)",
        "pcall(string.gsub, 'x', 'x', work)",
        "local co = coroutine.create(work) coroutine.resume(co) coroutine.close(co)",
    ],
)
async def test_an_error_in_a_close_handler_does_not_make_an_end_catchable(around: str) -> None:
    text = f"""
    local function work()
        local x <close> = setmetatable({{}}, {{__close = function() error("mine") end}})
        ask(1)
    end
    {around}
    reached = true
    tell("reached")
    while true do end
    """
    told: list[object] = []

    def stop(_: object) -> object:
        raise StoppedError("stop")

    before = time.thread_time()
    with pytest.raises(StoppedError):
        await run(text, stop, tell=told.append)
    assert told == []
    assert time.thread_time() - before < 1


async def test_a_close_handler_of_a_dying_script_may_use_pcall_for_its_own_errors() -> None:
    text = """
    log = {}
    local x <close> = setmetatable({}, {__close = function()
        log[#log + 1] = (pcall(error, "own"))
        log[#log + 1] = "after"
        local ok, e = xpcall(error, function(e) return "handled " .. e end, "x")
        log[#log + 1] = e
    end})
    watch({get = function() return log end})
    ask(1)
    """
    kept: list[object] = []
    made = machine(tell=kept.append)
    made.load(text.replace("watch(", "tell("), "story.lua")

    async def stop(_: object) -> object:
        raise StoppedError("stop")

    with pytest.raises(StoppedError):
        await made.drive(stop)

    async def answer(_: object) -> object:
        return None

    get = kept[0]["get"]  # type: ignore[index]
    assert await made.call(get, [], answer) == [False, "after", "handled x"]
    made.close()


async def test_an_interrupt_from_another_thread_ends_what_is_computed() -> None:
    interrupt = Interrupt()
    made = Machine(
        surface=[SURFACE], tell=lambda *_: None, limits=Limits(cpu=30), interrupt=interrupt
    )

    def end() -> None:
        interrupt.set = True

    def load() -> None:
        with pytest.raises(StoppedError) as raised:
            made.load(
                "started = true while true do pcall(function() while true do end end) end", "s.lua"
            )
        assert raised.value.line == 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.to_thread.run_sync, load)
        await anyio.to_thread.run_sync(end)
    made.close()


async def test_an_interrupt_before_a_slice_ends_it() -> None:
    interrupt = Interrupt()
    interrupt.set = True
    made = Machine(
        surface=[SURFACE], tell=lambda *_: None, limits=Limits(cpu=30), interrupt=interrupt
    )
    with pytest.raises(StoppedError):
        made.load("while true do end", "s.lua")
    made.close()


class SignalError(Exception):
    pass


class Raising(Interrupt):
    """Stands for a signal that arrives while Python tells the time."""

    looks = 0

    def clock(self) -> float:
        self.looks += 1
        if self.looks > 20:
            raise SignalError
        return super().clock()


@pytest.mark.parametrize(
    "around",
    [
        "while true do pcall(work) end",
        "local x <close> = setmetatable({}, {__close = function(_, e) caught = type(e) end}) work()",
        "while true do coroutine.resume(coroutine.create(work)) end",
        "while true do xpcall(work, function(e) caught = type(e) end) end",
    ],
)
def test_an_exception_that_a_signal_raises_is_never_seen_by_the_script(around: str) -> None:
    told: list[object] = []
    made = Machine(
        surface=[SURFACE],
        tell=lambda _kind, value, _position: told.append(value),
        limits=Limits(),
        interrupt=Raising(),
    )
    text = f"local function work() while true do end end\n{around}\ntell(caught)"
    with pytest.raises(SignalError):
        made.load(text, "s.lua")
    made.close()
    assert told == []


LOGGING = """
log = {}
local function closing(name)
    return setmetatable({}, {__close = function() log[#log + 1] = name end})
end
tell({get = function() return log end})
local a <close> = closing("main")
local co = coroutine.wrap(function()
    local b <close> = closing("coroutine")
    pcall(function()
        local c <close> = closing("pcall")
        for i = 1, 1000000 do ask(i) end
    end)
    log[#log + 1] = "not reached"
end)
co()
log[#log + 1] = "not reached"
"""


@pytest.mark.parametrize("threads", [None, 1], ids=["inline", "in a worker thread"])
async def test_a_cancelled_run_closes_what_it_opened_from_the_inside_out(
    threads: int | None,
) -> None:
    kept: list[object] = []
    limiter = anyio.CapacityLimiter(threads) if threads else None
    made = machine(tell=kept.append, limiter=limiter)
    made.load(LOGGING, "story.lua")
    waiting = anyio.Event()

    async def never(_: object) -> object:
        waiting.set()
        await anyio.sleep_forever()
        return None

    async def answer(_: object) -> object:
        return None

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.drive, never)
        await waiting.wait()
        tasks.cancel_scope.cancel()
    get = kept[0]["get"]  # type: ignore[index]
    assert await made.call(get, [], answer) == ["pcall", "coroutine", "main"]
    made.close()


async def test_a_run_cancelled_while_it_waits_for_a_thread_is_closed_too() -> None:
    kept: list[object] = []
    limiter = anyio.CapacityLimiter(1)
    made = machine(tell=kept.append, limiter=limiter)
    made.load(LOGGING, "story.lua")
    asked = anyio.Event()

    async def answer(_: object) -> object:
        asked.set()
        return None

    async with anyio.create_task_group() as tasks:
        await limiter.acquire_on_behalf_of("somebody")
        tasks.start_soon(made.drive, answer)
        await asked.wait()
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
        limiter.release_on_behalf_of("somebody")
    get = kept[0]["get"]  # type: ignore[index]
    assert await made.call(get, [], answer) == ["pcall", "coroutine", "main"]
    made.close()


async def test_a_run_cancelled_in_its_last_slice_ends_without_a_fault() -> None:
    limiter = anyio.CapacityLimiter(1)
    made = machine(limiter=limiter)
    made.load("ask(1) for i = 1, 3000000 do end return 1", "story.lua")

    async def answer(_: object) -> object:
        return None

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(made.drive, answer)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
    made.close()


async def test_a_run_that_has_ended_stays_ended() -> None:
    async def answer(_: object) -> object:
        return None

    kept: list[object] = []
    made = machine(Limits(instructions=200_000), tell=kept.append)
    made.load("tell({f = function() return 1 end}) ask(1) while true do end", "story.lua")
    with pytest.raises(LimitError, match="instructions"):
        await made.drive(answer)
    with pytest.raises(LimitError, match="instructions"):
        await made.call(kept[0]["f"], [], answer)  # type: ignore[index]
    made.close()


async def test_arguments_of_a_call_keep_their_places_and_must_be_plain_data() -> None:
    kept: list[object] = []
    made = machine(tell=kept.append)
    made.load("tell({f = function(...) return {select('#', ...), (select(3, ...))} end})", "s.lua")

    async def answer(_: object) -> object:
        return None

    f = kept[0]["f"]  # type: ignore[index]
    assert await made.call(f, [1, None, "three"], answer) == [3, "three"]
    assert await made.call(f, [None, None, None], answer) == [3]
    with pytest.raises(ProcedureError, match="an argument does not fit into Lua"):
        await made.call(f, [object()], answer)
    made.close()
