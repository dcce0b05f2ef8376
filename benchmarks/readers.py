"""Readers of one event stream, in a process of their own, so that they cost the server nothing.

`python -m benchmarks.readers ADDRESS PATH TOKEN READERS IDLE TEXT` says "ready" when all have been
let in, and at the end what they read, as JSON. IDLE more ask, for what PATH gives without a query,
which is more, and never read. TEXT is the text that each has to get, as `CHUNKSxKIND`; a reader who
gets anything else ends it all.
"""

import asyncio
import json
import re
import socket
import sys
import time
from bisect import bisect_left
from dataclasses import asdict, dataclass
from itertools import accumulate
from urllib.parse import urlsplit

import orjson

from benchmarks.server import Kind, piece

_END = b"0\r\n\r\n"
_HEAD_END = b"\r\n\r\n"
_TINY = 4096  # bytes that the kernel takes in for one that never reads
_AT_ONCE = 50  # connections that are being made


@dataclass(frozen=True)
class Read:
    """What all readers together read; `played` is what one read, each event with its time."""

    events: int
    bytes: int
    ended: float  # seconds since the epoch, as all times here
    played: list[tuple[float, str]]


class _Reader(asyncio.Protocol):
    """Keeps what comes, as it comes, and when."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.let_in: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[float] = loop.create_future()
        self.parts: list[bytes] = []
        self.times: list[float] = []

    def data_received(self, data: bytes) -> None:
        self.parts.append(data)
        self.times.append(time.time())
        if not self.let_in.done():
            self.let_in.set_result(None)
        if data.endswith(_END):
            self.ended.set_result(self.times[-1])

    def connection_lost(self, _: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(RuntimeError("a reader was cut off in the middle"))

    def stream(self) -> tuple[bytes, list[tuple[int, float]]]:
        """The body, and where each of its HTTP chunks ends and when it was there."""
        raw = b"".join(self.parts)
        came = list(accumulate(map(len, self.parts)))
        at = raw.index(_HEAD_END) + len(_HEAD_END)
        if not raw.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"a reader was told {raw[:200]!r}")
        body = bytearray()
        ends: list[tuple[int, float]] = []
        while True:
            line = raw.index(b"\r\n", at)
            size = int(raw[at:line], 16)
            if not size:
                return bytes(body), ends
            at = line + 2 + size
            body += raw[line + 2 : at]
            ends.append((len(body), self.times[bisect_left(came, at)]))
            at += 2


async def _read(address: str, path: str, token: str, readers: int, idle: int) -> list[_Reader]:
    """All readers, once the stream of each has ended."""
    where = urlsplit(address)
    assert where.hostname is not None
    assert where.port is not None
    lines = [f"Host: {where.netloc}", f"Authorization: Bearer {token}", "", ""]
    request, other = (
        "\r\n".join([f"GET {one} HTTP/1.1", *lines]).encode()
        for one in (path, path.partition("?")[0])
    )
    loop = asyncio.get_running_loop()
    never: list[socket.socket] = []
    for _ in range(idle):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _TINY)
        one.setblocking(False)
        await loop.sock_connect(one, (where.hostname, where.port))
        await loop.sock_sendall(one, other)
        never.append(one)
    listed: list[_Reader] = []
    while len(listed) < readers:
        made = [
            await loop.create_connection(_Reader, where.hostname, where.port)
            for _ in range(min(_AT_ONCE, readers - len(listed)))
        ]
        for transport, _ in made:
            transport.write(request)
        listed += [reader for _, reader in made]
        await asyncio.gather(*(reader.let_in for _, reader in made))
    print("ready", flush=True)
    await asyncio.gather(*(reader.ended for reader in listed))
    for one in never:
        one.close()
    return listed


def _checked(stream: bytes, text: str) -> int:
    """How many events are in `stream`, which must be in order and have all of `text`."""
    events = stream.split(b"\n\n")
    pieces: list[str] = []
    last, length = 0, 0
    for event in events[:-1]:
        said = orjson.loads(event.partition(b"data: ")[2])
        if said["event_type"] == "heartbeat":
            continue
        number = int(re.search(rb"^id: (\d+)$", event, re.MULTILINE)[1])  # type: ignore[index]
        if said["event_type"] == "agent_stream_chunk":
            pieces.append(said["chunk_text"])
            length += len(said["chunk_text"])
            if said["accumulated_length"] != length:
                raise RuntimeError(f"event {number} has lost or repeated text")
        if number != said["seq"] or number <= last:
            raise RuntimeError(f"event {number} came after {last}")
        last = number
    if "".join(pieces) != text:
        raise RuntimeError("the text of a reader is not what the model said")
    if said["event_type"] != "run_finished":
        raise RuntimeError("a stream ended before its run")
    return len(events) - 1


def _played(reader: _Reader) -> list[tuple[float, str]]:
    """Each event that `reader` read, and when it was there."""
    body, ends = reader.stream()
    listed: list[tuple[float, str]] = []
    at = 0
    for end, came in ends:
        listed += [(came, f"{event.decode()}\n\n") for event in body[at:end].split(b"\n\n")[:-1]]
        at = end
    return listed


def main() -> None:
    """Read to the end, check what was read, and say what it was."""
    address, path, token, readers, idle, wanted = sys.argv[1:]
    chunks, kind = wanted.split("x")
    kinds: dict[str, Kind] = {"digits": "digits", "prose": "prose"}
    text = "".join(piece(number, kinds[kind]) for number in range(int(chunks)))
    listed = asyncio.run(_read(address, path, token, int(readers), int(idle)))
    known: dict[bytes, int] = {}
    events = size = 0
    for reader in listed:
        stream, _ = reader.stream()
        if stream not in known:
            known[stream] = _checked(stream, text)
        events += known[stream]
        size += len(stream)
    ended = max(reader.ended.result() for reader in listed)
    print(json.dumps(asdict(Read(events, size, ended, _played(listed[0])))))


if __name__ == "__main__":
    main()
