"""One run: drives the procedure and answers its requests. Here Lua and the agents meet."""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread

from tactus.definitions import AgentDefinition
from tactus.dsl.loader import Program, load
from tactus.dsl.requests import AgentTurn, ClearHistory, parse
from tactus.errors import OutputError, StoppedError, TactusError, TurnError
from tactus.events import (
    Emit,
    ErrorEvent,
    LogEvent,
    RunFinishedEvent,
    RunStartedEvent,
    Totals,
    ValidationEvent,
)
from tactus.fields import check
from tactus.lua.failure import limit_error
from tactus.lua.lines import excerpt
from tactus.lua.outcome import Request
from tactus.lua.sandbox import Interrupt
from tactus.runtime.allowance import Allowance
from tactus.runtime.plain import not_json, turn_seen, without
from tactus.runtime.recorder import Recorder, Step
from tactus.settings import Limits

if TYPE_CHECKING:  # DSPy takes a second to import: only a run that calls an agent pays for it
    from tactus.dspy.agent import Agent

Status = Literal["completed", "failed", "stopped"]

# Why a provider refuses before it has worked; what any other failed turn cost nobody knows.
_UNPAID = frozenset(
    {
        "auth",
        "billing",
        "context_length",
        "invalid_request",
        "not_configured",
        "rate_limit",
        "unsupported",
    }
)


