"""Errors that servers write into a stream without a frame around them."""

import re
from contextlib import suppress

import orjson

_STRAY = re.compile(rb"\n\r?\n(?=error:|[\[{])")  # ahead of what is no frame, but may be one
_MAYBE = re.compile(rb"\n\r?\n(e(?:r(?:r(?:or?)?)?)?)\Z")
_OVER = re.compile(rb"\n\r?\n")
_LINE = b"error:"


class Strays:
    """Puts an error that came without a frame into one; all else passes as it is.

    They come as a line `error: {…}`, or as bare JSON, an object or a list with one.
    """

    def __init__(self) -> None:
        self._before = b"\n\n"  # the last bytes that passed
        self._held = b""  # behind them, what may be the beginning of such an error
        self._error: bytes | None = None  # what has come of one

    def feed(self, data: bytes, *, last: bool) -> bytes:
        """What may pass of what has come; `last` when no more will."""
        if self._error is None:
            data = self._split(self._held + data, last=last)
        else:
            self._error, data = self._error + data, b""
        if self._error is not None and (last or self._is_whole(self._error)):
            data += in_frame(self._error)
            self._before, self._error = b"\n\n", None
        return data

    def _split(self, data: bytes, *, last: bool) -> bytes:
        """What is ahead of an error in `data`, which is kept."""
        seen, lead = self._before + data, len(self._before)
        self._held = b""
        if found := _STRAY.search(seen):
            data, self._error = data[: found.end() - lead], data[found.end() - lead :]
        elif not last and (maybe := _MAYBE.search(seen)):
            data, self._held = data[: maybe.start(1) - lead], maybe[1]
        self._before = (self._before + data)[-3:]
        return data

    @staticmethod
    def _is_whole(error: bytes) -> bool:
        return bool(_OVER.search(error)) or (error.startswith(_LINE) and b"\n" in error)


def in_frame(body: bytes) -> bytes:
    """The error in `body` as a frame of a stream; what holds none as it is."""
    line, _, rest = body.partition(b"\n") if body.startswith(_LINE) else (body, b"", b"")
    with suppress(ValueError):
        said = orjson.loads(line.removeprefix(_LINE))
        if isinstance(said, list) and said:
            said = said[0]
        if line is not body:
            said = {"error": said}
        if isinstance(said, dict) and said.get("error"):
            return b"data: %b\n\n%b" % (orjson.dumps(said), rest)
    return body
