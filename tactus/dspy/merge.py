"""Merging server-sent events that carry nothing but a piece of text.

Waking up is what a chunk costs, so the frames that one socket read brought are handed on as few as
possible: each run of text-only frames becomes one frame. All else passes byte for byte, in order.
"""

import re
from collections.abc import Callable

from tactus.dspy.text_frames import TextFrame, text_frame

_BLANK_LINE = re.compile(rb"\n\r?\n")
_ENDS = (b"\n\n", b"\n\r\n")
_MARK = b"\xef\xbb\xbf"
_MOST_BYTES = 32 * 1024  # of frames merged into one: DSPy refuses a line of more than 64 KiB

Note = Callable[[str, int], None]
"""Told the text of each merged frame, and how many frames went into it."""


class Merger:
    """Merges the frames of one answer, one socket read at a time.

    Nothing is held back: a frame that is cut by a read passes in the pieces in which it came.
    """

    def __init__(self, note: Note) -> None:
        self._note = note
        self._mark: bytes | None = b""  # of a byte order mark, what has come; None behind it
        self._at_frame = True

    def feed(self, data: bytes) -> bytes:
        """What one socket read brought, with its runs of text-only frames merged."""
        if self._mark is not None:
            data = self._unmarked(data)
        ends = [found.end() for found in _BLANK_LINE.finditer(data)]
        start = 0 if self._at_frame or not ends else ends.pop(0)
        self._at_frame = data.endswith(_ENDS)
        if len(ends) < 2:
            return data  # a single frame, as when tokens come one at a time, is not even parsed
        return b"".join((data[:start], *self._merged(data, start, ends), data[ends[-1] :]))

    def _unmarked(self, data: bytes) -> bytes:
        """Without the byte order mark that a body may begin with: DSPy would lose a frame to it."""
        data = (self._mark or b"") + data
        if len(data) < len(_MARK) and _MARK.startswith(data):
            self._mark = data
            return b""
        self._mark = None
        return data.removeprefix(_MARK)

    def _merged(self, data: bytes, start: int, ends: list[int]) -> list[bytes]:
        merged: list[bytes] = []
        run: list[bytes] = []
        texts: list[str] = []
        first: TextFrame | None = None  # of the run
        begin = start
        for end in ends:
            frame = data[start:end]
            found = text_frame(frame)
            if first is not None and (
                found is None or found.place != first.place or end - begin > _MOST_BYTES
            ):
                merged.append(self._folded(run, texts, first))
                run, texts, first = [], [], None
            if found is None:
                merged.append(frame)
            else:
                if first is None:
                    first, begin = found, start
                run.append(frame)
                texts.append(found.text)
            start = end
        if first is not None:
            merged.append(self._folded(run, texts, first))
        return merged

    def _folded(self, run: list[bytes], texts: list[str], first: TextFrame) -> bytes:
        if len(run) == 1:
            return run[0]
        text = "".join(texts)
        self._note(text, len(run))
        return first.with_text(text)