@dataclass(frozen=True, slots=True)
class Procedure:
    """What a run runs: the source, the name that errors give it, and its inputs."""

    text: str
    name: str
    params: Mapping[str, Any]

    def excerpt(self, line: int | None) -> str | None:
        """The source line `line`, with the one before it."""
        return "\n".join(shown for _, shown in excerpt(self.text, line)) or None


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. `value` is what the procedure returned, also when it did not fit."""

    run_id: str
    status: Status
    value: Any
    error: TactusError | None
    totals: Totals
    steps: tuple[Step, ...]


class Run:
    """One run of a procedure. Drive it once.

    `enlist` makes the agent of a definition, with the channel for its events.
    """

    def __init__(
        self,
        procedure: Procedure,
        *,
        run_id: str,
        limits: Limits,
        enlist: "Callable[[AgentDefinition, Emit | None], Awaitable[Agent]]",
        recorder: Recorder,
        limiter: anyio.CapacityLimiter | None = None,
    ) -> None:
        self.run_id = run_id
        self._procedure = procedure
        self._limits = limits
        self._enlist = enlist
        self._recorder = recorder
        self._limiter = limiter
        self._allowance = Allowance(limits)
        self._agents: dict[int, Agent] = {}
        self._addressed: set[int] = set()
        self._program: Program | None = None
        self._scope = anyio.CancelScope()
        self._interrupt = Interrupt()
        self._in_thread = False
        self._reported: TactusError | None = None

    def stop(self) -> None:
        """End the run: what is under way is cancelled, and `drive` returns with `stopped`."""
        self.interrupt()
        self._scope.cancel()

    def interrupt(self) -> None:
        """End what the procedure computes; from any thread, as for an event loop that is busy."""
        self._interrupt.set = True

    async def drive(self) -> RunResult:
        """Run to the end; every failure is in the result, as it is in the events."""
        source = self._procedure.text.encode("utf-8", "replace")
        self._recorder.emit(
            RunStartedEvent(
                procedure=self._procedure.name,
                params=dict(self._procedure.params),
                source_sha256=hashlib.sha256(source).hexdigest(),
            )
        )
        try:
            value = self._validated(await self._execute())
        except OutputError as error:
            return self._finish("failed", error.value, error)
        except StoppedError as error:
            return self._finish("stopped", None, error)
        except TactusError as error:
            return self._finish("failed", None, error)
        except BaseException:
            self._finish("stopped", None, StoppedError("the run was cancelled"))
            raise
        finally:
            if self._program is not None:
                self._program.close()
        return self._finish("completed", value, None)

    async def _execute(self) -> Any:
        with self._scope as scope:
            if self._limits.timeout is not None:
                scope.deadline = anyio.current_time() + self._limits.timeout
                self._interrupt.deadline = time.monotonic() + self._limits.timeout
            await anyio.lowlevel.checkpoint()  # stopped before it began
            self._program = await self._load()
            return await self._program.drive(self._answer)
        if self._interrupt.set:
            raise StoppedError("the run was stopped", file=self._procedure.name)
        raise limit_error("timeout", self._limits).at(self._procedure.name, None)

    async def _load(self) -> Program:
        """Load the procedure: where a limiter is, in a worker thread, as it runs to a request."""
        loading = partial(
            load,
            self._procedure.text,
            self._procedure.name,
            limits=self._limits,
            params=self._procedure.params,
            log=self._log,
            seed=int.from_bytes(hashlib.sha256(self.run_id.encode()).digest()[:4]),
            limiter=self._limiter,
            interrupt=self._interrupt,
        )
        if self._limiter is None:
            return loading()
        self._in_thread = True
        try:
            return await anyio.to_thread.run_sync(loading, limiter=self._limiter)
        finally:
            self._in_thread = False

    async def _answer(self, request: Request) -> Any:
        match parse(request):
            case AgentTurn() as turn:
                return await self._take_turn(turn)
            case ClearHistory(agent=identity):
                self._addressed.discard(identity)
                if identity in self._agents:
                    self._agents[identity].clear_history()
                return None

    async def _take_turn(self, turn: AgentTurn) -> dict[str, Any]:
        self._allowance.take_turn()
        turn_id = f"turn-{len(self._recorder.steps) + 1}"
        agent = await self._agent(turn.agent)
        name = self._definition(turn.agent).name
        started = time.monotonic()
        status = "stopped"
        try:
            result = await agent.turn(self._message(turn), turn_id=turn_id)
            status = "completed"
        except TurnError as error:
            status = "failed"
            unpaid = error.reason in _UNPAID
            self._recorder.count(
                input_tokens=0 if unpaid else None,
                output_tokens=0 if unpaid else None,
                cost=0.0 if unpaid else None,
            )
            if turn.position is not None:
                error.at(turn.position.file, turn.position.line)
            self._report(error, turn_id)
            raise
        finally:
            elapsed = (time.monotonic() - started) * 1000
            self._recorder.steps.append(Step("agent", name, elapsed, status))
        self._addressed.add(turn.agent)
        self._recorder.count(
            input_tokens=result.usage.input_tokens,
            output_tokens=result.usage.output_tokens,
            cost=result.cost,
        )
        self._allowance.spend(result)
        return turn_seen(result)

    def _message(self, turn: AgentTurn) -> str:
        """What is said to the agent; a call without a message makes it begin, or go on."""
        if turn.message is not None:
            return turn.message
        return "Continue." if turn.agent in self._addressed else "Begin."

    async def _agent(self, identity: int) -> "Agent":
        if identity not in self._agents:
            definition = self._definition(identity)
            self._agents[identity] = await self._enlist(definition, self._recorder.channel)
        return self._agents[identity]

    def _definition(self, identity: int) -> AgentDefinition:
        assert self._program is not None, "requests come from a loaded program"  # noqa: S101
        return self._program.definition.agents[identity]

    def _validated(self, value: Any) -> Any:
        """`value` as its declared output says; without a declaration any JSON value fits."""
        assert self._program is not None, "a value comes from a loaded program"  # noqa: S101
        fields = self._program.definition.output
        checked, problems = without(value), tuple(not_json(value))
        if fields is None and not problems:
            return value
        if not problems and not isinstance(value, Mapping):
            problems = (f"the procedure must return a table with {', '.join(fields or ())}",)
        elif not problems:
            checked, problems = check(fields or {}, value)
        self._recorder.emit(ValidationEvent(ok=not problems, errors=problems))
        if problems:
            raise OutputError(
                "the output does not fit: " + "; ".join(problems), problems=problems, value=checked
            ).at(self._procedure.name, None)
        return checked

    def _log(self, line: LogEvent) -> None:
        if self._in_thread:  # events are told on the event loop, and nowhere else
            anyio.from_thread.run_sync(self._take_log, line)
        else:
            self._take_log(line)

    def _take_log(self, line: LogEvent) -> None:
        self._allowance.take_output(line)
        self._recorder.emit(line)

    def _report(self, error: TactusError, turn_id: str | None = None) -> None:
        self._reported = error
        self._recorder.emit(
            ErrorEvent(
                code=error.code,
                message=error.message,
                file=error.file,
                line=error.line,
                excerpt=self._procedure.excerpt(error.line),
                traceback=error.traceback,
                hint=error.hint,
                turn_id=turn_id,
            )
        )

    def _finish(self, status: Status, value: Any, error: TactusError | None) -> RunResult:
        if error is not None and error is not self._reported and status == "failed":
            self._report(error)
        totals = self._recorder.totals()
        self._recorder.emit(RunFinishedEvent(status=status, result=value, totals=totals))
        steps = tuple(self._recorder.steps)
        return RunResult(self.run_id, status, value, error, totals, steps)
