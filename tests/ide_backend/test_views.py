"""The other formats, message by message, for one run that goes well and one that does not."""

from typing import Any

import pytest

from ide_backend.views.agui import AGUI
from ide_backend.views.cloudevents import CLOUDEVENTS
from ide_backend.views.formats import FORMATS
from ide_backend.views.llm import LLM
from ide_backend.views.message import MESSAGE
from ide_backend.views.text import TEXT
from ide_backend.views.vercel import VERCEL
from ide_backend.wire import Format, Raw
from tactus.events import ErrorEvent, EventRecord, RunFinishedEvent, Totals
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
    assert kinds[-5:] == ["text-end", "finish-step", "error", "abort", "[DONE]"]
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
