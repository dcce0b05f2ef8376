"""Where in a run something happens: names that are the same in every replay."""

from collections import Counter
from contextvars import ContextVar

from tactus.engine.strands import STRAND

_WITHIN: ContextVar[str] = ContextVar("tactus_within", default="")


class Places:
    """The places of one run.

    What a strand does comes in the same order in each replay. What happens within a step does not
    happen again in a replay: each request of a strand is a place of its own, within which is
    counted from one, so that nothing behind it depends on what was counted there.
    """

    def __init__(self) -> None:
        self._requests: Counter[str] = Counter()  # of each strand
        self._counted: Counter[tuple[str, str]] = Counter()
        self._turns = 0

    def enter(self) -> None:
        """A strand makes a request: what happens within it has a place of its own."""
        strand = STRAND.get()
        if strand is not None:
            self._requests[strand.path] += 1
            _WITHIN.set(f"{strand.path}-{self._requests[strand.path]}")

    @property
    def within(self) -> str:
        """The request within which this happens, beside the strands; empty on a strand."""
        return _WITHIN.get() if STRAND.get() is None else ""

    def next(self, what: str) -> str:
        """The next of its kind at this place."""
        strand = STRAND.get()
        here = _WITHIN.get() if strand is None else strand.path
        self._counted[here, what] += 1
        return f"{here}.{self._counted[here, what]}"

    def next_turn(self) -> str:
        """The id of the next turn: `turn-1`, `turn-2`, …; within a step it has the step's place."""
        if STRAND.get() is None:
            return f"turn-{self.next('turn')}"
        self._turns += 1
        return f"turn-{self._turns}"
