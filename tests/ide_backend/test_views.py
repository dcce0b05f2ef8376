"""The other formats, message by message, for one run that goes well and one that does not."""

from typing import Any

import orjson
import pytest
from ag_ui.core import Event as AGUIEvent
from pydantic import TypeAdapter

from ide_backend.views.agui import AGUI
from ide_backend.views.cloudevents import CLOUDEVENTS
from ide_backend.views.formats import FORMATS
from ide_backend.views.llm import LLM
from ide_backend.views.message import MESSAGE
from ide_backend.views.text import TEXT
from ide_backend.views.vercel import VERCEL
from ide_backend.wire import Format, Raw
from tactus.events import (
    AgentReasoningChunkEvent,
    ErrorEvent,
    Event,
    EventRecord,
    LogEvent,
    RunFinishedEvent,
    StepRestartedEvent,
    ToolCallEvent,
    Totals,
    ValidationEvent,
)
from tests.ide_backend.agui_order import in_order
from tests.tactus.store.story import Story


def good() -> list[EventRecord]:
    return list(Story().whole(["Once ", "upon"]))


def bad() -> list[EventRecord]:
    story = Story()
    error = ErrorEvent(code="turn.timeout", message="nothing came for 60 s", turn_id="turn-1")
    records = [story.started(), story.turn(), story.chunk("Once "), story.turn("failed")]
    ended = RunFinishedEvent(status="failed", totals=Totals())
    return [*records, story.record(error), story.record(ended)]


def stopped() -> list[EventRecord]:
    story = Story()
    ended = RunFinishedEvent(status="stopped", totals=Totals())
    return [story.started(), story.turn(), story.turn("stopped"), story.record(ended)]


def busy(long: str = "") -> list[EventRecord]:
    """A run with an event of every kind, which fails outside of its turn."""
    story = Story()
    call = ToolCallEvent(
        turn_id="turn-1",
        call_id="1",
        stage="started",
        tool_name="look",
        arguments={"at": f"the sky{long}"},
    )
    failed = call.model_copy(update={"call_id": "2", "stage": "failed", "error": f"night{long}"})
    done = call.model_copy(update={"stage": "completed", "result": {"seen": [1, long]}})
    inner: list[Event] = [
        AgentReasoningChunkEvent(turn_id="turn-1", agent_name="teller", chunk_text=f"hm{long}"),
        call,
        call.model_copy(update={"call_id": "2"}),
        failed,
        done,
        ValidationEvent(ok=False, errors=(f"too short{long}",), turn_id="turn-1"),
    ]
    again = StepRestartedEvent(
        turn_id="turn-1", attempt=2, reason="retry", provider="demo", model="demo"
    )
    outer: list[Event] = [
        LogEvent(level="warn", message=f"look out{long}"),
        ErrorEvent(code="lua", message=f"it broke{long}", line=3),
        RunFinishedEvent(status="failed", totals=Totals()),
    ]
    return [
        story.started(),
        story.turn(),
        story.record(again),
        story.chunk(f"Once {long}"),
        *(story.record(event) for event in inner),
        story.chunk("upon"),
        story.cost(),
        story.turn("completed"),
        *(story.record(event) for event in outer),
    ]


def told(form: Format, records: list[EventRecord]) -> list[Any]:
    messages = [message for record in records for message in form.messages(record)]
    return [
        message.data.text if isinstance(message.data, Raw) else message.data for message in messages
    ]


def llm(kind: str, timestamp: int, **data: Any) -> dict[str, Any]:
    data = {"requestId": "r1/turn-1", **data, "timestamp": timestamp}
    return {"type": "event", "event": f"llm.stream.{kind}", "data": data}


