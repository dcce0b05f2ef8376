"""`format=message`: each turn is a chat message, which is new, streams, and is updated at last."""

from collections.abc import Iterable
from typing import Any

from ide_backend.views.fit import brief, fitted, pieces
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
    """What is sent for `record`."""
    match record.event:
        case AgentTurnEvent(stage="started") as turn:
            metadata = {"streaming": turn.streaming, "model": f"{turn.provider}/{turn.model}"}
            yield _message(
                "message_new",
                id=_identity(record, turn.turn_id),
                author_name=turn.agent_name,
                content="",
                metadata=metadata,
            )
        case AgentTurnEvent(stage="stopped") as turn:
            yield _stream(record, turn.turn_id, "", final=True, error="the turn was stopped")
        case AgentStreamChunkEvent() as chunk:
            for piece in pieces(chunk.chunk_text):
                yield _stream(record, chunk.turn_id, piece)
        case StepRestartedEvent(kept_length=0) as step:  # what was told is void
            yield _message(
                "message_update",
                id=_identity(record, step.turn_id),
                content="",
                metadata={"streaming": True, "model": f"{step.provider}/{step.model}"},
            )
        case CostEvent(stage="completed") as cost:
            whole = cost.response if cost.total_chunks is None else ""  # it was not streamed
            for piece in pieces(whole):
                yield _stream(record, cost.turn_id, piece)
            yield _stream(record, cost.turn_id, "", final=True)
            yield _message(
                "message_update",
                id=_identity(record, cost.turn_id),
                author_name=cost.agent_name,
                content=cost.response,
                metadata={
                    "streaming": False,
                    "tokens": cost.total_tokens,
                    "cost": cost.total_cost,
                    "duration_ms": cost.duration_ms,
                },
            )
        case ErrorEvent(turn_id=str(turn_id)) as error:
            yield _stream(record, turn_id, "", final=True, error=brief(error.message))


def _stream(
    record: EventRecord, turn_id: str, chunk: str, *, final: bool = False, error: str | None = None
) -> Message:
    return _message(
        "message_stream",
        message_id=_identity(record, turn_id),
        chunk=chunk,
        is_final=final,
        metadata={} if error is None else {"error": error},
    )


def _identity(record: EventRecord, turn_id: str) -> str:
    return f"{record.run_id}/{turn_id}"


def _message(event: str, **data: Any) -> Message:
    return Message({"event": event, "data": fitted(data)})


MESSAGE = Format("message", messages)
