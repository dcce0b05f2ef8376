"""The live end of a run: its newest events, merged on a clock and encoded once for all readers."""

import math
from collections import deque
from collections.abc import Callable

import anyio

from ide_backend.wire import BOTH, Format, Pace, with_id
from tactus.events import AgentStreamChunkEvent, EventRecord, RunFinishedEvent

MOST_HELD = 256 * 1024  # bytes; a reader who is further behind reads the log

_GAPS = {"both": 0.04, "delta": 0.02}  # seconds from one event of text to the next
_BUDGET = 256 * 1024  # bytes a second where both texts are sent


class Frame:
    """One record, and what each format sends for it."""

    __slots__ = ("_blocks", "_parts", "after", "record")

    def __init__(self, record: EventRecord, after: int) -> None:
        self.record = record
        self.after = after  # the seq before its first
        self._parts: dict[str, tuple[bytes, ...]] = {}
        self._blocks: dict[str, bytes] = {}

    def parts(self, form: Format) -> tuple[bytes, ...]:
        """What `form` sends, without ids."""
        if form.name not in self._parts:
            self._parts[form.name] = form.parts(self.record)
        return self._parts[form.name]

    def block(self, form: Format) -> bytes:
        """What `form` sends on the stream of this run: the id is the seq."""
        if form.name not in self._blocks:
            self._blocks[form.name] = with_id(self.parts(form), str(self.record.seq))
        return self._blocks[form.name]


class Tail:
    """The newest events of one live run at one pace; readers hold a position and fetch.

    Args:
        run_id: the run.
        pace: how chunks are merged.
        seq: the last seq that was told before.
        published: called when there is something new.
    """

    def __init__(self, run_id: str, pace: Pace, seq: int, published: Callable[[], None]) -> None:
        self.run_id = run_id
        self.upto = seq
        self.ended = False
        self.changed = anyio.Event()
        self.beats = 0  # how often a silence was long enough for a heartbeat
        self._spoke = -math.inf
        self._gap = _GAPS[pace]
        self._growing = pace == "both"
        self._published = published
        self._frames: deque[Frame] = deque()
        self._held = 0
        self._pending: list[EventRecord] = []
        self._wake = anyio.Event()
        self._due = 0.0

    def take(self, record: EventRecord) -> None:
        """One more record of the run; never blocks."""
        if isinstance(record.event, AgentStreamChunkEvent):
            self._pending.append(record)
            if len(self._pending) == 1 and anyio.current_time() >= self._due:
                self._flush()  # the first after a pause goes at once
                self._publish()
            else:
                self._wake.set()
            return
        self._flush()
        self._frame(record)
        self.ended = isinstance(record.event, RunFinishedEvent)
        self._publish()
        if self.ended:
            self._wake.set()

    async def pace(self, silence: float = math.inf) -> None:
        """Send on what waits, when its time comes; returns when the run has ended.

        Args:
            silence: seconds after which `beats` counts one more, and the readers are woken.
        """
        self._spoke = anyio.current_time()
        while not self.ended:
            with anyio.move_on_after(self._spoke + silence - anyio.current_time()):
                await self._wake.wait()
            if anyio.current_time() >= self._spoke + silence:  # one clock for all readers
                self.beats += 1
                self._wake_readers()
            if self._wake.is_set():
                self._wake = anyio.Event()
            while self._pending and not self.ended:
                await anyio.sleep_until(self._due)
                if anyio.current_time() >= self._due and self._pending:
                    self._flush()
                    self._publish()

    async def news(self, seq: int) -> bool:
        """Wait until there may be something behind `seq`; False when only a beat came of it.

        The beat is there so that no reader needs a deadline of its own, which costs as much as
        sending it an event.
        """
        if seq < self.upto:
            return True
        beats = self.beats
        await self.changed.wait()
        return self.beats == beats

    def since(self, seq: int) -> list[Frame] | None:
        """The frames behind `seq`; None when they are no longer held, or `seq` lies within one."""
        if seq >= self.upto:
            return []
        if not self._frames or seq < self._frames[0].after:
            return None
        found: list[Frame] = []
        for frame in reversed(self._frames):  # most readers lack the last one or two
            if frame.record.seq <= seq:
                break
            found.append(frame)
        found.reverse()
        return found if found[0].after == seq else None

    def _flush(self) -> None:
        """Frame the chunks that wait, merged where they follow each other in one turn."""
        pending, self._pending = self._pending, []
        run: list[EventRecord] = []
        size, framed = 0, 0
        for record in pending:
            event = record.event
            assert isinstance(event, AgentStreamChunkEvent)  # noqa: S101
            other = run and run[0].event.turn_id != event.turn_id  # type: ignore[union-attr]
            if run and (other or size + len(event.chunk_text) > 8192):
                framed += self._frame(_merged(run))
                run, size = [], 0
            run.append(record)
            size += len(event.chunk_text)
        if run:
            framed += self._frame(_merged(run))
            self._due = anyio.current_time() + max(self._gap, framed / _BUDGET)

    def _frame(self, record: EventRecord) -> int:
        """Hold one more; the bytes that it takes of the budget."""
        frame = Frame(record, self.upto)
        self._frames.append(frame)
        self.upto = record.seq
        self._held += _weight(record)
        while self._held > MOST_HELD and len(self._frames) > 1:
            self._held -= _weight(self._frames.popleft().record)
        return len(frame.block(BOTH)) if self._growing else 0  # encoded once, for all readers

    def _publish(self) -> None:
        self._wake_readers()
        self._published()

    def _wake_readers(self) -> None:
        self._spoke = anyio.current_time()
        self.changed.set()
        self.changed = anyio.Event()


def _weight(record: EventRecord) -> int:
    """Roughly the bytes that the record takes on the wire."""
    event = record.event
    if isinstance(event, AgentStreamChunkEvent):
        return 300 + len(event.chunk_text)
    return 300 + len(getattr(event, "response", "") or "")


def _merged(run: list[EventRecord]) -> EventRecord:
    if len(run) == 1:
        return run[0]
    events = [record.event for record in run if isinstance(record.event, AgentStreamChunkEvent)]
    last = events[-1]
    merged = last.model_copy(
        update={
            "index": events[0].index,
            "chunk_text": "".join(event.chunk_text for event in events),
            "chunk_count": sum(event.chunk_count for event in events),
        }
    )
    return run[-1].model_copy(update={"event": merged})
