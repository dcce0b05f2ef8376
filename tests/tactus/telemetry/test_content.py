"""Nothing that was said leaves in telemetry unless the settings say so."""

import pytest

from tactus.events import AgentReasoningChunkEvent, ErrorEvent, LogEvent, ToolCallEvent
from tactus.runtime.runtime import Runtime
from tests.tactus.runtime.conftest import open_runtime
from tests.tactus.telemetry.conftest import Told, chunk, cost, finished, started, turn

TEXT = """
teller = Agent { model = "demo/echo", system_prompt = "canary-system" }
input { topic = field.string {} }
Log.info("canary-log")
local said = teller("canary-prompt " .. input.topic).response
if input.topic == "canary-fails" then error("canary-error: " .. said) end
return { said = said, more = "canary-result" }
"""


async def drive(runtime: Runtime, told: Told, topic: str) -> None:
    run = runtime.prepare(TEXT, "story.lua", {"topic": topic}, handler=told.handler())
    await run.drive()


@pytest.mark.parametrize("topic", ["canary-param", "canary-fails"])
async def test_a_run_says_nothing_of_its_content(told: Told, topic: str) -> None:
    async with open_runtime() as runtime:
        await drive(runtime, told, topic)
    assert len(told.spans) == 2
    assert "canary" not in told.everything()


async def test_a_run_tells_its_content_when_it_is_asked_to() -> None:
    told = Told(content=True)
    async with open_runtime() as runtime:
        await drive(runtime, told, "canary-param")
        await drive(runtime, told, "canary-fails")
    text = told.everything()
    assert {
        word for word in ("param", "prompt", "result", "error") if f"canary-{word}" in text
    } == {
        "param",
        "prompt",
        "result",
        "error",
    }
    assert "canary-log" not in text
    assert "traceback" not in text


def _with_tools(told: Told) -> str:
    tool = {"turn_id": "turn-1", "tool_name": "look"}
    thought = AgentReasoningChunkEvent(turn_id="turn-1", agent_name="x", chunk_text="canary-think")
    error = ErrorEvent(
        code="turn.refused",
        message="it refused: canary-refusal",
        excerpt="canary-excerpt",
        traceback="canary-traceback",
        turn_id="turn-1",
    )
    told.tell(
        (0, started(params={"secret": "canary-param"})),
        (1, turn("started")),
        (1, thought),
        (1, ToolCallEvent(call_id="1", stage="started", arguments={"a": "canary-args"}, **tool)),
        (1, ToolCallEvent(call_id="1", stage="completed", result=["canary-result"], **tool)),
        (1, ToolCallEvent(call_id="2", stage="started", **tool)),
        (1, ToolCallEvent(call_id="2", stage="failed", error="canary-failure", **tool)),
        (1, LogEvent(level="info", message="canary-log")),
        (2, chunk("canary-chunk")),
        (3, cost(response="canary-response", stage="refused")),
        (3, turn("refused")),
        (3, error),
        (4, finished("failed", result="canary-value")),
    )
    assert len(told.spans) == 4
    return told.everything()


def test_tools_and_refusals_say_nothing_of_their_content(told: Told) -> None:
    assert "canary" not in _with_tools(told)


def test_tools_and_refusals_tell_their_content_when_they_are_asked_to() -> None:
    text = _with_tools(Told(content=True))
    told = ["param", "args", "result", "failure", "response", "refusal", "value"]
    assert [word for word in told if f"canary-{word}" not in text] == []
    silent = ["traceback", "excerpt", "log", "think"]
    assert [word for word in silent if f"canary-{word}" in text] == []
