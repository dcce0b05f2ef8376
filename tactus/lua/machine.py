"""One procedure on one Lua state: loads it, and drives it from request to request."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from lupa import lua54

from tactus.errors import (
    ENDING,
    ProcedureError,
    ProcedureSyntaxError,
    StoppedError,
    TactusError,
)
from tactus.lua.convert import FunctionRef, decode, encode
from tactus.lua.failure import Source, limit_error, procedure_error, syntax_error
from tactus.lua.outcome import Dead, Done, Failed, Killed, Outcome, Request, Told
from tactus.lua.position import Position, alias_of, trimmed
from tactus.lua.sandbox import Interrupt, Sandbox, compiled, open_sandbox
from tactus.settings import Limits

MOST_SOURCE = 1_048_576  # bytes
_MOST_KILLS = 1_000  # requests that a dying script may still make before it is left where it is
_MOST_ERRORS = 1_000  # that a script may have caught and can raise again as they were

Tell = Callable[[str, Any, Position | None], Any]
Answer = Callable[[Request], Awaitable[Any]]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Surface:
    """A trusted file that adds words to the language; it runs once with `local host = ...`."""

    name: str
    text: str


class Machine:
    """One Lua state, one procedure.

    Args:
        surface: the files that make the language, in order.
        tell: answers on the spot what the procedure tells; plain data, or a TactusError.
        limits: what the procedure may use.
        seed: seeds `math.random`.
        limiter: where Lua runs: None in the event loop, else in worker threads under this limit.
        interrupt: ends what the procedure computes, from any thread.
    """

    def __init__(
        self,
        *,
        surface: Sequence[Surface],
        tell: Tell,
        limits: Limits,
        seed: int = 0,
        limiter: anyio.CapacityLimiter | None = None,
        interrupt: Interrupt | None = None,
    ) -> None:
        self._interrupt = interrupt or Interrupt()
        self._surface = surface
        self._tell = tell
        self._limits = limits
        self._seed = seed
        self._limiter = limiter
        self._turn = anyio.Lock()  # one slice at a time
        self._source = Source("", "", "")
        self._opened: Sandbox | None = None
        self._main = 0
        self._stopped_at: Outcome = Done(None)
        self._requests = 0
        self._errors: dict[int, TactusError] = {}  # by the number that Lua knows it by
        self._caught = 0

    def load(self, text: str, name: str) -> None:
        """Run the procedure to its first request, or to its end.

        Raises:
            ProcedureSyntaxError: it is no Lua.
            TactusError: it failed, reached a limit, or told something wrong; with file and line.
        """
        alias = alias_of(name)
        self._source = Source(name, alias, _prepared(text, name))
        self._opened = open_sandbox(
            self._limits, alias=alias, seed=self._seed, interrupt=self._interrupt
        )
        for file in self._surface:
            self._lua.run_surface(_bytecode(file), f"={file.name}")
        main = self._lua.compile(self._source.text)
        if isinstance(main, tuple):
            raise syntax_error(main[1], self._source)
        self._main = main
        outcome = self._step(main, "go")
        while isinstance(outcome, Told):
            try:
                reply = self._told(outcome)
            except BaseException:
                self._end_now(main)
                raise
            outcome = self._step(main, *reply)
        self._stopped_at = outcome
        if isinstance(outcome, Failed | Dead | Killed):
            self._raise(outcome)

    @property
    def ended(self) -> bool:
        """Whether the procedure came to its end without a request."""
        return isinstance(self._stopped_at, Done)

    async def drive(self, answer: Answer) -> Any:
        """Run from the first request to the end; returns the procedure's value as plain data.

        Raises:
            TactusError: the procedure failed, or reached a limit; with file and line.
        """
        return await self._drive(self._main, self._stopped_at, answer)

    async def call(self, function: FunctionRef, arguments: Sequence[Any], answer: Answer) -> Any:
        """Call a function of the procedure, as `drive` runs the procedure itself.

        Raises:
            TactusError: as `drive`; also when the arguments are not plain data.
        """
        _, shape, *flat = _accepted(list(arguments), "an argument")
        thread = await self._within(self._lua.call, function.id, shape, *flat)
        return await self._drive(thread, await self._slice(thread, "go"), answer)

    def close(self) -> None:
        """Free the Lua state."""
        if self._opened is not None:
            self._opened.memory.release()
            self._opened = None

    @property
    def _lua(self) -> Sandbox:
        assert self._opened is not None, "a machine runs between load and close"  # noqa: S101
        return self._opened

    async def _drive(self, thread: int, outcome: Outcome, answer: Answer) -> Any:
        while True:
            match outcome:
                case Done():
                    return outcome.value
                case Told() | Request():
                    try:
                        outcome = await self._slice(thread, *await self._reply(outcome, answer))
                    except BaseException:
                        await self._end(thread)
                        raise
                case _:
                    self._raise(outcome)

    async def _reply(self, asked: Told | Request, answer: Answer) -> tuple[Any, ...]:
        """The reply to a request: a value, or an error that the script may catch.

        Raises:
            BaseException: what no script may catch.
        """
        if isinstance(asked, Told):
            return self._told(asked)
        try:
            self._requests += 1
            if self._requests > self._limits.requests:
                raise limit_error("requests", self._limits)
            return _accepted(await answer(asked))
        except TactusError as error:
            return self._refused(error, asked.position)

    def _told(self, told: Told) -> tuple[Any, ...]:
        try:
            return _accepted(self._tell(told.kind, told.value, told.position))
        except TactusError as error:
            return self._refused(error, told.position)

    def _refused(self, error: TactusError, position: Position | None) -> tuple[Any, ...]:
        """The reply that raises `error` in Lua."""
        if position is not None:
            error.at(position.file, position.line)
        if isinstance(error, ENDING):
            raise error
        self._caught += 1
        self._errors[self._caught] = error
        self._errors.pop(self._caught - _MOST_ERRORS, None)
        fields = {
            "kind": error.kind,
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
            "retryable": error.retryable,
            "text": getattr(error, "text", None),
            "line": error.line if error.file == self._source.file else None,
        }
        shape, flat = encode(fields)
        return ("err", self._caught, shape, *flat)

    def _end_now(self, thread: int) -> None:
        """End a coroutine while loading, as `_end` does later."""
        for _ in range(_MOST_KILLS):
            if not isinstance(self._step(thread, "kill"), Request | Told):
                return

    async def _end(self, thread: int) -> None:
        """End a coroutine; its `<close>` handlers run, and whatever they ask is refused."""
        with anyio.CancelScope(shield=True):
            for _ in range(_MOST_KILLS):
                if not isinstance(await self._slice(thread, "kill"), Request | Told):
                    return

    async def _slice(self, thread: int, *reply: Any) -> Outcome:
        return await self._within(self._step, thread, *reply)

    async def _within(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call what runs Lua: one call at a time, in a worker thread when there is a limiter.

        Cancelled, it has either not begun or has ended.
        """
        if self._limiter is None:
            return function(*arguments)
        async with self._turn:
            return await anyio.to_thread.run_sync(function, *arguments, limiter=self._limiter)

    def _step(self, thread: int, *reply: Any) -> Outcome:
        try:
            kind, *rest = self._lua.step(thread, *reply)
        except lua54.LuaMemoryError:
            self._lua.memory.leave()
            return Dead("memory", None)
        match kind:
            case "request" | "tell":
                op, line, shape, *flat = rest
                position = Position(self._source.file, line) if line else None
                made = Request if kind == "request" else Told
                return made(op, decode(shape, tuple(flat)), position)
            case "done":
                shape, *flat = rest
                return Done(decode(shape, tuple(flat)))
            case "error":
                ref, source, text, line, traceback, hint, shape, *flat = rest
                value = decode(shape, tuple(flat))
                return Failed(ref, source, text, line, traceback, hint, value)
            case "dead":
                return Dead(*rest)
        return Killed()

    def _raise(self, outcome: Outcome) -> None:
        match outcome:
            case Failed(ref=ref, traceback=traceback) if ref in self._errors:
                source = self._source
                told = trimmed(traceback, source.alias, source.file)
                raise self._errors[ref].at(source.file, outcome.line, told)
            case Failed():
                raise procedure_error(outcome, self._source, self._lua.names().splitlines())
            case Dead(line=line) if self._interrupt.set:
                raise StoppedError("the run was stopped", file=self._source.file, line=line)
            case Dead(limit="cpu", line=line) if self._interrupt.late:
                raise limit_error("timeout", self._limits).at(self._source.file, line)
            case Dead(limit=limit, line=line):
                raise limit_error(limit, self._limits).at(self._source.file, line)
            case Killed():
                raise ProcedureError("the procedure ended itself", file=self._source.file)


def _accepted(value: Any, what: str = "the answer") -> tuple[Any, ...]:
    try:
        shape, flat = encode(value)
    except (TypeError, ValueError) as error:
        raise ProcedureError(f"{what} does not fit into Lua: {error}") from None
    return ("ok", shape, *flat)


def _prepared(text: str, name: str) -> str:
    """The source without what Lua does not read: a byte order mark, a `#!` line."""
    text = text.removeprefix("\ufeff")
    size = len(text.encode("utf-8", "replace"))
    if size > MOST_SOURCE:
        raise ProcedureSyntaxError(
            f"the file has {size:,} bytes; a procedure has at most {MOST_SOURCE:,}", file=name
        )
    if text.startswith("\x1b"):
        raise ProcedureSyntaxError("the file is compiled Lua; a procedure is text", file=name)
    if text.startswith("#"):
        text = "--" + text
    return text.encode("utf-8", "replace").decode()


@cache
def _bytecode(file: Surface) -> bytes:
    return compiled(file.text, file.name)
