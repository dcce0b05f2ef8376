"""One run: drives the procedure, from its inputs to its checked output."""

import hashlib
import time
from functools import partial
from pathlib import PurePath
from typing import Any

import anyio
import anyio.lowlevel

from tactus.dsl.loader import Program
from tactus.dsl.models import Aliases
from tactus.engine.inline import InlineJournal
from tactus.engine.journal import Journal
from tactus.engine.strand import alone
from tactus.engine.strands import Strands
from tactus.errors import OutputError, StoppedError, TactusError
from tactus.events import LogEvent, RunFinishedEvent, RunStartedEvent, ValidationEvent
from tactus.lua.failure import limit_error
from tactus.lua.sandbox import Interrupt
from tactus.runtime.allowance import Allowance
from tactus.runtime.asking import Asking
from tactus.runtime.chance import Chance
from tactus.runtime.clock import Clock
from tactus.runtime.faults import Faults
from tactus.runtime.files import ReadFile, no_files
from tactus.runtime.granted import check_names
from tactus.runtime.loading import Loading
from tactus.runtime.places import Places
from tactus.runtime.plain import fitted
from tactus.runtime.questions import NoOne, Questions
from tactus.runtime.recorder import Recorder
from tactus.runtime.result import Procedure, RunResult, Status
from tactus.runtime.subprocedures import Shared, answers
from tactus.runtime.tools.toolbox import Toolbox
from tactus.runtime.turns import Enlist
from tactus.settings import Limits

__all__ = ["Procedure", "Run", "RunResult", "Status"]


class Run:
    """One run of a procedure. Drive it once.

    Args:
        procedure: what is run.
        run_id: its identity.
        limits: what it may use.
        enlist: makes its agents.
        toolbox: the tools that they may be granted besides its own.
        recorder: tells its events.
        journal: where its steps are recorded, and replayed from; in memory unless given.
        questions: who is asked what it asks a person; nobody unless given.
        read: reads the files that it runs as procedures; there are none unless given.
        aliases: the user's names for models.
        limiter: where Lua computes, as in `Runtime`.
    """

    def __init__(
        self,
        procedure: Procedure,
        *,
        run_id: str,
        limits: Limits,
        enlist: Enlist,
        toolbox: Toolbox,
        recorder: Recorder,
        journal: Journal | None = None,
        questions: Questions | None = None,
        read: ReadFile = no_files,
        aliases: Aliases | None = None,
        limiter: anyio.CapacityLimiter | None = None,
    ) -> None:
        self.run_id = run_id
        self._procedure = procedure
        self._limits = limits
        self._enlist = enlist
        self._toolbox = toolbox
        self._recorder = recorder
        self._journal = journal or InlineJournal()
        self._questions = questions or NoOne()
        self._read = read
        self._faults = Faults(procedure.name, procedure.text, recorder)
        self._allowance = Allowance(limits)
        self._program: Program | None = None
        self._scope = anyio.CancelScope()
        self._interrupt = Interrupt()
        self._left = False
        self._places = Places()
        self._chance = Chance(run_id, self._places)
        self._loading = Loading(
            run_id,
            limits=limits,
            log=self._take_log,
            draw=self._chance.draw,
            limiter=limiter,
            interrupt=self._interrupt,
            aliases=aliases,
        )

    def stop(self) -> None:
        """End the run: what is under way is cancelled, and `drive` returns with `stopped`."""
        self.interrupt()
        self._scope.cancel()

    def leave(self) -> None:
        """Call the run off without an end, for a next process to go on; `drive` never returns."""
        self._left = True
        self.stop()

    def interrupt(self) -> None:
        """End what the procedure computes; from any thread, as for an event loop that is busy."""
        self._interrupt.set = True

    async def drive(self) -> RunResult:
        """Run to the end; every failure is in the result, as it is in the events."""
        if not self._recorder.told.seq:  # else it was told when the run began
            self._begin()
        try:
            value = self._validated(await self._execute())
        except OutputError as error:
            return self._finish("failed", error.value, error)
        except StoppedError as error:
            if self._left:
                await anyio.sleep_forever()
            return self._finish("stopped", None, error)
        except TactusError as error:
            return self._finish("failed", None, error)
        except BaseException:
            if self._left:
                raise
            self._finish("stopped", None, StoppedError("the run was cancelled"))
            raise
        finally:
            if self._program is not None:
                self._program.close()
        return self._finish("completed", value, None)

    def _begin(self) -> None:
        source = self._procedure.text.encode("utf-8", "replace")
        self._recorder.emit(
            RunStartedEvent(
                procedure=self._procedure.name,
                params=dict(self._procedure.params),
                source_sha256=hashlib.sha256(source).hexdigest(),
            )
        )

    async def _execute(self) -> Any:
        with self._scope as scope:
            if self._limits.timeout is not None:
                scope.deadline = anyio.current_time() + self._limits.timeout
                self._interrupt.deadline = time.monotonic() + self._limits.timeout
            await anyio.lowlevel.checkpoint()  # stopped before it began
            with alone("load"):  # what it tells is named, as by a strand
                self._program = await self._loading.load(self._procedure)
            check_names(self._program.definition, self._toolbox.names())
            return await self._drive(self._program)
        if self._interrupt.set:
            raise StoppedError("the run was stopped", file=self._procedure.name)
        raise limit_error("timeout", self._limits).at(self._procedure.name, None)

    async def _drive(self, program: Program) -> Any:
        async with self._toolbox.open() as opened:
            file = PurePath(self._procedure.name)
            strands = Strands(self._journal)
            clock = Clock(strands)
            asking = Asking(
                self.run_id,
                self._questions,
                strands=strands,
                chance=self._chance,
                clock=clock,
                emit=self._recorder.emit,
            )
            shared = Shared(
                strands=strands,
                enlist=self._enlist,
                opened=opened,
                tools=tuple(self._toolbox.names()),
                recorder=self._recorder,
                allowance=self._allowance,
                faults=self._faults,
                places=self._places,
                clock=clock,
                asking=asking,
                loading=self._loading,
                read=self._read,
                folder=file.parent,
            )
            answer = answers(program, shared, file.name)
            return await strands.run(partial(program.drive, answer))

    def _validated(self, value: Any) -> Any:
        """`value` as its declared output says; without a declaration any JSON value fits."""
        assert self._program is not None, "a value comes from a loaded program"  # noqa: S101
        fields = self._program.definition.output
        checked, problems = fitted(fields, value)
        if fields is not None or problems:
            self._recorder.emit(ValidationEvent(ok=not problems, errors=problems))
        if problems:
            raise OutputError(
                "the output does not fit: " + "; ".join(problems), problems=problems, value=checked
            ).at(self._procedure.name, None)
        return checked

    def _take_log(self, line: LogEvent) -> None:
        self._allowance.take_output(line)
        self._recorder.emit(line)

    def _finish(self, status: Status, value: Any, error: TactusError | None) -> RunResult:
        if error is not None and status == "failed":
            self._faults.tell(error)
        totals = self._recorder.totals()
        self._recorder.emit(RunFinishedEvent(status=status, result=value, totals=totals))
        steps = tuple(self._recorder.steps)
        keyless = self._recorder.redaction
        error = None if error is None else keyless.error(error)
        return RunResult(self.run_id, status, keyless.data(value), error, totals, steps)
