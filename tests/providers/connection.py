"""One connection of a loopback server: HTTP read and written by hand, so that it can be broken."""

import fcntl
import json
import socket
import struct
import termios
from typing import Any

import anyio
import anyio.lowlevel
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.providers.asked import Request
from tests.providers.script import Answer


class Ended(Exception):  # noqa: N818  # the script says so
    """The answer is cut here and the connection ends; `properly` when a next request may come."""

    def __init__(self, *, properly: bool = False) -> None:
        super().__init__()
        self.properly = properly


async def read_request(reader: BufferedByteReceiveStream, number: int) -> tuple[Request, bool]:
    """The next request, and whether its body is the JSON object that it should be."""
    head = (await reader.receive_until(b"\r\n\r\n", 65_536)).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    length = int(headers.get("content-length", 0))
    content = await reader.receive_exactly(length) if length else b"{}"
    try:
        body: Any = json.loads(content)
    except ValueError:
        body = None
    sound = isinstance(body, dict)
    request = Request(
        path, headers, body if sound else {}, method, anyio.current_time(), number=number
    )
    return request, sound


class Reply:
    """The way out for one answer: framed, in slices, cut where the script says."""

    def __init__(self, stream: SocketStream, answer: Answer) -> None:
        self._stream = stream
        self._answer = answer
        self._parts: list[bytes] = []
        self._left = answer.cut_at  # bytes of the body until the cut
        self._chunked = False

    def head(self, media_type: str, length: int | None = None) -> None:
        """Begin: a body of `length` bytes, else in chunks, or ended by the connection."""
        answer = self._answer
        self._chunked = length is None and answer.cut != "eof"
        framing = "Transfer-Encoding: chunked" if self._chunked else "Connection: close"
        if length is not None and answer.cut != "eof":
            framing = f"Content-Length: {length}"
        lines = [f"HTTP/1.1 {answer.status} Scripted", f"Content-Type: {media_type}", framing]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        self._parts.append("\r\n".join([*lines, "", ""]).encode())

    async def add(self, data: bytes) -> None:
        """Add to the body; it is sent with the next `flush`."""
        cut = self._left is not None and len(data) >= self._left
        data = data[: self._left] if cut else data
        if self._left is not None:
            self._left -= len(data)
        if data:
            self._parts.append(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)
        if cut:
            await self.cut()

    async def flush(self) -> None:
        """Send what was added."""
        data = b"".join(self._parts)
        self._parts.clear()
        size = self._answer.write_size or len(data)
        for start in range(0, len(data), size or 1):
            await self._stream.send(data[start : start + size])

    async def close(self) -> None:
        """End the body as it should end."""
        if self._chunked:
            self._parts.append(b"0\r\n\r\n")
        await self.flush()

    async def cut(self) -> None:
        """End the answer as the script says; does not return."""
        match self._answer.cut:
            case "end":
                await self.close()
                raise Ended(properly=True)
            case "garbage":
                self._parts.append(b"no length\r\n")
                await self.flush()
            case "stall":
                await self.flush()
                await anyio.sleep_forever()
            case "reset":
                await self.flush()
                await self._reset()
            case _:
                await self.flush()
        raise Ended

    async def raw(self, data: bytes) -> None:
        """Send this instead of an answer."""
        self._parts.append(data)
        await self.flush()

    async def _reset(self) -> None:
        """Close with a TCP reset, as a crashed server does, once the client's machine has all."""
        plain = self._stream.extra(SocketAttribute.raw_socket)  # noqa: S610  # not Django's
        while struct.unpack("i", fcntl.ioctl(plain, termios.TIOCOUTQ, b"\0" * 4)) != (0,):
            await anyio.lowlevel.checkpoint()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._stream._transport.abort()  # type: ignore[attr-defined]  # anyio closes politely only
