"""A bare ASGI sender, with which the IDE's server is compared: `python -m benchmarks.bare BUFFER`.

The same server under it, and nothing else: no runs, no log, no doors. `POST /play` takes a list of
[seconds, text] and sends each text at its time to all who have asked for `/events`, each of whom is
sent all that it is behind by. `/` is a page that puts what `/stamps/COUNT/MS` sends, the time in ms
COUNT times, into one text node. The first line out is its address.
"""

import asyncio
import sys
import time
from pathlib import Path
from socket import SO_SNDBUF, SOL_SOCKET

import orjson
import uvicorn
from starlette.types import Receive, Scope, Send

from ide_backend.serve import listening

_STREAM = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]
_PAGE = Path(__file__).with_name("bare.html").read_bytes()


class Bare:
    """The application."""

    def __init__(self) -> None:
        self._said: list[bytes] = []
        self._ended = False
        self._changed = asyncio.Event()
        self._playing: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        match scope["path"].split("/")[1:]:
            case ["events"]:
                await self._follow(send)
            case ["play"]:
                self._playing = asyncio.create_task(self._play(await _body(receive)))
                await _answer(send, b"text/plain", b"")
            case ["stamps", count, gap]:
                await _stamps(send, int(count), int(gap) / 1e3)
            case _:
                await _answer(send, b"text/html", _PAGE)

    async def _play(self, body: bytes) -> None:
        self._said, self._ended = [], False
        began = time.perf_counter()
        for at, text in orjson.loads(body):
            if (left := began + at - time.perf_counter()) > 0:
                await asyncio.sleep(left)
            self._said.append(text.encode())
            self._publish()
        self._ended = True
        self._publish()

    def _publish(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _follow(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
        await self._changed.wait()
        said, sent = self._said, 0
        while True:
            if sent < len(said):
                body, sent = b"".join(said[sent:]), len(said)
                await send({"type": "http.response.body", "body": body, "more_body": True})
            elif self._ended:
                break
            else:
                await self._changed.wait()
        await send({"type": "http.response.body", "body": b""})


async def _stamps(send: Send, count: int, gap: float) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
    began = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number * gap - time.perf_counter()))
        body = b"data: %.1f\n\n" % (time.time() * 1e3)
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b"data: end\n\n"})


async def _answer(send: Send, content_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def main() -> None:
    """Serve until the process is ended."""
    with listening(0) as listener:
        if buffer := int(sys.argv[1]):
            listener.setsockopt(SOL_SOCKET, SO_SNDBUF, buffer)
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(
            Bare(),
            loop="asyncio",
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
