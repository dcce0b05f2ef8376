"""`format=llm`: streams of model calls, as `llm.stream.start`, `chunk`, `end` and `error`."""

from collections.abc import Iterable
from typing import Any

from ide_backend.wire import Format, Message
from tactus.events import (
    AgentStreamChunkEvent,
    AgentTurnEvent,
    CostEvent,
    ErrorEvent,
    EventRecord,
)


def messages(record: EventRecord) -> Iterable[Message]:
    """What is sent for `record`; `requestId` names the turn."""
    match record.event:
        case AgentTurnEvent(stage="started") as turn:
            model = f"{turn.provider}/{turn.model}"
            yield _message(record, "start", turn.turn_id, runId=record.run_id, model=model)
        case AgentTurnEvent(stage="stopped") as turn:
            yield _message(record, "error", turn.turn_id, error="the turn was stopped")
        case AgentStreamChunkEvent() as chunk:
            yield _chunk(record, chunk.turn_id, chunk.chunk_text, chunk.index)
        case CostEvent() as cost:
            if cost.total_chunks is None and cost.response:  # it was not streamed
                yield _chunk(record, cost.turn_id, cost.response, 0)
            yield _message(
                record,
                "end",
                cost.turn_id,
                totalChunks=1 if cost.total_chunks is None else cost.total_chunks,
                tokensUsed=cost.total_tokens,
                finishReason="length" if cost.finish_reason == "length" else "stop",
            )
        case ErrorEvent() as error:
            yield _message(record, "error", error.turn_id, runId=record.run_id, error=error.message)


def _chunk(record: EventRecord, turn_id: str, text: str, index: int) -> Message:
    return _message(record, "chunk", turn_id, chunk=text, index=index)


def _message(record: EventRecord, kind: str, turn_id: str | None, **fields: Any) -> Message:
    data: dict[str, Any] = {"requestId": f"{record.run_id}/{turn_id}" if turn_id else None}
    if record.goal_id is not None:
        data["goalId"] = record.goal_id
    data |= {**fields, "timestamp": record.timestamp}
    return Message({"type": "event", "event": f"llm.stream.{kind}", "data": data})


LLM = Format("llm", messages)
