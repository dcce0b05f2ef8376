"""The live runs of this server, and their tails."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
import anyio.abc

from ide_backend.tail import Tail
from ide_backend.wire import PACES, Pace
from tactus.events import EventRecord, RunFinishedEvent
from tactus.store.log import EventLog

_MOST_STARTS = 1_000


@dataclass(frozen=True, slots=True)
class Start:
    """A run that began, at `started_ms`."""

    run_id: str
    goal_id: str | None
    started_ms: int


class Hub:
    """Who follows what. `changed` is set at every new event of any run; `closing` at the end."""

    def __init__(self, log: EventLog, tasks: anyio.abc.TaskGroup) -> None:
        self.changed = anyio.Event()
        self.closing = False
        self._streams = 0
        self._quiet = anyio.Event()
        self.starts: deque[Start] = deque(maxlen=_MOST_STARTS)
        self.started = 0  # how many runs, ever
        self._log = log
        self._tasks = tasks
        self._told: dict[str, int] = {}
        self._live: dict[str, Start] = {}
        self._tails: dict[tuple[str, Pace], Tail] = {}

    def begin(self, start: Start, seq: int = 0) -> None:
        """A run of the log begins; or goes on behind `seq`, after its process died."""
        self._told[start.run_id] = seq
        self._live[start.run_id] = start
        self._log.listen(start.run_id, self._heard)
        self.starts.append(start)
        self.started += 1
        self._publish()

    def tail(self, run_id: str, pace: Pace, silence: float) -> Tail | None:
        """The live end of a run; None when the run is not live.

        It counts a beat, and wakes its readers, in each `silence` seconds without an event.
        """
        if run_id not in self._told:
            return None
        if (run_id, pace) not in self._tails:
            tail = Tail(run_id, pace, self._told[run_id], self._publish)
            self._tails[run_id, pace] = tail
            self._log.listen(run_id, tail.take)
            self._tasks.start_soon(tail.pace, silence)
        return self._tails[run_id, pace]

    def live(self) -> list[tuple[Start, int]]:
        """The runs that are live, each with the last seq that was told."""
        return [(start, self._told[start.run_id]) for start in self._live.values()]

    @contextmanager
    def stream(self) -> Iterator[None]:
        """While this is open, somebody is sent events."""
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1
            if self._streams == 0:
                self._quiet.set()
                self._quiet = anyio.Event()

    async def quiet(self) -> None:
        """Wait until nobody is sent events any more."""
        if self._streams:
            await self._quiet.wait()

    def close(self) -> None:
        """End every stream: the server goes down, and its readers will ask again."""
        self.closing = True
        for tail in self._tails.values():
            tail.changed.set()
        self._publish()

    def _heard(self, record: EventRecord) -> None:
        self._told[record.run_id] = record.seq
        if isinstance(record.event, RunFinishedEvent):
            del self._told[record.run_id], self._live[record.run_id]
            for pace in PACES:
                self._tails.pop((record.run_id, pace), None)
            self._publish()

    def _publish(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()
