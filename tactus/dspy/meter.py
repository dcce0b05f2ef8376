"""What the transport tells the turn past DSPy, which has no place for it."""

from collections import deque
from contextvars import ContextVar


class Meter:
    """What the transport knows of one call and DSPy's chunks do not tell.

    Attributes:
        ended: the stream's last marker, `[DONE]`, was seen.
    """

    def __init__(self) -> None:
        self.watching = False  # whether a merging transport serves the call at all
        self.ended = False
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
"""The meter of the call that the current task makes; the transport runs in that task."""
