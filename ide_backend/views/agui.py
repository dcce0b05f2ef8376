"""`format=agui`: the events of the Agent User Interaction protocol."""

from collections.abc import Iterable
from typing import Any

from ide_backend.wire import Format, Message
from tactus.events import (
    AgentStreamChunkEvent,
    AgentTurnEvent,
    CostEvent,
    EventRecord,
    RunFinishedEvent,
    RunStartedEvent,
)


def messages(record: EventRecord) -> Iterable[Message]:
    """What is sent for `record`; events that the protocol has no word for are CUSTOM."""
    thread = record.goal_id or record.run_id
    match record.event:
        case RunStartedEvent():
            yield _message(
                record,
                "RUN_STARTED",
                threadId=thread,
                runId=record.run_id,
                protocolVersion="1.0",
            )
        case AgentTurnEvent(stage="started") as turn:
            yield _message(record, "STEP_STARTED", stepName=turn.turn_id)
            yield _message(
                record,
                "TEXT_MESSAGE_START",
                messageId=_identity(record, turn.turn_id),
                role="assistant",
                name=turn.agent_name,
            )
        case AgentStreamChunkEvent() as chunk:
            yield _text(record, chunk.turn_id, chunk.chunk_text)
        case CostEvent() as cost:
            if cost.total_chunks is None and cost.response:  # it was not streamed
                yield _text(record, cost.turn_id, cost.response)
            figures = cost.model_dump(mode="json", exclude={"response", "event_type"})
            yield _message(record, "CUSTOM", name="tactus.cost", value=figures)
        case AgentTurnEvent() as turn:
            identity = _identity(record, turn.turn_id)
            yield _message(record, "TEXT_MESSAGE_END", messageId=identity)
            yield _message(record, "STEP_FINISHED", stepName=turn.turn_id)
        case RunFinishedEvent(status="failed" | "interrupted") as finished:
            message = f"the run {'failed' if finished.status == 'failed' else 'was interrupted'}"
            yield _message(record, "RUN_ERROR", message=message, code=finished.status)
        case RunFinishedEvent() as finished:
            completed = finished.status == "completed"
            yield _message(
                record,
                "RUN_FINISHED",
                threadId=thread,
                runId=record.run_id,
                result=finished.result,
                outcome={"type": "success" if completed else "cancelled"},
            )
        case other:
            value = other.model_dump(mode="json", exclude={"event_type"}, exclude_none=True)
            yield _message(record, "CUSTOM", name=f"tactus.{other.event_type}", value=value)


def _text(record: EventRecord, turn_id: str, text: str) -> Message:
    identity = _identity(record, turn_id)
    return _message(record, "TEXT_MESSAGE_CONTENT", messageId=identity, delta=text)


def _identity(record: EventRecord, turn_id: str) -> str:
    return f"{record.run_id}/{turn_id}"


def _message(record: EventRecord, kind: str, **fields: Any) -> Message:
    return Message({"type": kind, "timestamp": record.timestamp, **fields})


AGUI = Format("agui", messages)
