"""A loopback server of the providers' wires that costs the client's machine as little as it can.

The first part of the path says what is answered: `/5000x0` is 5,000 chunks at once, `/500x2000` is
one each 2,000 µs, `/5000xjoined` is without regard to where a chunk ends, as through a proxy. A
third number is how many chunks of them come at once, before the paced ones. `xprose` at the end
gives words in place of digits, `xstamped` the time in ms at which each chunk is sent.
The last part says on which wire: OpenAI's chat completions unless it is that of another.
`/hold`, and `/hold-500x2000` as well, keeps every request until `POST /release`; `GET /held/1000`
is answered when so many are kept. Run as `python -m benchmarks.server`; the first line out is its
address.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal, get_args

from benchmarks.heard import CHARACTERS
from tests.providers import Answer, rendered

_HELD = "20x0"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n%b\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_END = b"0\r\n\r\n"
_JOINED = 16 * 1024  # bytes of an HTTP chunk that holds many frames


Kind = Literal["digits", "prose", "stamped"]

_STAMP = "0000000000000.0"  # ms since the epoch, put in as the chunk is sent
_TEXT = """Once the rain had gone, the keeper of the light went down to the sea and counted what
the storm had left: a chair, eleven oranges, half a letter in a hand that she knew."""
_PROSE = _TEXT.split()
_PARAGRAPH = 120  # words
_WIRES = {  # by how the path of a request ends; what is rendered there, and what it is
    "/responses": ("responses", b"text/event-stream"),
    "/messages": ("anthropic", b"text/event-stream"),
    ":streamGenerateContent": ("gemini", b"text/event-stream"),
    "/api/chat": ("ollama", b"application/x-ndjson"),
}


@dataclass(frozen=True)
class Script:
    """What is answered: `at_once` chunks, then one each `pace` µs; all at once for 0."""

    chunks: int
    pace: int
    joined: bool
    at_once: int
    kind: Kind

    @classmethod
    def read(cls, text: str) -> "Script":
        """As the path has it."""
        chunks, how, *more = text.split("x")
        kinds: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
        kind = kinds.get(more[-1]) if more else None
        at_once = int(more[0]) if more and more[0].isdecimal() else 0
        pace = 0 if how == "joined" else int(how)
        return cls(int(chunks), pace, how == "joined", at_once, kind or "digits")


def piece(number: int, kind: Kind = "digits") -> str:
    """The text of a chunk; no two that follow each other are the same."""
    if kind == "stamped":
        return f"{_STAMP} "
    if kind == "prose":
        return _PROSE[number % len(_PROSE)] + ("\n\n" if number % _PARAGRAPH == 99 else " ")
    return f"{number:0{CHARACTERS}d}"[-CHARACTERS:]


@cache
def streamed(chunks: int, joined: bool, kind: Kind = "digits") -> tuple[bytes, ...]:
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

    data = [chunk({"content": piece(number, kind)}) for number in range(chunks)]
    data.append(chunk({}, "stop"))
    data.append(_json({**about, "choices": [], "usage": _usage(chunks)}))
    data.append("[DONE]")
    frames = [f"data: {text}\n\n".encode() for text in data]
    if joined:
        body = b"".join(frames)
        frames = [body[start : start + _JOINED] for start in range(0, len(body), _JOINED)]
    return _in_http(frames)


@cache
def spoken(wire: str, chunks: int) -> tuple[bytes, ...]:
    """The streamed answer as another provider sends it, each frame in an HTTP chunk."""
    return _in_http(rendered(wire, Answer(tuple(map(piece, range(chunks))))))


def _in_http(frames: Sequence[bytes]) -> tuple[bytes, ...]:
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
        self.kept: list[tuple[_Connection, Script]] = []
        self.watchers: list[tuple[int, _Connection]] = []

    def tell(self) -> None:
        for number, watcher in self.watchers[:]:
            if len(self.kept) >= number:
                self.watchers.remove((number, watcher))
                watcher.send(b"text/plain", b"%d" % len(self.kept))

    def release(self) -> None:
        kept, self.kept = self.kept, []
        for connection, script in kept:
            connection.stream(script)


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
        target = head.split(b" ", 2)[1].decode().partition("?")[0]
        script = target.split("/")
        wire = next((_WIRES[end] for end in _WIRES if target.endswith(end)), None)
        match script[1]:
            case "held":
                self._held.watchers.append((int(script[2]), self))
                self._held.tell()
            case "release":
                self._held.release()
                self.send(b"text/plain", b"")
            case hold if hold.startswith("hold"):
                answer = Script.read(hold.partition("-")[2] or _HELD)
                self._held.kept.append((self, answer))
                self._held.tell()
            case named:
                answer = Script.read(named)
                if wire is not None:
                    self.send_stream(spoken(wire[0], answer.chunks), answer, wire[1])
                elif json.loads(body).get("stream"):
                    self.stream(answer)
                else:
                    self.send(b"application/json", whole(answer.chunks))

    def send(self, content_type: bytes, body: bytes) -> None:
        self._transport.write(_HEAD % (content_type, b"Content-Length: %d" % len(body)) + body)

    def stream(self, answer: Script) -> None:
        frames = streamed(answer.chunks, answer.joined, answer.kind)
        self.send_stream(frames, answer, b"text/event-stream")

    def send_stream(self, frames: tuple[bytes, ...], answer: Script, content_type: bytes) -> None:
        head = _HEAD % (content_type, b"Transfer-Encoding: chunked")
        if not answer.pace:
            self._transport.write(b"".join((head, *frames)))
            return
        self._transport.write(b"".join((head, *frames[: answer.at_once])))
        delay = answer.pace / 1e6
        began = asyncio.get_running_loop().time() - answer.at_once * delay
        self._next(frames, answer.at_once, delay, began)

    def _next(self, frames: tuple[bytes, ...], number: int, delay: float, began: float) -> None:
        """Send a frame, each at its time after the first, and the last ones with the last text."""
        if self._transport.is_closing():
            return
        if number + 5 > len(frames):
            self._transport.write(_stamped(b"".join(frames[number:])))
            return
        self._transport.write(_stamped(frames[number]))
        due = began + (number + 1) * delay
        again = partial(self._next, frames, number + 1, delay, began)
        asyncio.get_running_loop().call_at(due, again)


def _stamped(frame: bytes) -> bytes:
    return frame.replace(_STAMP.encode(), b"%.1f" % (time.time() * 1e3))


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
