"""`format=llm`: streams of model calls, as `llm.stream.start`, `chunk`, `end` and `error`."""

from collections.abc import Iterable
from typing import Any

from ide_backend.views.fit import brief, pieces
from ide_backend.wire import Format, Message
from tactus.events import (
    AgentStreamChunkEvent,
    AgentTurnEvent,
    CostEvent,
    ErrorEvent,
    EventRecord,
    StepRestartedEvent,
)


def messages(record: EventRecord) -> Iterable[Message]:
    """What is sent for `record`; `requestId` names the turn, which may start again, anew."""
    match record.event:
        case AgentTurnEvent(stage="started") | StepRestartedEvent(kept_length=0) as turn:
            model = f"{turn.provider}/{turn.model}"
            yield _message(record, "start", turn.turn_id, runId=record.run_id, model=model)
        case AgentTurnEvent(stage="stopped") as turn:
            yield _message(record, "error", turn.turn_id, error="the turn was stopped")
        case AgentStreamChunkEvent() as chunk:
            for piece in pieces(chunk.chunk_text):
                yield _chunk(record, chunk.turn_id, piece, chunk.index)
        case CostEvent() as cost:
            whole = [] if cost.total_chunks is not None else list(pieces(cost.response))
            for index, piece in enumerate(whole):  # it was not streamed
                yield _chunk(record, cost.turn_id, piece, index)
            if cost.stage == "completed":
                yield _message(
                    record,
                    "end",
                    cost.turn_id,
                    totalChunks=len(whole) if cost.total_chunks is None else cost.total_chunks,
                    tokensUsed=cost.total_tokens,
                    finishReason="length" if cost.finish_reason == "length" else "stop",
                )
        case ErrorEvent() as error:
            message = brief(error.message)
            yield _message(record, "error", error.turn_id, runId=record.run_id, error=message)


def _chunk(record: EventRecord, turn_id: str, text: str, index: int) -> Message:
    return _message(record, "chunk", turn_id, chunk=text, index=index)


def _message(record: EventRecord, kind: str, turn_id: str | None, **fields: Any) -> Message:
    data: dict[str, Any] = {"requestId": f"{record.run_id}/{turn_id}" if turn_id else None}
    if record.goal_id is not None:
        data["goalId"] = record.goal_id
    data |= {**fields, "timestamp": record.timestamp}
    return Message({"type": "event", "event": f"llm.stream.{kind}", "data": data})


LLM = Format("llm", messages)
