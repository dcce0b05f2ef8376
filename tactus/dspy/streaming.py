"""One streamed call: DSPy's chunks come in through a memory stream, events go out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
import dspy
from anyio.lowlevel import checkpoint
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from dspy.lm15 import Response
from dspy.utils.exceptions import LMStreamAssemblyError

from tactus.dspy.meter import METER, Meter
from tactus.dspy.surrogates import is_cut, mended
from tactus.events import AgentStreamChunkEvent, Emit, Text

_BUFFERED = 64  # chunks between DSPy and us; a full buffer holds back the socket, loses nothing
_STEP = 0.05  # of the patience: how coarsely the end of the silence is moved

Call = Callable[[], Awaitable[Response]]


@dataclass
class Stream:
    """The text of one turn as it arrives; every attempt of the turn adds to the same.

    Attributes:
        began: when the turn began, on the event loop's clock, in seconds.
        first: when the first text came, or None.
        chunks: the model's chunks of text so far.
        heard: whether anything at all has come from the model, thoughts too.
        refusal: the text with which the model refused to answer.
        broken: what the listener raised, or None.
    """

    turn_id: str
    agent_name: str
    emit: Emit
    began: float
    text: Text = field(default_factory=Text)
    first: float | None = None
    chunks: int = 0
    heard: bool = False
    refusal: str = ""
    broken: Exception | None = None

    async def run(self, call: Call, silence: anyio.CancelScope, patience: float) -> Response:
        """What `call` returns; meanwhile each piece of text becomes an event, at once.

        Whenever something comes, `silence` ends `patience` seconds later, or a little after.

        Raises:
            LMError: what DSPy raised; `LMStreamAssemblyError` for want of the terminal marker.
            Exception: what the listener raised. Neither comes in a group.
        """
        meter = Meter()
        send, receive = anyio.create_memory_object_stream[Any](_BUFFERED)
        reader = _Reader(self, receive, meter, silence, patience)
        token = METER.set(meter)
        failure: Exception | None = None
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(reader.read)
                try:
                    with dspy.context(send_stream=_Sender(send, reader), disable_history=True):
                        response = await call()
                except Exception as error:  # noqa: BLE001  # raised below, behind its text
                    failure = error
                finally:
                    send.close()
                    reader.arrived.set()
        except BaseExceptionGroup as group:
            raise _single(group) from None
        finally:
            METER.reset(token)
            receive.close()
        self.refusal = meter.refusal
        if failure is not None:
            raise failure
        if not reader.finished and meter.watching and not meter.ended:
            raise LMStreamAssemblyError("the stream ended without its terminal marker")
        return response

    def add(self, text: str, count: int) -> None:
        """Emit `text`, which is `count` of the model's chunks."""
        if self.first is None:
            self.first = anyio.current_time()
        index = self.chunks
        self.chunks += count
        self.emit(
            AgentStreamChunkEvent.grown(
                self.text,
                text,
                turn_id=self.turn_id,
                agent_name=self.agent_name,
                index=index,
                count=count,
            )
        )


@dataclass
class _Sender:
    """The memory stream as DSPy sends to it, less a pass of the event loop for every chunk."""

    stream: MemoryObjectSendStream[Any]
    reader: "_Reader"
    begun: bool = False

    async def send(self, chunk: Any) -> None:
        try:
            self.stream.send_nowait(chunk)
        except anyio.WouldBlock:
            await self.stream.send(chunk)
        self.reader.arrived.set()
        if not self.begun:
            self.begun = True
            await checkpoint()  # the first piece goes out before the next is looked at


@dataclass
class _Reader:
    """Reads the memory stream; `arrived` is set when something waits there, or its end.

    The stream's own `receive` makes a pass of the event loop before it even looks.
    """

    stream: Stream
    receive: MemoryObjectReceiveStream[Any]
    meter: Meter
    silence: anyio.CancelScope
    patience: float
    finished: bool = False
    pieces: list[str] = field(default_factory=list)
    count: int = 0  # of the model's chunks in `pieces`
    arrived: anyio.Event = field(default_factory=anyio.Event)

    async def read(self) -> None:
        try:
            with anyio.CancelScope(shield=True):  # it ends with the call: all that came is told
                open_ended = True
                while open_ended:
                    await self.arrived.wait()
                    self.arrived = anyio.Event()
                    ends = anyio.current_time() + self.patience
                    if ends > self.silence.deadline:
                        self.silence.deadline = ends + self.patience * _STEP
                    open_ended = self._take()
        except Exception as error:
            self.receive.close()  # the listener failed: it is told nothing more
            self.stream.broken = error
            raise

    def _take(self) -> bool:
        """Make one event of all the chunks that wait; False when no more will come.

        They wait on when they end within a character.
        """
        more = True
        while True:
            try:
                chunk = self.receive.receive_nowait()
            except anyio.WouldBlock:
                break
            except anyio.EndOfStream:
                more = False
                break
            self.stream.heard = True
            choice = chunk["choices"][0]
            piece = choice["delta"].get("content")
            if piece:
                self.pieces.append(piece)
                self.count += self.meter.count_of(piece)
            if choice["finish_reason"]:
                self.finished = True
        if self.pieces and not (more and is_cut(self.pieces[-1])):
            self.stream.add(mended("".join(self.pieces)), self.count)
            self.pieces.clear()
            self.count = 0
        return more


def text_of(response: Response) -> str:
    """The text that `response` answers with."""
    parts = response.message.parts
    return mended("".join(part.text for part in parts if part.type == "text"))


def _single(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error in a group of a task group, whose others only follow from it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
