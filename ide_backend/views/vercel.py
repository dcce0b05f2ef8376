"""`format=vercel`: the UI message stream of the AI SDK, version 1."""

from collections.abc import Iterable
from typing import Any

from ide_backend.views.fit import brief, fitted, pieces
from ide_backend.wire import Format, Message, Raw
from tactus.events import (
    AgentStreamChunkEvent,
    AgentTurnEvent,
    CostEvent,
    ErrorEvent,
    Event,
    EventRecord,
    RunFinishedEvent,
    RunStartedEvent,
    StepRestartedEvent,
    ToolCallEvent,
)


def messages(record: EventRecord) -> Iterable[Message]:
    """What is sent for `record`; a run is one message, a turn is a step of it.

    Its readers stop at the first `error`. So there is one when the run has failed, and what failed
    within a turn, which the procedure may have caught, is a part `data-error`.
    """
    match record.event:
        case AgentStreamChunkEvent() as chunk:
            yield from _text(chunk.turn_id, chunk.chunk_text)
        case AgentTurnEvent() | StepRestartedEvent() as turn:
            yield from _turn(turn)
        case CostEvent() as cost:
            if cost.total_chunks is None:  # it was not streamed
                yield from _text(cost.turn_id, cost.response)
            yield _data("cost", cost, id=cost.turn_id)
        case ToolCallEvent() as call:
            yield _tool(call)
        case ErrorEvent(turn_id=None) as error:
            yield _message("error", errorText=brief(error.message))
        case ErrorEvent() as error:
            yield _data("error", error, id=error.turn_id)
        case RunStartedEvent():
            yield _message("start", messageId=record.run_id)
        case RunFinishedEvent() as finished:
            yield from _end(finished)
        case other:
            yield _data(other.event_type, other, transient=True)


def _turn(turn: AgentTurnEvent | StepRestartedEvent) -> Iterable[Message]:
    if isinstance(turn, AgentTurnEvent) and turn.stage != "started":
        yield _message("text-end", id=turn.turn_id)
        yield _message("finish-step")
    elif isinstance(turn, AgentTurnEvent) or not turn.kept_length:
        yield _message("start-step" if isinstance(turn, AgentTurnEvent) else "reset-step")
        yield _message("text-start", id=turn.turn_id)


def _text(turn_id: str, text: str) -> Iterable[Message]:
    for piece in pieces(text):
        yield _message("text-delta", id=turn_id, delta=piece)


def _tool(call: ToolCallEvent) -> Message:
    identity = f"{call.turn_id}/{call.call_id}"
    if call.stage == "started":
        return _message(
            "tool-input-available",
            toolCallId=identity,
            toolName=call.tool_name,
            input=fitted(call.arguments),
            dynamic=True,
            providerExecuted=True,  # here: the reader has nothing to do
        )
    if call.stage == "failed":
        text = brief(call.error or "the tool failed")
        return _message("tool-output-error", toolCallId=identity, errorText=text, dynamic=True)
    output = fitted({"output": call.result}).get("output")
    return _message("tool-output-available", toolCallId=identity, output=output, dynamic=True)


def _end(finished: RunFinishedEvent) -> Iterable[Message]:
    if finished.status == "completed":
        yield _message("finish", finishReason="stop")
    elif finished.status == "stopped":
        yield _message("abort", reason="the run was stopped")
    else:
        why = "the run failed" if finished.status == "failed" else "the run was interrupted"
        yield _message("error", errorText=why)
        yield _message("finish", finishReason="error")
    yield Message(Raw("[DONE]"))


def _data(kind: str, event: Event, **fields: Any) -> Message:
    data = event.model_dump(mode="json", exclude={"event_type", "response"})
    return _message(f"data-{kind}", **fields, data=fitted(data))


def _message(kind: str, **fields: Any) -> Message:
    return Message({"type": kind, **fields})


VERCEL = Format("vercel", messages, headers=(("x-vercel-ai-ui-message-stream", "v1"),))
