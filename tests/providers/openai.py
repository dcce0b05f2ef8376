"""A loopback server that speaks OpenAI chat completions, each answer scripted.

`async with openai_server(Answer(("Once ", "upon"))) as server:` gives `server.base_url`, the
requests that came, and events to wait on. `python -m tests.providers.openai --help` serves one
answer to other processes.
"""

import argparse
import json
import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import anyio
import anyio.lowlevel
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


@dataclass(frozen=True)
class Answer:
    """What the server says to one request.

    `cut` ends the answer after `cut_after` pieces: "eof" as a polite end of the connection,
    "mid_body" inside the announced body, "garbage" with what is no HTTP, "reset" with a TCP reset.
    `hold_after` keeps silent after so many pieces until the client goes away or `server.release` is
    set. `delay` is in seconds between pieces, `write_size` in bytes.
    """

    pieces: tuple[str, ...] = ("Once ", "upon ", "a time.")
    finish_reason: str | None = "stop"
    usage: dict[str, Any] | None = field(default_factory=lambda: dict(USAGE))
    done: bool = True
    status: int = 200
    error: str = "The server had an error."
    headers: tuple[tuple[str, str], ...] = ()
    write_size: int | None = None
    line_end: str = "\n"
    before: bytes = b""  # ahead of the first frame: a byte order mark, a comment
    comment: str | None = None  # a comment frame between pieces
    delay: float = 0.0
    cut: Literal["eof", "mid_body", "garbage", "reset"] | None = None
    cut_after: int = 0
    malformed_after: int | None = None
    hold_after: int | None = None
    escape: bool = False  # non-ASCII text as \\u escapes
    raw: bytes | None = None  # sent instead, head and all; the connection ends with it


