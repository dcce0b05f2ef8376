"""An answer that is a stream of server-sent events."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import anyio
from starlette.types import Message, Receive, Scope, Send

from ide_backend.hub import Hub

SEND_LIMIT = 10.0  # seconds that a reader may keep a block waiting; then it has to come again

_HEADERS = (
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-store"),
    ("x-accel-buffering", "no"),
)
_RETRY = b"retry: 1000\n"  # goes before the first data: alone it would be an empty event to some


class EventStream:
    """Sends `blocks`, each one or more whole events, until they end or the reader is gone.

    `ended`: the blocks come without a wait, and where there are none the answer is 204, at which an
    EventSource stays away for good.
    """

    def __init__(
        self,
        hub: Hub,
        blocks: AsyncGenerator[bytes, None],
        headers: Iterable[tuple[str, str]] = (),
        *,
        ended: bool = False,
    ) -> None:
        self._ended = ended
        self._hub = hub
        self._blocks = blocks
        self._sending: float | None = None  # since when a block waits for the reader
        self._headers = [(k.encode(), v.encode()) for k, v in (*_HEADERS, *headers)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        head = scope["method"] == "HEAD"
        first = b"" if head or not self._ended else await anext(self._blocks, b"")
        if head or (self._ended and not first):
            await send(self._start(200 if head else 204))
            await send({"type": "http.response.body", "body": b""})
            return
        await send(self._start(200))
        with self._hub.stream():
            await self._stream(first, receive, send)

    def _start(self, status: int) -> Message:
        headers = [] if status == 204 else self._headers
        return {"type": "http.response.start", "status": status, "headers": headers}

    async def _stream(self, begun: bytes, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_watch, receive, tasks.cancel_scope)
            tasks.start_soon(self._lose_patience, tasks.cancel_scope)
            await self._send_all(begun, send)
            tasks.cancel_scope.cancel()
        with anyio.move_on_after(SEND_LIMIT):
            await send({"type": "http.response.body", "body": b""})

    async def _lose_patience(self, scope: anyio.CancelScope) -> None:
        """One clock for the whole stream: a deadline for each block costs more than its sending."""
        while True:
            since = anyio.current_time() if self._sending is None else self._sending
            left = since + SEND_LIMIT - anyio.current_time()
            if left <= 0:
                scope.cancel()  # it resumes with the last id that it has
                return
            await anyio.sleep(left)

    async def _send_all(self, begun: bytes, send: Send) -> None:
        retry = _RETRY
        async with aclosing(self._blocks) as blocks:
            block = begun or await anext(blocks, b"")
            while block:
                self._sending = anyio.current_time()
                body = retry + block
                await send({"type": "http.response.body", "body": body, "more_body": True})
                self._sending, retry = None, b""
                block = await anext(blocks, b"")


async def _watch(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
