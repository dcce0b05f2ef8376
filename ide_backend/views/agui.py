"""`format=agui`: the events of the Agent User Interaction protocol."""

from collections.abc import Iterable
from typing import Any

from ide_backend.views.fit import brief, fitted, pieces
from ide_backend.wire import Format, Message
from tactus.events import (
    AgentReasoningChunkEvent,
    AgentStreamChunkEvent,
    AgentTurnEvent,
    CostEvent,
    Event,
    EventRecord,
    RunFinishedEvent,
    RunStartedEvent,
    ToolCallEvent,
)
from tactus.store.rows import to_json


def messages(record: EventRecord) -> Iterable[Message]:
    """What is sent for `record`; events that the protocol has no word for are CUSTOM."""
    match record.event:
        case RunStartedEvent():
            yield _message(record, "RUN_STARTED", **_run(record), protocolVersion="1.0")
        case AgentTurnEvent() as turn:
            yield from _turn(record, turn)
        case AgentStreamChunkEvent() as chunk:
            yield from _text(record, chunk.turn_id, chunk.chunk_text)
        case AgentReasoningChunkEvent() as chunk:
            identity = f"{_identity(record, chunk.turn_id)}/reasoning"
            for piece in pieces(chunk.chunk_text):
                yield _message(record, "REASONING_MESSAGE_CHUNK", messageId=identity, delta=piece)
        case CostEvent() as cost:
            if cost.total_chunks is None:  # it was not streamed
                yield from _text(record, cost.turn_id, cost.response)
            yield _custom(record, cost)
        case ToolCallEvent() as call:
            yield from _tool(record, call)
        case RunFinishedEvent() as finished:
            yield _end(record, finished)
        case other:
            yield _custom(record, other)


def _turn(record: EventRecord, turn: AgentTurnEvent) -> Iterable[Message]:
    identity = _identity(record, turn.turn_id)
    if turn.stage == "started":
        yield _message(record, "STEP_STARTED", stepName=turn.turn_id)
        yield _message(
            record,
            "TEXT_MESSAGE_START",
            messageId=identity,
            role="assistant",
            name=turn.agent_name,
        )
    else:
        yield _message(record, "TEXT_MESSAGE_END", messageId=identity)
        yield _message(record, "STEP_FINISHED", stepName=turn.turn_id)


def _text(record: EventRecord, turn_id: str, text: str) -> Iterable[Message]:
    for piece in pieces(text):
        identity = _identity(record, turn_id)
        yield _message(record, "TEXT_MESSAGE_CONTENT", messageId=identity, delta=piece)


def _tool(record: EventRecord, call: ToolCallEvent) -> Iterable[Message]:
    message = _identity(record, call.turn_id)
    identity = f"{message}/{call.call_id}"
    if call.stage == "started":
        yield _message(
            record,
            "TOOL_CALL_START",
            toolCallId=identity,
            toolCallName=call.tool_name,
            parentMessageId=message,
        )
        for piece in pieces(to_json(call.arguments)):
            yield _message(record, "TOOL_CALL_ARGS", toolCallId=identity, delta=piece)
        yield _message(record, "TOOL_CALL_END", toolCallId=identity)
        return
    told = call.result if call.error is None else call.error
    yield _message(
        record,
        "TOOL_CALL_RESULT",
        messageId=f"{identity}/result",
        toolCallId=identity,
        role="tool",
        content=brief(told if isinstance(told, str) else to_json(told)),
    )


def _end(record: EventRecord, finished: RunFinishedEvent) -> Message:
    if finished.status in ("failed", "interrupted"):
        message = f"the run {'failed' if finished.status == 'failed' else 'was interrupted'}"
        return _message(record, "RUN_ERROR", message=message, code=finished.status)
    completed = finished.status == "completed"
    outcome = {"type": "success" if completed else "cancelled"}
    result = {} if finished.result is None else {"result": finished.result}
    return _message(record, "RUN_FINISHED", **_run(record), **result, outcome=outcome)


def _custom(record: EventRecord, event: Event) -> Message:
    value = event.model_dump(mode="json", exclude={"event_type", "response"}, exclude_none=True)
    return _message(record, "CUSTOM", name=f"tactus.{event.event_type}", value=fitted(value))


def _run(record: EventRecord) -> dict[str, str]:
    return {"threadId": record.goal_id or record.run_id, "runId": record.run_id}


def _identity(record: EventRecord, turn_id: str) -> str:
    return f"{record.run_id}/{turn_id}"


def _message(record: EventRecord, kind: str, **fields: Any) -> Message:
    return Message({"type": kind, "timestamp": record.timestamp, **fields})


AGUI = Format("agui", messages)
