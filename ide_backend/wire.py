"""Server-sent events as bytes: one `data:` line each, and each under 64 KiB."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from tactus.events import AgentStreamChunkEvent, EventRecord
from tactus.store.rows import to_json

MOST_BYTES = 60_000  # of one event's data; readers of lines give up at 64 KiB

HEARTBEAT = b'data: {"event_type":"heartbeat"}\n\n'

Pace = Literal["both", "delta"]
PACES: tuple[Pace, ...] = ("both", "delta")


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event: JSON-ready data, or text that is sent as it stands."""

    data: Any
    event: str | None = None  # its name, where a format asks for one

    def part(self) -> bytes:
        """As bytes, without an id."""
        raw = isinstance(self.data, Raw)
        data = self.data.text.encode() if raw else abridged(self.data)
        named = b"event: %b\n" % self.event.encode() if self.event else b""
        return b"%bdata: %b\n\n" % (named, data)


@dataclass(frozen=True, slots=True)
class Raw:
    """Text that is no JSON, as `[DONE]`."""

    text: str


@dataclass(frozen=True, slots=True)
class Format:
    """A way to tell the events of a run.

    Attributes:
        name: what the address calls it.
        messages: what is sent for a record; a pure function.
        pace: how chunks are merged: under the byte budget of `both` texts, or for `delta`.
        headers: what the answer says beside the usual.
    """

    name: str
    messages: Callable[[EventRecord], Iterable[Message]]
    pace: Pace = "delta"
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def own(self) -> bool:
        """Whether our own events are sent, among which a heartbeat and a snapshot may stand."""
        return self.name in ("both", "delta")

    @property
    def heartbeat(self) -> bytes:
        """What is sent in silence: an event, or a comment where a reader knows no such event."""
        return HEARTBEAT if self.own else b": still here\n"  # a blank line is an event to some

    def parts(self, record: EventRecord) -> tuple[bytes, ...]:
        """What is sent for `record`, as bytes without ids."""
        return tuple(message.part() for message in self.messages(record))


def with_id(parts: tuple[bytes, ...], identity: str) -> bytes:
    """The parts as one block; the last carries the id, so that a torn block is sent again."""
    if not parts:
        return b""
    return b"".join((*parts[:-1], b"id: ", identity.encode(), b"\n", parts[-1]))


def abridged(data: Any) -> bytes:
    """`data` as JSON of at most `MOST_BYTES`: what is too large is left out, and named."""
    encoded = to_json(data).encode()
    if len(encoded) <= MOST_BYTES or not isinstance(data, dict):
        return encoded
    kept, left_out = dict(data), list[str]()
    while len(encoded) > MOST_BYTES and kept:
        again = "accumulated_text" in kept  # a reader can put it together
        largest = (
            "accumulated_text" if again else max(kept, key=lambda name: len(to_json(kept[name])))
        )
        del kept[largest]
        left_out.append(largest)
        encoded = to_json({**kept, "abridged": left_out}).encode()
    return encoded


def _both(record: EventRecord) -> Iterable[Message]:
    yield Message(record.flat())


def _delta(record: EventRecord) -> Iterable[Message]:
    event = record.event
    if not isinstance(event, AgentStreamChunkEvent):
        yield Message(record.flat())
        return
    yield Message(_chunk(record, event))


def snapshot_of(record: EventRecord) -> tuple[bytes, ...]:
    """A chunk for a reader who has nothing of its turn yet: with the whole text so far."""
    event = record.event
    assert isinstance(event, AgentStreamChunkEvent)  # noqa: S101
    whole = {"snapshot": True, "accumulated_text": event.accumulated_text}
    return (Message({**_chunk(record, event), **whole}).part(),)


def _chunk(record: EventRecord, event: AgentStreamChunkEvent) -> dict[str, Any]:
    chunk = {
        "seq": record.seq,
        "run_id": record.run_id,
        "timestamp": record.timestamp,
        "event_type": event.event_type,
        "turn_id": event.turn_id,
        "agent_name": event.agent_name,
        "index": event.index,
        "chunk_text": event.chunk_text,
        "chunk_count": event.chunk_count,
        "accumulated_length": event.accumulated_length,
    }
    if record.goal_id is not None:
        chunk["goal_id"] = record.goal_id
    return chunk


BOTH = Format("both", _both, pace="both")
DELTA = Format("delta", _delta)


def snapshot_message(run: dict[str, Any], turns: list[dict[str, Any]]) -> bytes:
    """What a reader gets in place of events that are not held."""
    data = {"event_type": "snapshot", "run": run, "turns": turns}
    if len(orjson.dumps(data)) > MOST_BYTES:
        data["turns"] = [{**turn, "text": "", "abridged": ["text"]} for turn in turns]
    return Message(data).part()
