"""DSPy's own HTTP transport, with the frames of each socket read merged before DSPy sees them."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast
from urllib.request import getproxies

from dspy._vendor.lm15.sse import aparse_sse
from dspy._vendor.lm15.transports import StdlibAsyncTransport

from tactus.dspy.merge import Merger
from tactus.dspy.meter import METER, Meter

LONGEST_LINE = 8 * 1024 * 1024  # bytes; DSPy's 64 KiB is less than some servers send at once
MAX_CONNECTIONS = 1_000  # at once, over all providers: a run waits for a model, not for a socket

with suppress(AttributeError):
    limits = {"max_line_bytes": LONGEST_LINE, "max_event_bytes": LONGEST_LINE}
    aparse_sse.__kwdefaults__.update(limits)  # DSPy offers no setting for it


class _MergingDecoder:
    """A body decoder that merges what one feed brings; else as the decoder it stands before."""

    def __init__(self, decoder: Any, meter: Meter) -> None:
        self._decoder = decoder
        self._meter = meter
        self._merger = Merger(meter.note)
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
        yield self._merger.feed(self._seen(b"".join(pieces)))
        if failure is not None:
            raise failure

    def eof(self) -> None:
        self._decoder.eof()

    def drain(self) -> bytes:
        return self._merger.feed(self._seen(self._decoder.drain()))

    def _seen(self, data: bytes) -> bytes:
        if b"[DONE]" in data:
            self._meter.ended = True
        return data


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
            kind = head.header("content-type") or ""
            if meter is not None and kind.lower().startswith("text/event-stream"):
                decoder_for = head.body_decoder
                head.body_decoder = lambda method: _MergingDecoder(decoder_for(method), meter)
        return head
