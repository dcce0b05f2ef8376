from typing import Any

import anyio
import pytest

from tactus.errors import LimitError, ProcedureError, TurnError
from tactus.events import AgentStreamChunkEvent, EventRecord
from tactus.runtime.run import Run
from tactus.runtime.runtime import Runtime
from tactus.settings import Settings
from tests.providers.openai import Answer, openai_server
from tests.providers.script import Thought
from tests.tactus.runtime.conftest import DEMO, RunIt, open_runtime
from tests.tactus.runtime.test_tools import keyed

HEAR = """
a = Agent { model = "openai/gpt-4o-mini" }
local heard = {}
local r = a{message = "hi", on_chunk = function(chunk) heard[#heard + 1] = chunk end}
return { heard = heard, text = r.text, stats = r.stream_stats, reasoning = r.reasoning }
"""


@pytest.mark.parametrize("listen", [True, False])
async def test_chunks_are_heard_in_order_while_they_come(run: RunIt, listen: bool) -> None:
    answer = Answer((Thought("Hm. "), Thought("Yes."), "Once ", "upon ", "a time."), delay=0.02)
    async with openai_server(answer) as server:
        done = await run(HEAR, listen=listen, **keyed(server.base_url))
    assert done.result.error is None
    assert server.requests[0].stream
    value = done.result.value
    assert [chunk["index"] for chunk in value["heard"]] == list(range(1, len(value["heard"]) + 1))
    assert len(value["heard"]) > 2
    joined = {"text": "", "reasoning": ""}
    for chunk in value["heard"]:
        joined[chunk["kind"]] += chunk["text"]
    assert joined == {"text": "Once upon a time.", "reasoning": "Hm. Yes."}
    assert value["text"] == "Once upon a time."
    assert value["reasoning"] == "Hm. Yes."
    stats = value["stats"]
    assert stats["chunks"] == 3
    assert 0 < stats["gap_p50_ms"] <= stats["gap_p99_ms"] <= stats["duration_ms"]


@pytest.mark.parametrize(
    ("declared", "settings"),
    [("disable_streaming = true, ", {}), ("", {"streaming": False})],
)
async def test_the_whole_text_is_heard_at_once_when_a_turn_does_not_stream(
    run: RunIt, declared: str, settings: dict[str, Any]
) -> None:
    text = HEAR.replace("{ model", f"{{ {declared}model")
    async with openai_server(Answer(("Once ", "upon"))) as server:
        done = await run(text, **keyed(server.base_url, **settings))
    assert not server.requests[0].stream
    assert done.result.value["heard"] == [{"kind": "text", "text": "Once upon", "index": 1}]
    assert "stats" not in done.result.value or done.result.value["stats"] is None


async def test_a_slow_listener_holds_nobody_up_and_hears_everything(run: RunIt) -> None:
    text = """
    a = Agent { model = "openai/gpt-4o-mini" }
    other = Agent { provider = "demo", model = "slow" }
    local heard = {}
    a{message = "hi", on_chunk = function(chunk)
        if #heard == 0 then other("Tell a story") end
        heard[#heard + 1] = chunk.text
    end}
    return heard
    """
    pieces = tuple(f"{number} " for number in range(50))
    async with openai_server(Answer(pieces, delay=0.002)) as server:
        demo = {"tokens_per_second": 10_000, "time_to_first_token": 0.05}
        done = await run(text, **keyed(server.base_url, demo=demo))
    assert done.result.error is None
    heard = done.result.value
    assert "".join(heard) == "".join(pieces)
    assert 1 < len(heard) < 25  # what came while the other agent spoke is one
    told = [event for event in done.events if isinstance(event, AgentStreamChunkEvent)]
    first = [event for event in told if event.turn_id == "turn-1"]
    second = [event for event in told if event.turn_id != "turn-1"]
    assert first[-1].accumulated_text == "".join(pieces)
    assert second
    assert told.index(first[-1]) < told.index(second[-1])


async def test_an_error_of_the_listener_ends_the_turn_and_is_raised_with_its_own_line(
    run: RunIt,
) -> None:
    text = """
a = Agent { model = "openai/gpt-4o-mini" }
local function listen(chunk)
    error("enough of " .. chunk.text)
end
local ok, e = pcall(a, {message = "hi", on_chunk = listen})
Log.info("caught", {ok = ok, kind = e.kind, line = e.line, text = tostring(e)})
a{message = "again", on_chunk = listen}
"""
    async with openai_server(Answer(("Once ", "upon"), hold_after=1)) as server:
        with anyio.fail_after(10):
            done = await run(text, **keyed(server.base_url))
        await server.gone.wait()
    log = done.only("log").message
    assert '"kind":"procedure"' in log
    assert '"line":4' in log
    assert "story.lua:4: enough of Once" in log
    error = done.result.error
    assert isinstance(error, ProcedureError)
    assert (error.line, error.message) == (4, "enough of Once ")
    assert done.story.count("agent_turn:stopped") == 2
    assert [step.status for step in done.result.steps] == ["stopped", "stopped"]


