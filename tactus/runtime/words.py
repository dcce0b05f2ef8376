"""The answers to what a procedure asks besides turns: branches, time, steps, people, procedures."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, Protocol

from tactus.dsl.loader import Program
from tactus.dsl.requests import Ask, Branches, Now, OwnStep, RunProcedure, Sleep
from tactus.engine.strands import Strands
from tactus.errors import ProcedureError
from tactus.events import Emit
from tactus.lua.machine import Answer
from tactus.runtime.allowance import Allowance
from tactus.runtime.asking import Asking
from tactus.runtime.clock import Clock
from tactus.runtime.parallel import Parallel
from tactus.runtime.plain import not_json
from tactus.runtime.steps import step_name, taken
from tactus.runtime.usage import Usage

Asked = Branches | Sleep | Now | OwnStep | Ask | RunProcedure


class Below(Protocol):
    """Runs the procedures that a procedure runs."""

    async def run(self, asked: RunProcedure) -> Any:
        """What the procedure returns."""


class Words:
    """Answers the requests of one procedure of a run, turns apart."""

    def __init__(
        self,
        program: Program,
        *,
        strands: Strands,
        allowance: Allowance,
        recount: Emit,
        clock: Clock,
        asking: Asking,
        below: Below,
    ) -> None:
        self._program = program
        self._strands = strands
        self._parallel = Parallel(strands, allowance)
        self._allowance = allowance
        self._recount = recount
        self._clock = clock
        self._asking = asking
        self._below = below

    async def answer(self, asked: Asked, answer: Answer) -> Any:
        """The answer; what functions of the procedure ask meanwhile is answered by `answer`.

        Raises:
            TactusError: there is none; the procedure may catch it, unless it ends the run.
        """
        match asked:
            case Branches(functions=functions, is_race=is_race):
                branches = [partial(self._program.call, f, None, answer) for f in functions]
                if is_race:
                    return await self._parallel.race(branches) + 1
                await self._parallel.together(branches)
                return None
            case Sleep(seconds=seconds):
                await self._clock.sleep(seconds)
                return None
            case Now():
                return await self._clock.now()
            case OwnStep(name=name, body=body):
                call = partial(self._program.call, body, None, answer)
                usage = Usage(self._allowance, self._recount)
                plain = partial(_plain, name, call)
                return await taken(self._strands, step_name("step", name), plain, usage=usage)
            case Ask():
                return await self._asking.ask(asked)
            case RunProcedure():
                return await self._below.run(asked)


def _numbered(value: Any, path: str = "") -> Iterator[str]:
    """What of `value` stands under a number without being in a list: JSON has no such tables."""
    if isinstance(value, list):
        for position, item in enumerate(value, 1):
            yield from _numbered(item, f"{path}[{position}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            here = f"{path}.{name}" if path else str(name)
            if isinstance(name, int):
                yield f"{here}: stands under a number, and not in a list without holes"
            yield from _numbered(item, here)


async def _plain(name: str, call: Callable[[], Awaitable[Any]]) -> Any:
    value = await call()
    if problems := (*not_json(value), *_numbered(value)):
        raise ProcedureError(
            f'the step "{name}" returned what cannot be recorded: {"; ".join(problems)}',
            hint="Return plain data: texts, numbers, booleans, and tables of them.",
        )
    return value