@dataclass(frozen=True)
class Request:
    """A request as it came; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Server:
    """A running server: where it is, what came to it."""

    base_url: str
    answer: Callable[[Request], Answer]
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    arrived: anyio.Event = field(default_factory=anyio.Event)  # a first request came
    holding: anyio.Event = field(default_factory=anyio.Event)  # an answer went silent
    gone: anyio.Event = field(default_factory=anyio.Event)  # a client left in the middle of one
    release: anyio.Event = field(default_factory=anyio.Event)  # silent answers go on

    async def handle(self, stream: SocketStream) -> None:
        """Serve one connection until it closes."""
        self.connections += 1
        async with stream:
            reader = BufferedByteReceiveStream(stream)
            try:
                while True:
                    request = await _read_request(reader)
                    self.requests.append(request)
                    self.arrived.set()
                    if not await self._answer(stream, request):
                        return
            except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError):
                return

    async def _answer(self, stream: SocketStream, request: Request) -> bool:
        """Send one answer; False when the connection ends with it."""
        answer = self.answer(request)
        keep = False
        async with anyio.create_task_group() as tasks:

            async def watch() -> None:
                try:
                    await stream.receive()
                except (anyio.EndOfStream, anyio.BrokenResourceError):
                    self.gone.set()
                    tasks.cancel_scope.cancel()

            tasks.start_soon(watch)
            await anyio.lowlevel.checkpoint()
            keep = await self._send(stream, request, answer)
            tasks.cancel_scope.cancel()
        return keep

    async def _send(self, stream: SocketStream, request: Request, answer: Answer) -> bool:
        if answer.raw is not None:
            await _write(stream, answer.raw, answer)
            return False
        if answer.status != 200:
            body = json.dumps({"error": {"message": answer.error, "type": "error"}}).encode()
            await _write(stream, _head(answer, "application/json", len(body)) + body, answer)
            return True
        if not request.body.get("stream"):
            return await self._send_whole(stream, request, answer)
        framed = answer.cut != "eof"
        await _write(stream, _head(answer, "text/event-stream", None if framed else -1), answer)
        parts: list[bytes] = [
            _chunked(answer.before) if answer.before and framed else answer.before
        ]
        for number, frame in enumerate(frames(answer, request.body["model"])):
            if number == answer.hold_after:
                await _write(stream, b"".join(parts), answer)
                parts.clear()
                await self._hold()
            if answer.cut and number == answer.cut_after:
                parts.append(b"no length\r\n" if answer.cut == "garbage" else b"")
                await _write(stream, b"".join(parts), answer)
                if answer.cut == "reset":
                    _reset(stream)
                return False
            parts.append(_chunked(frame) if framed else frame)
            if answer.delay:
                await _write(stream, b"".join(parts), answer)
                parts.clear()
                await anyio.sleep(answer.delay)
        if framed:
            parts.append(b"0\r\n\r\n")
        await _write(stream, b"".join(parts), answer)
        return framed

    async def _send_whole(self, stream: SocketStream, request: Request, answer: Answer) -> bool:
        if answer.hold_after is not None:
            await self._hold()
        message = {"role": "assistant", "content": "".join(answer.pieces)}
        choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
        data: dict[str, Any] = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1}
        data |= {"model": request.body["model"], "choices": [choice]}
        if answer.usage is not None:
            data["usage"] = answer.usage
        body = json.dumps(data).encode()
        if answer.malformed_after is not None:
            body = body[:-20]
        head = _head(answer, "application/json", len(body))
        if answer.cut is None:
            await _write(stream, head + body, answer)
            return True
        await _write(stream, head + body[: len(body) // 2], answer)
        if answer.cut == "reset":
            _reset(stream)
        return False

    async def _hold(self) -> None:
        self.holding.set()
        await self.release.wait()


def frames(answer: Answer, model: str) -> Iterator[bytes]:
    """The SSE frames of a streamed answer, in order."""
    end = answer.line_end
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}

    def frame(data: object) -> bytes:
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=answer.escape)
        return f"data: {text}{end}{end}".encode()

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return frame({**base, "choices": [choice]})

    for number, piece in enumerate(answer.pieces):
        if number == answer.malformed_after:
            yield frame('{"id": "chatcmpl-1", "choices": [{"delta": {"cont')
        if answer.comment is not None:
            yield f": {answer.comment}{end}{end}".encode()
        yield chunk({"content": piece} if number else {"role": "assistant", "content": piece})
    if answer.finish_reason is not None:
        yield chunk({}, answer.finish_reason)
    if answer.usage is not None:
        yield frame({**base, "choices": [], "usage": answer.usage})
    if answer.done:
        yield frame("[DONE]")


def body(content: bytes, kind: str | None, status: int = 200, **answer: Any) -> Answer:
    """An answer with this body, of this content type; the body ends with the connection."""
    lines = [f"HTTP/1.1 {status} Scripted", "Connection: close"]
    lines += [f"Content-Type: {kind}"] if kind else []
    return Answer(raw="\r\n".join([*lines, "", ""]).encode() + content, **answer)


def stream(*data: object, **answer: Any) -> Answer:
    """A streamed answer with these frames, each a JSON value, and then `[DONE]`."""
    frames = [*(json.dumps(frame) for frame in data), "[DONE]"]
    content = "".join(f"data: {frame}\n\n" for frame in frames).encode()
    return body(content, "text/event-stream", **answer)


def delta(finish_reason: str | None = None, **said: Any) -> dict[str, Any]:
    """A chunk in which the model says this."""
    return {"choices": [{"index": 0, "delta": said, "finish_reason": finish_reason}]}


@asynccontextmanager
async def openai_server(
    *answers: Answer, choose: Callable[[Request], Answer] | None = None, port: int = 0
) -> AsyncIterator[Server]:
    """Serve `answers` in order, the last one again and again; or what `choose` says."""
    script = list(answers or (Answer(),))

    def in_order(_: Request) -> Answer:
        return script.pop(0) if len(script) > 1 else script[0]

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    port = listener.extra(SocketAttribute.local_port)  # noqa: S610  # not Django's
    server = Server(f"http://127.0.0.1:{port}/v1", choose or in_order)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.handle)
        failure: BaseException | None = None
        try:
            yield server
        except BaseException as error:  # noqa: BLE001  # raised below: not in a group
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _read_request(reader: BufferedByteReceiveStream) -> Request:
    head = (await reader.receive_until(b"\r\n\r\n", 65_536)).decode("latin-1")
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    length = int(headers.get("content-length", 0))
    body = await reader.receive_exactly(length) if length else b"{}"
    return Request(first.split(" ")[1], headers, json.loads(body))


def _head(answer: Answer, content_type: str, length: int | None) -> bytes:
    """The head of an answer; no length means chunked, -1 that the body ends with the connection."""
    framing = {None: "Transfer-Encoding: chunked", -1: "Connection: close"}
    lines = [
        f"HTTP/1.1 {answer.status} Scripted",
        f"Content-Type: {content_type}",
        framing.get(length, f"Content-Length: {length}"),
        *(f"{name}: {value}" for name, value in answer.headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def _write(stream: SocketStream, data: bytes, answer: Answer) -> None:
    size = answer.write_size or len(data)
    for start in range(0, len(data), size or 1):
        await stream.send(data[start : start + size])


def _reset(stream: SocketStream) -> None:
    """Close with a TCP reset, as a crashed server does; what was sent before may be lost."""
    linger = struct.pack("ii", 1, 0)
    raw = stream.extra(SocketAttribute.raw_socket)  # noqa: S610  # not Django's
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    stream._transport.abort()  # type: ignore[attr-defined]  # anyio closes politely only


async def _serve(arguments: argparse.Namespace) -> None:
    size = arguments.size
    pieces = tuple(f"{number:0{size}d}"[-size:] for number in range(arguments.pieces))
    answer = Answer(pieces, delay=arguments.delay)
    async with openai_server(answer, port=arguments.port) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        await anyio.sleep_forever()


def main() -> None:
    """Serve one answer until the process is ended; the first line out is the base URL."""
    parser = argparse.ArgumentParser(prog="python -m tests.providers.openai", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--pieces", type=int, default=20, help="chunks in the answer")
    parser.add_argument("--size", type=int, default=5, help="characters in a chunk")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds between chunks")
    anyio.run(_serve, parser.parse_args())


if __name__ == "__main__":
    main()
