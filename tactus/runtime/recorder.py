"""Turns the events of one run into records, and counts what the run used."""

import time
from dataclasses import dataclass
from typing import TypeVar

from tactus.dspy.redact import Redactor
from tactus.engine.strands import STRAND
from tactus.events import AgentTurnEvent, CostEvent, Event, EventRecord, LogHandler, Totals
from tactus.runtime.redaction import Redaction
from tactus.runtime.usage import note
from tactus.store.told import Told

_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True, slots=True)
class Step:
    """One answered request of a run. `duration_ms` is wall time."""

    kind: str
    name: str
    duration_ms: float
    status: str


class Recorder:
    """Numbers, dates and hands on the events of one run; without a handler it only counts.

    Whatever listens, it is told nothing that `redactor` masks. `is_listened` says whether there is
    somebody to read the text as it comes.
    """

    def __init__(
        self,
        run_id: str,
        handler: LogHandler | None,
        redactor: Redactor | None = None,
        *,
        listened: bool = True,
        told: Told | None = None,
    ) -> None:
        self.told = told or Told()
        self._emitted: dict[str, int] = {}  # so far, by each strand of the run
        self.steps: list[Step] = []
        self.redaction = Redaction(redactor or Redactor(()))
        self._run_id = run_id
        self._handler = handler
        self.is_listened = listened and handler is not None
        self._seq = self.told.seq
        self._started = time.monotonic()
        self._totals = Totals()

    def emit(self, event: Event) -> None:
        """Hand `event` on, in its record; without keys, and a large piece of text in several."""
        self.recount(event)
        note(event)
        key = self._key()
        if self._handler is None or key in self.told.keys:
            return
        for told in self.redaction.of(event):
            self._seq += 1
            timestamp = time.time_ns() // 1_000_000
            self._handler(
                EventRecord.of(
                    told, seq=self._seq, run_id=self._run_id, timestamp=timestamp, key=key
                )
            )

    def _key(self) -> str | None:
        """Names the event that comes, where a repeated run tells the same again."""
        strand = STRAND.get()
        if strand is None:
            return None
        number = self._emitted[strand.path] = self._emitted.get(strand.path, 0) + 1
        return f"{strand.path}:{number}"

    def recount(self, event: Event) -> None:
        """Add what a turn used; what is unknown once stays unknown for the run."""
        if isinstance(event, AgentTurnEvent) and event.stage == "started":
            self._totals = self._totals.model_copy(update={"turns": self._totals.turns + 1})
        elif isinstance(event, CostEvent):
            before = self._totals
            self._totals = Totals(
                turns=before.turns,
                input_tokens=_sum(before.input_tokens, event.input_tokens),
                output_tokens=_sum(before.output_tokens, event.output_tokens),
                cached_tokens=_sum(before.cached_tokens, event.cached_tokens),
                reasoning_tokens=_sum(before.reasoning_tokens, event.reasoning_tokens),
                cost=_sum(before.cost, event.total_cost),
                estimated=before.estimated or event.estimated,
            )

    def totals(self) -> Totals:
        """What the run used so far."""
        elapsed = (time.monotonic() - self._started) * 1000
        return self._totals.model_copy(update={"duration_ms": elapsed})


def _sum(total: _Number | None, more: _Number | None) -> _Number | None:
    return None if total is None or more is None else total + more
