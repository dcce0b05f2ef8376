"""Readers of runs: what was is read from the log, what comes from the live end, without a seam."""

from collections.abc import AsyncGenerator
from functools import partial

from ide_backend.hub import Hub
from ide_backend.tail import Frame, Tail
from ide_backend.wire import Format, snapshot_message, snapshot_of, with_id
from tactus.events import AgentStreamChunkEvent, RunFinishedEvent, Text
from tactus.store import history
from tactus.store.log import EventLog

SILENCE = 15.0  # seconds until a heartbeat


class Follower:
    """A position in one run, which moves on as events are taken."""

    def __init__(self, log: EventLog, hub: Hub, run_id: str, after: int, form: Format) -> None:
        self.run_id = run_id
        self.seq = after
        self.form = form
        self.ended = False
        self.lost: set[str] | None = None  # after a gap: the turns whose text is whole again
        self._log = log
        self._texts: dict[str, Text] = {}  # of each turn, up to what was read from the log
        self._read_upto = after
        self._tail: Tail | None = hub.tail(run_id, form.pace, SILENCE)

    @property
    def tail(self) -> Tail | None:
        """The live end, or None when the run had ended before."""
        return self._tail

    async def take(self) -> list[Frame]:
        """What there is now behind the position; empty when there is nothing, without waiting."""
        tail = self._tail
        frames = None if tail is None else tail.since(self.seq)
        if frames is None:
            frames = await self._from_log(None if tail is None else tail.upto)
        if frames:
            self.seq = frames[-1].record.seq
            self.ended = isinstance(frames[-1].record.event, RunFinishedEvent)
        elif tail is None or (tail.ended and self.seq >= tail.upto):
            self.ended = True
        elif self._log.failure is not None:  # not on disk: what is live goes on behind the gap
            self.seq, self.lost = tail.upto, set()
            self.ended = tail.ended
        return frames

    async def _from_log(self, upto: int | None) -> list[Frame]:
        if self.seq != self._read_upto:
            self._texts.clear()
        records = await self._log.read(self.run_id, self.seq, upto, texts=self._texts)
        if records:
            self._read_upto = records[-1].seq
        return [Frame(record, 0) for record in records]

    def blocks(self, frames: list[Frame]) -> bytes:
        """What is sent for `frames` on the stream of this run alone."""
        if self.lost is None:
            return b"".join([frame.block(self.form) for frame in frames])
        return b"".join([with_id(self.parts(one), str(one.record.seq)) for one in frames])

    def parts(self, frame: Frame) -> tuple[bytes, ...]:
        """What is sent for `frame`, without ids; the text so far where the reader lacks it."""
        event = frame.record.event
        if self.lost is not None and isinstance(event, AgentStreamChunkEvent):
            begun = event.accumulated_length > len(event.chunk_text)
            if event.turn_id not in self.lost:
                self.lost.add(event.turn_id)
                if begun and self.form.name == "delta":
                    return snapshot_of(frame.record)
        return frame.parts(self.form)


async def follow_run(
    log: EventLog, hub: Hub, run_id: str, after: int, form: Format
) -> AsyncGenerator[bytes, None]:
    """The events of a run behind `after`, as blocks of bytes, until it has ended."""
    follower = Follower(log, hub, run_id, after, form)
    if not await log.query(partial(history.holds, run_id=run_id, seq=after)):
        snapshot = await _snapshot(log, follower)
        if form.own:
            yield snapshot
    tail = follower.tail
    while not hub.closing:
        if data := follower.blocks(await follower.take()):
            yield data
        if follower.ended:
            return
        if tail is not None and not hub.closing and not await tail.news(follower.seq):
            yield form.heartbeat


async def _snapshot(log: EventLog, follower: Follower) -> bytes:
    """In place of events that are not held: the run and its turns as they are now."""
    run = await log.query(partial(history.run_with_id, run_id=follower.run_id))
    turns = await log.query(partial(history.list_turns, run_id=follower.run_id))
    assert run is not None  # noqa: S101  # it was there when the stream began
    follower.seq = min(follower.seq, run["last_seq"])
    part = snapshot_message(history.small(run), turns)
    return with_id((part,), str(follower.seq))
