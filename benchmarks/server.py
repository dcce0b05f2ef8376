"""A loopback server of OpenAI chat completions that costs the client's machine as little as it can.

The first part of the path says what is answered: `/5000x0` is 5,000 chunks at once, `/500x2000` is
one each 2,000 µs, `/5000xjoined` is without regard to where a chunk ends, as through a proxy.
`/hold` keeps every request until `POST /release`, and `GET /held/1000` is answered when so many are
kept. Run as `python -m benchmarks.server`; the first line out is its address.
"""

import asyncio
import json
import re
import sys
from functools import cache, partial

CHARACTERS = 5  # of text in a chunk
_HELD_CHUNKS = 20
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n%b\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_END = b"0\r\n\r\n"
_JOINED = 16 * 1024  # bytes of an HTTP chunk that holds many frames


def piece(number: int) -> str:
    """The text of a chunk; no two that follow each other are the same."""
    return f"{number:0{CHARACTERS}d}"[-CHARACTERS:]


@cache
def streamed(chunks: int, joined: bool) -> tuple[bytes, ...]:
    """A streamed answer as OpenAI sends it: each frame is one HTTP chunk, unless `joined`."""
    about = {
        "id": "chatcmpl-C1xQm7oPz2",
        "object": "chat.completion.chunk",
        "created": 1_760_000_000,
        "model": "gpt-4o-mini-2024-07-18",
    }

    def chunk(delta: dict[str, str], finish_reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _json({**about, "choices": [choice], "usage": None})

    data = [chunk({"content": piece(number)}) for number in range(chunks)]
    data.append(chunk({}, "stop"))
    data.append(_json({**about, "choices": [], "usage": _usage(chunks)}))
    data.append("[DONE]")
    frames = [f"data: {text}\n\n".encode() for text in data]
    if joined:
        body = b"".join(frames)
        frames = [body[start : start + _JOINED] for start in range(0, len(body), _JOINED)]
    return (*(b"%x\r\n%b\r\n" % (len(frame), frame) for frame in frames), _END)


@cache
def whole(chunks: int) -> bytes:
    """The same answer in one piece."""
    message = {"role": "assistant", "content": "".join(map(piece, range(chunks)))}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    about = {"id": "chatcmpl-C1xQm7oPz2", "object": "chat.completion", "created": 1_760_000_000}
    answer = {**about, "model": "gpt-4o-mini-2024-07-18", "choices": [choice]}
    return _json({**answer, "usage": _usage(chunks)}).encode()


def _usage(chunks: int) -> dict[str, int]:
    return {"prompt_tokens": 11, "completion_tokens": chunks, "total_tokens": chunks + 11}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


class _Held:
    """The requests that are kept, and who waits for how many."""

    def __init__(self) -> None:
        self.kept: list[_Connection] = []
        self.watchers: list[tuple[int, _Connection]] = []

    def tell(self) -> None:
        for number, watcher in self.watchers[:]:
            if len(self.kept) >= number:
                self.watchers.remove((number, watcher))
                watcher.send(b"text/plain", b"%d" % len(self.kept))

    def release(self) -> None:
        kept, self.kept = self.kept, []
        for connection in kept:
            connection.stream(_HELD_CHUNKS, "0")


class _Connection(asyncio.Protocol):
    def __init__(self, held: _Held) -> None:
        self._held = held
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or len(body) < (int(length[1]) if length else 0):
            return
        self._data = b""  # one request at a time: no client here pipelines
        script = head.split(b" ", 2)[1].decode().split("/")
        match script[1]:
            case "held":
                self._held.watchers.append((int(script[2]), self))
                self._held.tell()
            case "hold":
                self._held.kept.append(self)
                self._held.tell()
            case "release":
                self._held.release()
                self.send(b"text/plain", b"")
            case answer:
                chunks, _, how = answer.partition("x")
                if json.loads(body).get("stream"):
                    self.stream(int(chunks), how)
                else:
                    self.send(b"application/json", whole(int(chunks)))

    def send(self, content_type: bytes, body: bytes) -> None:
        self._transport.write(_HEAD % (content_type, b"Content-Length: %d" % len(body)) + body)

    def stream(self, chunks: int, how: str) -> None:
        head = _HEAD % (b"text/event-stream", b"Transfer-Encoding: chunked")
        frames = streamed(chunks, how == "joined")
        if how in ("0", "joined"):
            self._transport.write(b"".join((head, *frames)))
            return
        self._transport.write(head)
        self._next(frames, 0, int(how) / 1e6, asyncio.get_running_loop().time())

    def _next(self, frames: tuple[bytes, ...], number: int, delay: float, began: float) -> None:
        """Send a frame, each at its time after the first, and the last ones with the last text."""
        if self._transport.is_closing():
            return
        if number + 5 > len(frames):
            self._transport.write(b"".join(frames[number:]))
            return
        self._transport.write(frames[number])
        due = began + (number + 1) * delay
        again = partial(self._next, frames, number + 1, delay, began)
        asyncio.get_running_loop().call_at(due, again)


async def _serve() -> None:
    held = _Held()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(held), "127.0.0.1", 0, backlog=2_000)
    host, port = server.sockets[0].getsockname()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