def test_llm_starts_chunks_and_ends_each_call() -> None:
    assert told(LLM, good()) == [
        llm("start", 1020, runId="r1", model="demo/demo"),
        llm("chunk", 1030, chunk="Once ", index=0),
        llm("chunk", 1040, chunk="upon", index=1),
        llm("end", 1050, totalChunks=2, tokensUsed=11, finishReason="stop"),
    ]
    assert told(LLM, bad())[2:] == [
        llm("error", 1050, runId="r1", error="nothing came for 60 s"),
    ]
    assert told(LLM, stopped())[1:] == [llm("error", 1030, error="the turn was stopped")]


def test_llm_is_routed_by_goal() -> None:
    record = good()[1].model_copy(update={"goal_id": "g1"})
    assert told(LLM, [record])[0]["data"]["goalId"] == "g1"


def test_message_makes_a_placeholder_streams_and_updates_it() -> None:
    stream = {"message_id": "r1/turn-1", "is_final": False, "metadata": {}}
    assert told(MESSAGE, good()) == [
        {
            "event": "message_new",
            "data": {
                "id": "r1/turn-1",
                "author_name": "teller",
                "content": "",
                "metadata": {"streaming": True, "model": "demo/demo"},
            },
        },
        {"event": "message_stream", "data": {**stream, "chunk": "Once "}},
        {"event": "message_stream", "data": {**stream, "chunk": "upon"}},
        {"event": "message_stream", "data": {**stream, "chunk": "", "is_final": True}},
        {
            "event": "message_update",
            "data": {
                "id": "r1/turn-1",
                "author_name": "teller",
                "content": "Once upon",
                "metadata": {"streaming": False, "tokens": 11, "cost": 0.5, "duration_ms": 900.0},
            },
        },
    ]
    last = told(MESSAGE, bad())[-1]["data"]
    assert (last["is_final"], last["metadata"]) == (True, {"error": "nothing came for 60 s"})


def test_text_is_the_pieces_and_done_only_when_all_is_well() -> None:
    assert told(TEXT, good()) == ["Once ", "upon", "[DONE]"]
    assert TEXT.parts(good()[-1]) == (b"data: [DONE]\n\n",)
    assert "[DONE]" not in told(TEXT, bad())
    assert TEXT.parts(bad()[-1])[0].startswith(b"event: error\ndata: {")
    assert TEXT.parts(good()[2]) == (b'data: "Once "\n\n',)


def test_vercel_is_one_message_of_steps() -> None:
    kinds = [one if isinstance(one, str) else one["type"] for one in told(VERCEL, good())]
    assert kinds == [
        "start", "start-step", "text-start", "text-delta", "text-delta",
        "data-cost", "text-end", "finish-step", "finish", "[DONE]",
    ]  # fmt: skip
    assert told(VERCEL, good())[3] == {"type": "text-delta", "id": "turn-1", "delta": "Once "}
    kinds = [one if isinstance(one, str) else one["type"] for one in told(VERCEL, bad())]
    assert kinds[-6:] == ["text-end", "finish-step", "data-error", "error", "finish", "[DONE]"]
    assert told(VERCEL, stopped())[-2] == {"type": "abort", "reason": "the run was stopped"}
    assert dict(VERCEL.headers) == {"x-vercel-ai-ui-message-stream": "v1"}


def test_agui_opens_and_closes_what_it_began() -> None:
    assert [one["type"] for one in told(AGUI, good())] == [
        "RUN_STARTED", "STEP_STARTED", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT",
        "TEXT_MESSAGE_CONTENT", "CUSTOM", "TEXT_MESSAGE_END", "STEP_FINISHED", "RUN_FINISHED",
    ]  # fmt: skip
    first, last = told(AGUI, good())[0], told(AGUI, good())[-1]
    assert (first["threadId"], first["runId"]) == ("r1", "r1")
    assert (last["result"], last["outcome"]) == ({"story": "…"}, {"type": "success"})
    kinds = [one["type"] for one in told(AGUI, bad())]
    assert kinds[-4:] == ["TEXT_MESSAGE_END", "STEP_FINISHED", "CUSTOM", "RUN_ERROR"]
    assert told(AGUI, stopped())[-1]["outcome"] == {"type": "cancelled"}


