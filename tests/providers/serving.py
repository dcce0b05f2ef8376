"""A running loopback server: scripted answers for whoever asks, and what was asked."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import anyio.lowlevel
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.providers.asked import Breach, Request, require
from tests.providers.connection import Ended, Reply, read_request
from tests.providers.dialect import Dialect, Provider
from tests.providers.script import Answer, Failure

_JSON = "application/json"


@dataclass
class Server:
    """A running server: where it is, what came to it.

    `base_url` is what our settings want as the `api_base` of `provider`; `root` has no path.
    `requests` are those to a model, the broken ones too; `lookups` all others, such as lists of
    models. `breaches` are the rules of the provider that requests broke, as it words them; such a
    request does not use up an answer.
    """

    kind: Provider
    root: str
    answer: Callable[[Request], Answer]
    requests: list[Request] = field(default_factory=list)
    lookups: list[Request] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    connections: int = 0
    arrived: anyio.Event = field(default_factory=anyio.Event)  # a first request came
    holding: anyio.Event = field(default_factory=anyio.Event)  # an answer went silent
    gone: anyio.Event = field(default_factory=anyio.Event)  # a client left in the middle of one
    release: anyio.Event = field(default_factory=anyio.Event)  # silent answers go on

    @property
    def base_url(self) -> str:
        return self.root + self.kind.base

    @property
    def provider(self) -> str:
        """The provider's name in our settings and in model names."""
        return self.kind.name

    async def handle(self, stream: SocketStream) -> None:
        """Serve one connection until it closes."""
        self.connections += 1
        async with stream:
            reader = BufferedByteReceiveStream(stream)
            try:
                while True:
                    request, sound = await read_request(reader, len(self.requests))
                    if not await self._answer(stream, request, sound):
                        return
            except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError):
                return

    async def _answer(self, stream: SocketStream, request: Request, sound: bool) -> bool:
        """Send one answer; False when the connection ends with it."""
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
            try:
                keep = await self._send(stream, request, sound)
            except anyio.BrokenResourceError:
                self.gone.set()
            tasks.cancel_scope.cancel()
        return keep

    async def _send(self, stream: SocketStream, request: Request, sound: bool) -> bool:
        dialect = self.kind.speaking(request.route)
        if dialect is None or request.method != "POST":
            self.lookups.append(request)
            return await _send_page(stream, self.kind, request)
        try:
            try:
                require(sound, "We could not parse the JSON body of your request.")
                request = dialect.read(request)
            finally:
                self.requests.append(request)
                self.arrived.set()
            dialect.judge(request)
            answer = _at_once(self.answer(request), request)
        except Breach as breach:
            self.breaches.append(breach.message)
            answer = Answer(status=breach.status, error=breach.message)
        reply = Reply(stream, answer)
        try:
            if answer.raw is not None:
                await reply.raw(answer.raw)
                return False
            if answer.hold_after == -1:
                await self._hold()
            if answer.status != 200:
                error = dialect.error(answer.status, answer.error)
                await _send_whole(reply, json.dumps(error).encode(), answer)
            elif request.stream:
                await self._send_stream(reply, dialect, request, answer)
            else:
                if answer.hold_after not in (None, -1):
                    await self._hold()
                dialect.fits(answer)
                whole = json.dumps(dialect.whole(answer, request)).encode()
                await _send_whole(reply, whole, answer)
        except Ended as ended:
            return ended.properly
        return answer.cut != "eof"

    async def _send_stream(
        self, reply: Reply, dialect: Dialect, request: Request, answer: Answer
    ) -> None:
        dialect.fits(answer)
        reply.head(dialect.media_type)
        await reply.add(answer.before)
        number = -1
        for number, piece in enumerate(dialect.streamed(answer, request)):
            if number == answer.hold_after:
                await reply.flush()
                await self._hold()
            if number == answer.cut_after and answer.cut and answer.cut_at is None:
                await reply.cut()
            if number == answer.malformed_after:
                await reply.add(dialect.broken(answer))
            await reply.add(piece)
            if answer.delay:
                await reply.flush()
                await anyio.sleep(answer.delay)
        if answer.hold_after is not None and answer.hold_after > number:
            await reply.flush()
            await self._hold()
        if answer.cut:
            await reply.cut()
        await reply.close()

    async def _hold(self) -> None:
        self.holding.set()
        await self.release.wait()


@asynccontextmanager
async def serve(
    kind: Provider,
    *answers: Answer,
    choose: Callable[[Request], Answer] | None = None,
    port: int = 0,
) -> AsyncIterator[Server]:
    """Serve `answers` in order, the last one again and again; or what `choose` says.

    A `port` of 0 takes a free one.
    """
    script = list(answers or (Answer(),))

    def in_order(_: Request) -> Answer:
        return script.pop(0) if len(script) > 1 else script[0]

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    port = listener.extra(SocketAttribute.local_port)  # noqa: S610  # not Django's
    server = Server(kind, f"http://127.0.0.1:{port}", choose or in_order)
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


def _at_once(answer: Answer, request: Request) -> Answer:
    """An answer that fails in its middle fails from the start when it is not streamed."""
    failures = [piece for piece in answer.pieces if isinstance(piece, Failure)]
    if request.stream or not failures:
        return answer
    return replace(answer, status=failures[0].status, error=failures[0].message)


async def _send_page(stream: SocketStream, kind: Provider, request: Request) -> bool:
    page: Any = kind.pages.get(request.route)
    found = page is not None
    if not found:
        page = kind.dialects[0].error(404, f"Not found: {request.method} {request.route}")
    answer = Answer(status=200 if found else 404)
    await _send_whole(Reply(stream, answer), json.dumps(page).encode(), answer)
    return True


async def _send_whole(reply: Reply, body: bytes, answer: Answer) -> None:
    """Send a body at once; cut, it breaks off in its middle, or where `cut_at` says."""
    if answer.malformed_after is not None:
        body = body[:-20]
    half = body[: len(body) // 2] if answer.cut and answer.cut_at is None else body
    length = len(half[: answer.cut_at]) if answer.cut == "end" else len(body)
    reply.head(_JSON, length)
    await reply.add(half)
    if answer.cut:
        await reply.cut()
    await reply.close()
