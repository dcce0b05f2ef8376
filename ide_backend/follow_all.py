"""A reader of every run at once, filtered by run, goal and type of event."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import partial

import anyio
import orjson

from ide_backend.follow import SILENCE, Follower
from ide_backend.hub import Hub, Start
from ide_backend.wire import Format, with_id
from tactus.store import history
from tactus.store.log import EventLog

_MOST_RUNS = 1_000  # that one resume may bring


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events; None is all."""

    run: str | None = None
    goal: str | None = None
    types: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reader is: in each unfinished run at a seq; of the rest it has all until `since`."""

    since: int
    runs: dict[str, int] = field(default_factory=dict)

    def encoded(self) -> str:
        """As the id of an event."""
        return urlsafe_b64encode(orjson.dumps([self.since, self.runs])).decode().rstrip("=")

    @classmethod
    def decoded(cls, text: str) -> "Cursor | None":
        """The cursor in an id; None when it is not one."""
        try:
            since, runs = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            return cls(int(since), {str(run): int(seq) for run, seq in runs.items()})
        except (ValueError, TypeError, AttributeError):
            return None


class Crowd:
    """The followers of all runs that are wanted."""

    def __init__(self, log: EventLog, hub: Hub, form: Format, wanted: Wanted) -> None:
        self.followers: dict[str, Follower] = {}
        self._since = 0
        self._positions: dict[str, int] = {}
        self._starts: dict[str, int] = {}
        self._log = log
        self._hub = hub
        self._form = form
        self._wanted = wanted
        self._seen = hub.started

    async def begin(self, cursor: Cursor | None) -> None:
        """Start where `cursor` says, or now."""
        for start, seq in self._hub.live():
            at = seq if cursor is None else cursor.runs.get(start.run_id, 0)
            self._add(start, at, whole=cursor is not None)
        if cursor is None:
            return
        self._since = max(self._since, cursor.since)
        missed = await self._log.query(
            partial(
                history.runs_since, since=cursor.since, among=list(cursor.runs), most=_MOST_RUNS
            )
        )
        for run_id, goal_id, started_ms in missed:
            if run_id not in self.followers:
                start = Start(run_id, goal_id, started_ms)
                self._add(start, cursor.runs.get(run_id, 0), whole=True)

    def greet(self) -> None:
        """Follow the runs that began since the last time, too."""
        new = min(self._hub.started - self._seen, len(self._hub.starts))
        self._seen = self._hub.started
        for start in list(self._hub.starts)[len(self._hub.starts) - new :]:
            if start.run_id not in self.followers:
                self._add(start, 0, whole=True)

    async def take(self) -> list[bytes]:
        """What all runs have for the reader now, each event with a cursor of its own."""
        blocks: list[bytes] = []
        for follower in list(self.followers.values()):
            for frame in await follower.take():
                self._positions[follower.run_id] = frame.record.seq
                types = self._wanted.types
                if types is None or frame.record.event.event_type in types:
                    blocks.append(with_id(follower.parts(frame), self._cursor().encoded()))
            if follower.ended:
                del self.followers[follower.run_id]
        return blocks

    def _cursor(self) -> Cursor:
        """Where the reader is; an ended run is left out once a later one has begun."""
        for run_id, started_ms in list(self._starts.items()):
            if run_id not in self.followers and started_ms < self._since:
                del self._starts[run_id], self._positions[run_id]
        return Cursor(self._since, self._positions)

    def _add(self, start: Start, seq: int, *, whole: bool) -> None:
        self._since = max(self._since, start.started_ms)
        if self._wanted.run not in (None, start.run_id):
            return
        if self._wanted.goal not in (None, start.goal_id):
            return
        follower = Follower(self._log, self._hub, start.run_id, seq, self._form)
        follower.lost = None if whole else set()
        self.followers[start.run_id] = follower
        self._positions[start.run_id] = seq
        self._starts[start.run_id] = start.started_ms


async def follow_all(
    log: EventLog, hub: Hub, form: Format, wanted: Wanted, cursor: Cursor | None
) -> AsyncGenerator[bytes, None]:
    """The events of all wanted runs from `cursor` on, or from now on, until the server closes.

    The id of each event is a cursor, behind which a reader may begin again.
    """
    crowd = Crowd(log, hub, form, wanted)
    await crowd.begin(cursor)
    while not hub.closing:
        changed = hub.changed
        crowd.greet()
        if blocks := b"".join(await crowd.take()):
            yield blocks
            continue
        with anyio.move_on_after(SILENCE) as silence:
            await changed.wait()
        if silence.cancelled_caught:
            yield form.heartbeat
