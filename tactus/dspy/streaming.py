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

from tactus.dspy.failures import is_not_json
from tactus.dspy.meter import METER, Meter
from tactus.dspy.sieve import Sieve
from tactus.dspy.speech import Speech
from tactus.dspy.surrogates import is_cut, mended

_BUFFERED = 64  # chunks between DSPy and us; a full buffer holds back the socket, loses nothing
_STEP = 0.05  # of the patience: how coarsely the end of the silence is moved
_THOUGHTS = 0.1  # seconds from one piece of a model's thoughts to the next

Call = Callable[[], Awaitable[Response]]


@dataclass
class Stream:
    """One streamed answer.

    Attributes:
        speech: the words of the turn, which the answer adds to.
        sieve: takes calls of tools out of the text, where the model writes them there; or None.
        spend: asked after each piece whether the run may go on; or None.
        heard: whether anything at all has come from the model, thoughts too.
        refusal: the text with which the model refused to answer.
        broken: what a listener raised, or None.
    """

    speech: Speech
    sieve: Sieve | None = None
    spend: Callable[[], None] | None = None
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
        if failure is not None and not (meter.torn and is_not_json(failure)):
            raise failure
        if failure or (not reader.finished and meter.watching and not meter.ended):
            raise LMStreamAssemblyError("the stream ended without its terminal marker")
        return response

    def add(self, text: str, count: int) -> None:
        """Say `text`, which is `count` of the model's chunks."""
        if self.sieve is not None:
            came, text = len(text), self.sieve.feed(text)
            self.speech.unsaid += max(came - len(text), 0)
        if text:
            self.speech.add(text, count)

    def close(self, *, whole: bool) -> None:
        """Say what was held back in case a call of a tool began with it.

        Args:
            whole: the answer did not end for its length.
        """
        if self.sieve is not None and (rest := self.sieve.close(whole=whole)):
            self.speech.add(rest, 0)


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
    whole: bool = True
    pieces: list[str] = field(default_factory=list)
    count: int = 0  # of the model's chunks in `pieces`
    thoughts: list[str] = field(default_factory=list)
    due: float = 0.0  # when thoughts may be told again
    arrived: anyio.Event = field(default_factory=anyio.Event)

    async def read(self) -> None:
        try:
            with anyio.CancelScope(shield=True):  # it ends with the call: all that came is told
                open_ended = True
                while open_ended:
                    await self.arrived.wait()
                    self.arrived = anyio.Event()
                    ends = anyio.current_time() + self.patience
                    if ends > self.silence.deadline or not self.stream.heard:
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
            self._read(chunk["choices"][0])
        self._tell_text(whole=not more)
        if not more:
            self._tell_thoughts()
            self.stream.close(whole=self.whole)
        elif self.thoughts and anyio.current_time() >= self.due:
            self._tell_thoughts()
        if self.stream.spend is not None:
            self.stream.spend()
        return more

    def _read(self, choice: Any) -> None:
        """One chunk of the model's."""
        self.stream.heard = True
        delta = choice["delta"]
        if piece := delta.get("content"):
            self._tell_thoughts()
            self.pieces.append(piece)
            self.count += self.meter.count_of(piece)
        elif thought := delta.get("reasoning_content"):
            self._tell_text(whole=True)
            self.thoughts.append(thought)
        elif calls := delta.get("tool_calls"):
            for call in calls:
                self.stream.speech.unsaid += len(call["function"].get("arguments") or "")
        if choice["finish_reason"]:
            self.finished = True
            self.whole = choice["finish_reason"] != "length"

    def _tell_text(self, *, whole: bool) -> None:
        """Tell the text that waits; unless `whole`, not when it ends within a character."""
        if self.pieces and (whole or not is_cut(self.pieces[-1])):
            self.stream.add(mended("".join(self.pieces)), self.count)
            self.pieces.clear()
            self.count = 0

    def _tell_thoughts(self) -> None:
        if self.thoughts:
            self.stream.speech.think(mended("".join(self.thoughts)))
            self.thoughts.clear()
            self.due = anyio.current_time() + _THOUGHTS


def _single(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error in a group of a task group, whose others only follow from it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
