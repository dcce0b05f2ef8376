import threading

import anyio
import pytest

from tactus.events import AgentStreamChunkEvent, EventRecord, RunFinishedEvent
from tests.providers.openai import Answer, openai_server
from tests.tactus.runtime.conftest import open_runtime

TWO_TURNS = """
a = Agent { model = "openai/gpt-4o-mini" }
local first = a("Tell a story")
local second = a("And another")
return { first = first.response, second = second.response }
"""


async def test_a_hundred_runs_stream_at_once_without_a_thread_each() -> None:
    results = []
    async with openai_server(Answer(("Once ", "upon ", "a time"), delay=0.01)) as server:
        secrets = {"OPENAI_API_KEY": "k"}
        async with (
            open_runtime(api_base={"openai": server.base_url}, secrets=secrets) as runtime,
            anyio.create_task_group() as tasks,
        ):

            async def one() -> None:
                records: list[EventRecord] = []
                run = runtime.prepare(TWO_TURNS, "two.lua", {}, handler=records.append)
                results.append(((await run.drive()).value, records))

            for _ in range(100):
                tasks.start_soon(one)
        threads = threading.active_count()
    assert len(results) == 100
    for value, records in results:
        assert value == {"first": "Once upon a time", "second": "Once upon a time"}
        text = "".join(
            record.event.chunk_text
            for record in records
            if isinstance(record.event, AgentStreamChunkEvent)
        )
        assert text == "Once upon a time" * 2
    assert threads < 60


async def test_stopping_a_run_closes_the_connection_and_keeps_the_text() -> None:
    records: list[EventRecord] = []
    async with openai_server(Answer(("Once ", "upon"), hold_after=1)) as server:
        secrets = {"OPENAI_API_KEY": "k"}
        async with open_runtime(api_base={"openai": server.base_url}, secrets=secrets) as runtime:
            arrived = anyio.Event()

            def handle(record: EventRecord) -> None:
                records.append(record)
                if isinstance(record.event, AgentStreamChunkEvent):
                    arrived.set()

            run = runtime.prepare(TWO_TURNS, "two.lua", {}, handler=handle)
            async with anyio.create_task_group() as tasks:

                async def stop() -> None:
                    await arrived.wait()
                    run.stop()

                tasks.start_soon(stop)
                result = await run.drive()
            with anyio.fail_after(1):
                await server.gone.wait()
    assert result.status == "stopped"
    told = [record.flat() for record in records]
    assert [event.get("stage") for event in told if event["event_type"] == "agent_turn"] == [
        "started",
        "stopped",
    ]
    assert [e["chunk_text"] for e in told if e["event_type"] == "agent_stream_chunk"] == ["Once "]
    assert isinstance(records[-1].event, RunFinishedEvent)
    assert records[-1].event.status == "stopped"


async def test_a_run_that_is_stopped_before_it_begins_does_nothing() -> None:
    async with open_runtime() as runtime:
        run = runtime.prepare('error("not reached")', "a.lua", {})
        run.stop()
        assert (await run.drive()).status == "stopped"


async def test_cancelling_the_task_of_a_run_ends_its_events_and_goes_on() -> None:
    records: list[EventRecord] = []
    async with open_runtime() as runtime:
        text = 'a = Agent { provider = "demo", model = "silent" }\na("hi")'
        run = runtime.prepare(text, "a.lua", {}, handler=records.append)
        with anyio.move_on_after(0.2) as scope:
            await run.drive()
    assert scope.cancelled_caught
    assert isinstance(records[-1].event, RunFinishedEvent)
    assert records[-1].event.status == "stopped"


@pytest.mark.parametrize("threads", [False, True])
async def test_a_run_that_goes_too_far_leaves_the_next_one_unharmed(threads: bool) -> None:
    from tactus.runtime.runtime import Runtime
    from tactus.settings import Limits, Settings

    settings = Settings(limits=Limits(memory=4, instructions=3_000_000))
    runtime = Runtime(settings, anyio.CapacityLimiter(2) if threads else None)
    bombs = [
        "while true do end",
        'local t = {} while true do t[#t + 1] = ("x"):rep(100000) end',
        "local function f() return pcall(f) end f()",
        'return ("a"):rep(5000):find(("a-"):rep(30) .. "b")',
    ]
    for bomb in bombs:
        result = await runtime.prepare(f"pcall(function() {bomb} end)", "bomb.lua", {}).drive()
        assert result.error is not None
        assert result.error.code.startswith("limit."), bomb
        after = await runtime.prepare("return { sum = 1 + 1 }", "after.lua", {}).drive()
        assert after.value == {"sum": 2}
