"""Readers of event streams that others wrote, as each of them reads a run."""

import os
import random
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import httpx
import orjson
import pytest
from httpx_sse import aconnect_sse

from tests.ide_backend.serving import Served

FRONTEND = Path(__file__).parents[2] / "ide_backend" / "frontend"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

Wanted = tuple[int, int | None]  # behind which seq, and how many events at most


@dataclass
class Read:
    """What came: id and data of each event, over how many connections, and whether a 204 ended it.

    `retry` is how many milliseconds the reader was asked to wait, where it tells.
    """

    events: list[tuple[str, str]] = field(default_factory=list)
    opened: int = 0
    closed: bool = False
    retry: int | None = None


def require(name: str) -> None:
    """Skip the test where what `name` runs on is missing; fail where nothing may be missing.

    Call it before a server is opened, whose task group would make a failure of the skip.
    """
    lacking = []
    if name != "httpx-sse":
        lacking += [] if shutil.which("node") else ["node"]
        packages = (FRONTEND / "node_modules" / "ai").is_dir()
        lacking += [] if packages else ["the page's packages (make ide)"]
    if name == "chromium" and not Path(CHROMIUM).exists():
        lacking.append(CHROMIUM)
    if lacking and (os.environ.get("CI") or os.environ.get("REQUIRE_BROWSER")):
        pytest.fail(f"needs {', '.join(lacking)}, which must not be missing here")
    if lacking:
        pytest.skip(f"needs {', '.join(lacking)}")


async def node(script: str, **plan: Any) -> Any:
    """What a script of `frontend/clients` answers."""
    done = await anyio.run_process(
        ["node", str(FRONTEND / "clients" / script)], input=orjson.dumps(plan), check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return orjson.loads(done.stdout)


Reader = Callable[[Served, str, Sequence[Wanted]], Awaitable[list[Read]]]


async def httpx_sse(ide: Served, url: str, reads: Sequence[Wanted]) -> list[Read]:
    """PyPI `httpx-sse`: who resumes is its user, here at once, with the last id."""

    async def read(after: int, most: int | None) -> Read:
        result = Read()
        last = str(after) if after else ""
        while not result.closed and len(result.events) != most:
            headers = {"last-event-id": last} if last else {}
            with suppress(httpx.RemoteProtocolError, httpx.ReadError):  # the connection was cut
                async with aconnect_sse(ide.client, "GET", url, headers=headers) as source:
                    result.closed = source.response.status_code == 204
                    if result.closed:
                        break
                    result.opened += 1
                    async for event in source.aiter_sse():
                        last = event.id
                        result.retry = result.retry or event.retry
                        result.events.append((event.id, event.data))
                        if len(result.events) == most:
                            break
        return result

    return [await read(*wanted) for wanted in reads]


async def eventsource(ide: Served, url: str, reads: Sequence[Wanted]) -> list[Read]:
    """npm `eventsource`."""
    return _reads(await node("eventsource.mjs", url=url, token=ide.token, reads=reads))


async def eventsource_parser(ide: Served, url: str, reads: Sequence[Wanted]) -> list[Read]:
    """npm `eventsource-parser`, over fetch."""
    return _reads(await node("parser.mjs", url=url, token=ide.token, reads=reads))


async def chromium(ide: Served, url: str, reads: Sequence[Wanted]) -> list[Read]:
    """Chromium's own EventSource."""
    answer = await ide.stranger.post("/api/session", json={"token": ide.token})
    ((name, value),) = answer.cookies.items()
    ide.stranger.cookies.clear()
    cookie = {"name": name, "value": value}
    told = await node("chromium.mjs", url=url, cookie=cookie, executable=CHROMIUM, reads=reads)
    return _reads(told)


READERS: dict[str, Reader] = {
    "httpx-sse": httpx_sse,
    "eventsource": eventsource,
    "eventsource-parser": eventsource_parser,
    "chromium": chromium,
}


def _reads(told: list[dict[str, Any]]) -> list[Read]:
    return [Read(**{**one, "events": [tuple(event) for event in one["events"]]}) for one in told]


@asynccontextmanager
async def cutting(address: str, cuts: int, seed: int) -> AsyncIterator[str]:
    """Another address of the server, which cuts the first `cuts` answers off, anywhere."""
    dice = random.Random(seed)
    sizes = iter([dice.randrange(200, 20_000) for _ in range(cuts)])
    server = address.removeprefix("http://")

    async def relay(ours: bytes, reader: anyio.abc.SocketStream) -> None:
        host, _, port = server.partition(":")
        left = next(sizes, None)
        async with reader, await anyio.connect_tcp(host, int(port)) as upstream:

            async def ask() -> None:
                """Hand the requests on, under the server's own name."""
                with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                    while True:
                        request = await reader.receive()
                        await upstream.send(request.replace(ours, server.encode()))

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask)
                with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                    while left is None or left > 0:
                        data = await upstream.receive()
                        await reader.send(data[:left])
                        left = None if left is None else left - len(data)
                tasks.cancel_scope.cancel()

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        (ours,) = {one.extra(anyio.abc.SocketAttribute.local_port) for one in listener.listeners}  # noqa: S610
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, partial(relay, f"127.0.0.1:{ours}".encode()))
            yield f"http://127.0.0.1:{ours}"
            tasks.cancel_scope.cancel()