def test_cloudevents_wraps_every_event() -> None:
    wrapped = told(CLOUDEVENTS, good())
    assert len(wrapped) == len(good())
    assert wrapped[2] == {
        "specversion": "1.0",
        "id": "r1/3",
        "source": "/tactus/runs/r1",
        "type": "dev.tactus.agent_stream_chunk",
        "time": "1970-01-01T00:00:01.030Z",
        "datacontenttype": "application/json",
        "data": good()[2].flat(),
    }


@pytest.mark.parametrize("name", ["llm", "message", "text", "agui", "vercel"])
def test_a_turn_that_was_not_streamed_has_its_text_all_the_same(name: str) -> None:
    story = Story()
    cost = story.cost()
    event = cost.event.model_copy(update={"total_chunks": None, "response": "All at once"})
    parts = FORMATS[name].parts(cost.model_copy(update={"event": event}))
    assert b"All at once" in b"".join(parts)


@pytest.mark.parametrize("records", [good(), bad(), stopped(), busy(), busy("🌧" * 20_000)])
def test_agui_has_only_events_of_the_protocol_each_in_its_place(records: list[EventRecord]) -> None:
    events: list[Any] = [TypeAdapter(AGUIEvent).validate_python(one) for one in told(AGUI, records)]
    assert all(not event.model_extra for event in events)
    (text,) = in_order(events)
    assert text.startswith("Once ") or not text


def test_agui_tells_tool_calls_in_its_own_words() -> None:
    tools = [one for one in told(AGUI, busy()) if one["type"].startswith("TOOL_CALL")]
    assert [one["type"] for one in tools] == [
        *["TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END"] * 2,
        *["TOOL_CALL_RESULT"] * 2,
    ]
    assert tools[0]["parentMessageId"] == "r1/turn-1"
    assert [(one["toolCallId"], one["content"]) for one in tools[-2:]] == [
        ("r1/turn-1/2", "night"),
        ("r1/turn-1/1", '{"seen":[1,""]}'),
    ]


def test_vercel_takes_a_torn_step_back_and_tells_tool_calls() -> None:
    kinds = [one if isinstance(one, str) else one["type"] for one in told(VERCEL, busy())]
    assert kinds == [
        "start", "start-step", "text-start", "reset-step", "text-start", "text-delta",
        "data-agent_reasoning_chunk", "tool-input-available", "tool-input-available",
        "tool-output-error", "tool-output-available", "data-validation", "text-delta", "data-cost",
        "text-end", "finish-step", "data-log", "error", "error", "finish", "[DONE]",
    ]  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_long_comes_in_pieces_and_no_text_is_lost(name: str) -> None:
    story = Story()
    cost = story.cost()
    words = "é\r\n🌧 " * 30_000
    event = cost.event.model_copy(update={"total_chunks": None, "response": words})
    whole = [*busy(words), cost.model_copy(update={"event": event})]
    parts = [part for record in whole for part in FORMATS[name].parts(record)]
    assert all(len(part) < 65_536 for part in parts)
    data = [part.partition(b"data: ")[2] for part in parts]
    read = [orjson.loads(one) for one in data if one != b"[DONE]\n\n"]
    text = "".join(filter(None, map(piece_of, read)))
    if name != "cloudevents":
        assert text == f"Once {words}upon{words}"


def piece_of(message: Any) -> str | None:
    """The text that a message of any of the formats carries for its reader to append."""
    if isinstance(message, str):
        return message
    inner = message.get("data") or {}
    if message.get("type") in ("TEXT_MESSAGE_CONTENT", "text-delta"):
        return str(message["delta"])
    if message.get("event") == "message_stream" or message.get("event") == "llm.stream.chunk":
        return str(inner["chunk"])
    return None
