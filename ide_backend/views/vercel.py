"""`format=vercel`: the UI message stream of the AI SDK, version 1."""

from collections.abc import Iterable
from typing import Any

from ide_backend.wire import Format, Message, Raw
from tactus.events import (
    AgentStreamChunkEvent,
    AgentTurnEvent,
    CostEvent,
    ErrorEvent,
    EventRecord,
    RunFinishedEvent,
    RunStartedEvent,
)


def messages(record: EventRecord) -> Iterable[Message]:
    """What is sent for `record`; a run is one message, a turn is a step of it."""
    match record.event:
        case RunStartedEvent():
            yield _message("start", messageId=record.run_id)
        case AgentTurnEvent(stage="started") as turn:
            yield _message("start-step")
            yield _message("text-start", id=turn.turn_id)
        case AgentStreamChunkEvent() as chunk:
            yield _message("text-delta", id=chunk.turn_id, delta=chunk.chunk_text)
        case CostEvent() as cost:
            if cost.total_chunks is None and cost.response:  # it was not streamed
                yield _message("text-delta", id=cost.turn_id, delta=cost.response)
            figures = cost.model_dump(mode="json", exclude={"response", "event_type"})
            yield _message("data-cost", id=cost.turn_id, data=figures)
        case AgentTurnEvent() as turn:
            yield _message("text-end", id=turn.turn_id)
            yield _message("finish-step")
        case ErrorEvent() as error:
            yield _message("error", errorText=error.message)
        case RunFinishedEvent(status="completed"):
            yield _message("finish")
            yield Message(Raw("[DONE]"))
        case RunFinishedEvent():
            yield _message("abort")
            yield Message(Raw("[DONE]"))


def _message(kind: str, **fields: Any) -> Message:
    return Message({"type": kind, **fields})


VERCEL = Format("vercel", messages, headers=(("x-vercel-ai-ui-message-stream", "v1"),))
