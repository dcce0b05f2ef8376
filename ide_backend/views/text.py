"""`format=text`: each piece of text as a JSON string, and `[DONE]` when the run completed."""

from collections.abc import Iterable

from ide_backend.views.fit import brief, pieces
from ide_backend.wire import Format, Message, Raw
from tactus.events import (
    AgentStreamChunkEvent,
    CostEvent,
    ErrorEvent,
    EventRecord,
    RunFinishedEvent,
)


def messages(record: EventRecord) -> Iterable[Message]:
    """What is sent for `record`; a failure is an event named `error`, and then no `[DONE]` comes.

    A browser's EventSource tells of it through `onerror`.
    """
    match record.event:
        case AgentStreamChunkEvent() as chunk:
            for piece in pieces(chunk.chunk_text):
                yield Message(piece)
        case CostEvent(total_chunks=None) as cost:  # it was not streamed
            for piece in pieces(cost.response):
                yield Message(piece)
        case ErrorEvent(turn_id=None) as error:
            yield Message({"code": error.code, "message": brief(error.message)}, event="error")
        case RunFinishedEvent(status="completed"):
            yield Message(Raw("[DONE]"))
        case RunFinishedEvent() as finished:
            yield Message({"code": finished.status, "message": "the run ended"}, event="error")


TEXT = Format("text", messages)
