"""What the turns within a step use: recorded with it, since a replay does not take them again."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from tactus.events import EVENT, AgentTurnEvent, CostEvent, Emit, Event
from tactus.runtime.allowance import Allowance

_NOTED: ContextVar[list[Event] | None] = ContextVar("tactus_noted", default=None)


def note(event: Event) -> None:
    """An event is told: where a step listens, what it says of usage is kept."""
    noted = _NOTED.get()
    begins = isinstance(event, AgentTurnEvent) and event.stage == "started"
    if noted is not None and (begins or isinstance(event, CostEvent)):
        noted.append(event)


class Usage:
    """The usage of one step; `recount` is told each event of it that a replay does not tell."""

    def __init__(self, allowance: Allowance, recount: Emit) -> None:
        self._allowance = allowance
        self._recount = recount
        self._events: list[Event] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note what turns use while this is open; a step within a step is a part of it."""
        if _NOTED.get() is not None:
            yield
            return
        token = _NOTED.set(self._events)
        try:
            yield
        finally:
            _NOTED.reset(token)

    def data(self) -> list[dict[str, Any]]:
        """What was noted, as JSON; without what was said."""
        data = [event.model_dump(mode="json", exclude_none=True) for event in self._events]
        return [{**each, "response": ""} if "response" in each else each for each in data]

    def restore(self, data: list[dict[str, Any]]) -> None:
        """Count the `data` of a replayed step, as the step did.

        Raises:
            LimitError: the run has used what it may.
        """
        for each in data:
            event = EVENT.validate_python(each)
            if isinstance(event, CostEvent):
                known = event.input_tokens is not None and event.output_tokens is not None
                self._allowance.spend(
                    event.turn_id,
                    (event.input_tokens or 0) + (event.output_tokens or 0) if known else None,
                    event.total_cost,
                    model=f"{event.provider}/{event.model}",
                    last=event.stage == "completed",
                )
            else:
                self._allowance.take_turn()
            self._recount(event)
