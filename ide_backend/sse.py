"""An answer that is a stream of server-sent events."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import anyio
from starlette.types import Receive, Scope, Send

from ide_backend.hub import Hub

SEND_LIMIT = 10.0  # seconds that a reader may keep a block waiting; then it has to come again

_HEADERS = (
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-store"),
    ("x-accel-buffering", "no"),
)
_RETRY = b"retry: 1000\n"  # goes before the first data: alone it would be an empty event to some


class EventStream:
    """Sends `blocks`, each one or more whole events, until they end or the reader is gone."""

    def __init__(
        self, hub: Hub, blocks: AsyncGenerator[bytes, None], headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        self._hub = hub
        self._blocks = blocks
        self._headers = [(k.encode(), v.encode()) for k, v in (*_HEADERS, *headers)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        start = {"type": "http.response.start", "status": 200, "headers": self._headers}
        await send(start)
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        with self._hub.stream():
            await self._stream(receive, send)

    async def _stream(self, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_watch, receive, tasks.cancel_scope)
            await self._send_all(send)
            tasks.cancel_scope.cancel()

    async def _send_all(self, send: Send) -> None:
        first = True
        async with aclosing(self._blocks) as blocks:
            async for block in blocks:
                body = _RETRY + block if first else block
                first = False
                with anyio.move_on_after(SEND_LIMIT) as patience:
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                if patience.cancelled_caught:
                    break  # it resumes with the last id that it has
        with anyio.move_on_after(SEND_LIMIT):
            await send({"type": "http.response.body", "body": b""})


async def _watch(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
