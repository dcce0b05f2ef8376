"""DSPy's own HTTP transport, with the frames of each socket read merged before DSPy sees them."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast
from urllib.request import getproxies

from dspy._vendor.lm15.sse import aparse_sse
from dspy._vendor.lm15.transports import ProtocolError, StdlibAsyncTransport

from tactus.dspy.merge import Merger
from tactus.dspy.meter import METER, Meter
from tactus.dspy.stray import Strays, in_frame

LONGEST_LINE = 8 * 1024 * 1024  # bytes; DSPy's 64 KiB is less than some servers send at once
_BLANK = b"\xef\xbb\xbf \t\r\n"  # may stand before anything, as may a byte order mark
_NO_STREAM = b"{[<"  # how JSON and HTML begin; a stream never does
_FRAME_ENDS = (b"\n\n", b"\n\r\n")
_ENOUGH = 64 * 1024  # bytes of JSON or HTML to see what they say
MAX_CONNECTIONS = 1_000  # at once, over all providers: a run waits for a model, not for a socket

with suppress(AttributeError):
    limits = {"max_line_bytes": LONGEST_LINE, "max_event_bytes": LONGEST_LINE}
    aparse_sse.__kwdefaults__.update(limits)  # DSPy offers no setting for it


class _StreamDecoder:
    """A body decoder that merges what one feed brings, and takes nothing but a stream.

    Whether a body is one is seen from how it begins: what servers say of it is often wrong.
    """

    def __init__(self, decoder: Any, meter: Meter, kind: str) -> None:
        self._decoder = decoder
        self._kind = kind
        self._meter = meter
        self._tail = b"\n\n"  # the last bytes that came
        self._strays = Strays()
        self._merger = Merger(meter.note)
        self._stray: bytes | None = b""  # of what is no stream; None when it is one
        meter.watching = True

    @property
    def complete(self) -> bool:
        return bool(self._decoder.complete)

    @property
    def leftover(self) -> bytes:
        return bytes(self._decoder.leftover)

    def feed(self, data: bytes) -> Iterator[bytes]:
        pieces: list[bytes] = []
        failure: Exception | None = None
        try:
            pieces.extend(self._decoder.feed(data))
        except Exception as error:  # noqa: BLE001  # raised again below, behind the bytes before it
            failure = error
        yield self._passed(b"".join(pieces), last=self.complete)
        if failure is not None:
            raise failure

    def eof(self) -> None:
        self._decoder.eof()

    def drain(self) -> bytes:
        return self._passed(self._decoder.drain(), last=True)

    def _passed(self, data: bytes, *, last: bool) -> bytes:
        """What DSPy is given for `data`; `last` when no more will come."""
        self._tail = (self._tail + data)[-3:]
        if last:
            self._meter.torn = not self._tail.endswith(_FRAME_ENDS)
        if self._stray is not None:
            start = (self._stray + data).lstrip(_BLANK)[:1]
            if start and start in _NO_STREAM:
                self._stray += data
                return self._told(self._stray) if last or len(self._stray) > _ENOUGH else b""
            if start:
                self._stray = None
        return self._merger.feed(self._strays.feed(data, last=last))

    def _told(self, body: bytes) -> bytes:
        """An error that came as plain JSON, as a frame of a stream; all else is refused."""
        told = in_frame(body)
        if told == body:
            raise ProtocolError(f"it answered with {self._kind}, not a stream")
        return told


class MergingTransport(StdlibAsyncTransport):  # type: ignore[misc]
    """A connection pool of one event loop whose streamed answers come merged.

    It waits for each byte without a clock of its own: whoever makes the call bounds the silence.
    """

    def __init__(self) -> None:
        super().__init__(
            read_timeout=cast("float", None),  # a clock for each read costs a task for each read
            max_connections=MAX_CONNECTIONS,
            user_agent="tactus",
            trust_env=bool(getproxies()),  # looked for once: DSPy reads the whole environment
        )

    async def _read_head(self, *args: Any, **kwargs: Any) -> Any:
        head = await super()._read_head(*args, **kwargs)
        meter = METER.get()
        with suppress(AttributeError):  # another version of DSPy: as it is, only not merged
            if 300 <= head.status < 400:  # followed nowhere: the key would go along
                raise ProtocolError(f"it answered with a redirect (HTTP {head.status})")
            if meter is not None and head.status < 300:
                kind = (head.header("content-type") or "something").partition(";")[0].strip()
                decoder_for = head.body_decoder
                head.body_decoder = lambda method: _StreamDecoder(decoder_for(method), meter, kind)
        return head