async def test_a_failed_turn_is_raised_after_everything_that_came_was_heard(run: RunIt) -> None:
    text = """
    a = Agent { model = "openai/gpt-4o-mini" }
    local heard = ""
    local ok, e = pcall(a, {message = "hi", on_chunk = function(c) heard = heard .. c.text end})
    return { ok = ok, code = e.code, text = e.text, heard = heard }
    """
    async with openai_server(Answer(("Once ", "upon"), cut="eof", cut_after=1)) as server:
        done = await run(text, **keyed(server.base_url))
    assert done.result.value == {
        "ok": False,
        "code": "turn.truncated",
        "text": "Once ",
        "heard": "Once ",
    }


async def test_a_limit_that_the_listener_reaches_ends_the_run(run: RunIt) -> None:
    text = """
    a = Agent { provider = "demo" }
    pcall(a, {message = "hi", on_chunk = function() while true do end end})
    """
    done = await run(text, limits={"instructions": 1_000_000})
    assert isinstance(done.result.error, LimitError)
    assert done.story[-3:] == ["agent_turn:stopped", "error", "run_finished"]


async def test_the_listener_may_call_the_agent_that_it_listens_to(run: RunIt) -> None:
    text = """
    a = Agent { model = "openai/gpt-4o-mini" }
    local inner
    local outer = a{message = "one", on_chunk = function() inner = inner or a("two").text end}
    return { outer.text, inner }
    """
    async with openai_server(Answer(("Once",))) as server:
        with anyio.fail_after(10):
            done = await run(text, **keyed(server.base_url))
    assert done.result.value == ["Once", "Once"]


@pytest.mark.parametrize("options", ["on_chunk = 3", 'on_chunk = "f"', "on_chunk = {}"])
async def test_a_listener_is_a_function(run: RunIt, options: str) -> None:
    done = await run(f'a = Agent {{ provider = "demo" }}\na{{message = "hi", {options}}}')
    assert done.result.error is not None
    assert done.result.error.line == 2
    assert "on_chunk is a function" in done.result.error.message


async def test_a_run_that_is_stopped_ends_its_listener_too(run: RunIt) -> None:
    text = """
    a = Agent { model = "openai/gpt-4o-mini" }
    other = Agent { provider = "demo", model = "silent" }
    a{message = "hi", on_chunk = function() other("hi") end}
    """
    async with openai_server(Answer(("Once ", "upon"), hold_after=1)) as server:
        done = await run(text, **keyed(server.base_url, limits={"timeout": 0.5}))
        await server.gone.wait()
    assert isinstance(done.result.error, LimitError)
    assert done.story.count("agent_turn:stopped") == 2
    assert not isinstance(done.result.error, TurnError)


async def test_listeners_are_forgotten_when_their_turn_has_ended(run: RunIt) -> None:
    text = """
    a = Agent { provider = "demo", model = "echo" }
    for turn = 1, 60 do
        local large = ("x"):rep(500000)
        a{message = "hi", on_chunk = function() return large end}
    end
    return "done"
    """
    done = await run(text, limits={"memory": 8})
    assert done.result.value == "done"


async def test_tools_and_listeners_run_in_worker_threads_too() -> None:
    text = """
    helper = Agent { provider = "demo", model = "echo" }
    ask = Tool {
        input = { what = field.string{} },
        function(args) return helper(args.what).response end,
    }
    a = Agent { provider = "demo", model = "tools", tools = { ask } }
    local heard = ""
    local r = a{message = "ping", on_chunk = function(c)
        heard = heard .. c.text
        helper("pong")
    end}
    return { same = heard == r.text, result = Tool.last_result("ask") }
    """
    settings = Settings.model_validate({"demo": DEMO})
    runtime = Runtime(settings, anyio.CapacityLimiter(2))
    try:
        runs = [
            runtime.prepare(text, f"{n}.lua", {}, handler=lambda _: None, listened=bool(n % 2))
            for n in range(6)
        ]
        results = []
        async with anyio.create_task_group() as tasks:
            for each in runs:

                async def drive(each: Run = each) -> None:
                    results.append(await each.drive())

                tasks.start_soon(drive)
    finally:
        await runtime.aclose()
    assert [result.value for result in results] == [{"same": True, "result": "ping"}] * 6


async def test_a_handler_that_does_not_read_the_text_makes_nothing_stream() -> None:
    records: list[EventRecord] = []
    async with open_runtime() as runtime:
        text = 'a = Agent { provider = "demo" }\nreturn a("hi").text'
        run = runtime.prepare(text, "a.lua", {}, handler=records.append, listened=False)
        result = await run.drive()
    kinds = [record.event.event_type for record in records]
    assert "agent_stream_chunk" not in kinds
    assert kinds.count("cost") == 1
    assert len(result.value) > 10
