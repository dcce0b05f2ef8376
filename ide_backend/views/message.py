"""`format=message`: each turn is a chat message, which is new, streams, and is updated at last."""

from collections.abc import Iterable
from typing import Any

from ide_backend.wire import Format, Message
from tactus.events import AgentStreamChunkEvent, AgentTurnEvent, CostEvent, ErrorEvent, EventRecord


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
            yield _stream(record, chunk.turn_id, chunk.chunk_text)
        case CostEvent() as cost:
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
            yield _stream(record, turn_id, "", final=True, error=error.message)


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
    return Message({"event": event, "data": data})


MESSAGE = Format("message", messages)
