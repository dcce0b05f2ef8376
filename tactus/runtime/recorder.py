"""Turns the events of one run into records, and counts what the run used."""

import time
from dataclasses import dataclass

from tactus.events import Emit, Event, EventRecord, LogHandler, Totals


@dataclass(frozen=True, slots=True)
class Step:
    """One answered request of a run. `duration_ms` is wall time."""

    kind: str
    name: str
    duration_ms: float
    status: str


class Recorder:
    """Numbers, dates and hands on the events of one run; without a handler it only counts."""

    def __init__(self, run_id: str, handler: LogHandler | None) -> None:
        self.steps: list[Step] = []
        self._run_id = run_id
        self._handler = handler
        self._seq = 0
        self._started = time.monotonic()
        self._totals = Totals()

    @property
    def channel(self) -> Emit | None:
        """Where an agent sends its events; None when nobody listens."""
        return None if self._handler is None else self.emit

    def emit(self, event: Event) -> None:
        """Hand `event` on, in its record."""
        if self._handler is None:
            return
        self._seq += 1
        timestamp = time.time_ns() // 1_000_000
        self._handler(
            EventRecord.of(event, seq=self._seq, run_id=self._run_id, timestamp=timestamp)
        )

    def count(
        self, *, input_tokens: int | None, output_tokens: int | None, cost: float | None
    ) -> None:
        """Add what one turn used; what is unknown once stays unknown for the run."""
        before = self._totals
        self._totals = Totals(
            turns=before.turns + 1,
            input_tokens=_sum(before.input_tokens, input_tokens),
            output_tokens=_sum(before.output_tokens, output_tokens),
            cost=None if before.cost is None or cost is None else before.cost + cost,
        )

    def totals(self) -> Totals:
        """What the run used so far."""
        elapsed = (time.monotonic() - self._started) * 1000
        return self._totals.model_copy(update={"duration_ms": elapsed})


def _sum(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more
