"""What the transport and the dialect tell the turn past DSPy, which has no place for it."""

from collections import deque
from contextvars import ContextVar


class Meter:
    """What is known of one call and DSPy's chunks do not tell.

    Attributes:
        watching: a transport of ours serves the call.
        ended: the stream's last marker, `[DONE]`, was seen.
        refusal: the text with which the model refused to answer, so far.
    """

    def __init__(self) -> None:
        self.watching = False
        self.ended = False
        self.refusal = ""
        self._merged: deque[tuple[str, int]] = deque()

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
