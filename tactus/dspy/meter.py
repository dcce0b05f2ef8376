"""What the transport and the dialect tell the turn past DSPy, which has no place for it."""

from collections import deque
from contextvars import ContextVar


class Meter:
    """What is known of one call and DSPy's chunks do not tell.

    Attributes:
        watching: a transport of ours serves the call.
        ended: the stream's last marker, `[DONE]`, was seen.
        torn: the stream ended within a frame, which DSPy reads all the same.
        refusal: the text with which the model refused to answer, so far.
        calls: how many tools the model has called so far.
        passed_over: the parts of the answer that are the provider's own business.
        read: what the provider told of the tokens it read, where the answer begins; or None.
    """

    def __init__(self) -> None:
        self.watching = False
        self.ended = False
        self.torn = False
        self.refusal = ""
        self.calls = 0
        self.passed_over: set[object] = set()
        self.read: object = None
        self._called: dict[int, tuple[int, str | None]] = {}
        self._merged: deque[tuple[str, int]] = deque()

    def number_of(self, index: int, name: str | None, call_id: str | None) -> int:
        """Which of the answer's calls a piece of one belongs to, that `index` names.

        Some servers give the same index to all: a name with another id begins another call.
        """
        number, known = self._called.get(index, (-1, None))
        if number < 0 or (name and call_id and call_id != known):
            number, known = self.calls, call_id
            self.calls += 1
        self._called[index] = (number, known or call_id)
        return number

    def note(self, text: str, count: int) -> None:
        """A frame with `text` was made of `count` frames."""
        self._merged.append((text, count))

    def count_of(self, text: str) -> int:
        """How many of the model's chunks make up the next piece of text."""
        if self._merged and self._merged[0][0] == text:
            return self._merged.popleft()[1]
        return 1


METER: ContextVar[Meter | None] = ContextVar("tactus_meter", default=None)
"""The meter of the call that the current task makes; all of DSPy's work is done in that task."""
