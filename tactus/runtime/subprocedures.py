"""Procedures that run as parts of a run, and what all procedures of a run share."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from tactus.dsl.loader import Program
from tactus.dsl.requests import RunProcedure
from tactus.engine.strands import Strands
from tactus.errors import OutputError, ProcedureError
from tactus.lua.machine import Answer
from tactus.runtime.allowance import Allowance
from tactus.runtime.asking import Asking
from tactus.runtime.clock import Clock
from tactus.runtime.faults import Faults
from tactus.runtime.files import ReadFile, beside
from tactus.runtime.granted import check_names
from tactus.runtime.loading import Loading
from tactus.runtime.places import Places
from tactus.runtime.plain import fitted
from tactus.runtime.recorder import Recorder
from tactus.runtime.result import Procedure
from tactus.runtime.steps import step_name, taken
from tactus.runtime.turns import Enlist, Turns
from tactus.runtime.words import Words

if TYPE_CHECKING:
    from tactus.runtime.tools.toolbox import Opened

_DEEPEST = 8  # procedures within procedures


@dataclass(frozen=True, slots=True)
class Shared:
    """What all procedures of one run share."""

    strands: Strands
    enlist: Enlist
    opened: "Opened"
    tools: tuple[str, ...]
    recorder: Recorder
    allowance: Allowance
    faults: Faults
    places: Places
    clock: Clock
    asking: Asking
    loading: Loading
    read: ReadFile
    folder: PurePath


def answers(program: Program, shared: Shared, path: str, depth: int = 0) -> Answer:
    """Answers what `program` asks, the file `path` of the run's folder, `depth` procedures deep."""
    words = Words(
        program,
        strands=shared.strands,
        allowance=shared.allowance,
        recount=shared.recorder.recount,
        clock=shared.clock,
        asking=shared.asking,
        below=Subprocedures(path, shared, depth + 1),
    )
    turns = Turns(
        program,
        words=words,
        places=shared.places,
        strands=shared.strands,
        enlist=shared.enlist,
        opened=shared.opened,
        recorder=shared.recorder,
        allowance=shared.allowance,
        faults=shared.faults,
    )
    return turns.answer


class Subprocedures:
    """Runs the procedures that the one in the file `caller` runs."""

    def __init__(self, caller: str, shared: Shared, depth: int) -> None:
        self._caller = caller
        self._shared = shared
        self._depth = depth

    async def run(self, asked: RunProcedure) -> Any:
        """What the procedure returns, as it declares it.

        Raises:
            TactusError: there is no such file, its inputs or its output do not fit, or it failed.
        """
        if self._depth > _DEEPEST:
            raise ProcedureError(
                f"run_procedure: {asked.file} is {self._depth} procedures deep",
                hint="Does it run itself, or the one that runs it?",
            )
        shared, path = self._shared, beside(self._caller, asked.file)
        name = str(shared.folder / path)  # as errors call it

        async def text() -> str:
            return shared.read(path)

        step = step_name("procedure", path, params=asked.params)
        source: str = await taken(shared.strands, step, text)
        shared.faults.add(name, source)
        program = await shared.loading.load(Procedure(source, name, asked.params))
        try:
            check_names(program.definition, shared.tools)
            value = await program.drive(answers(program, shared, path, self._depth))
        finally:
            program.close()
        checked, problems = fitted(program.definition.output, value)
        if problems:
            message = f"{name}: the output does not fit: {'; '.join(problems)}"
            raise OutputError(message, problems=problems, value=checked)
        return checked
