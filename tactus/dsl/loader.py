"""Source to Program: loading is running up to the first request."""

from collections.abc import Mapping
from typing import Any

import anyio

from tactus.definitions import ProcedureDefinition
from tactus.dsl.declarations import Declarations, Log
from tactus.dsl.surface import surface
from tactus.lua.machine import Answer, Machine
from tactus.settings import Limits


class Program:
    """A loaded procedure, stopped at its first request or at its end."""

    def __init__(self, machine: Machine, declarations: Declarations) -> None:
        self._machine = machine
        self._declarations = declarations

    @property
    def definition(self) -> ProcedureDefinition:
        """What the procedure declares."""
        return self._declarations.definition()

    async def drive(self, answer: Answer) -> Any:
        """Run the procedure to its end; returns its value as plain data.

        Raises:
            TactusError: the procedure failed, or a limit was reached.
        """
        value = await self._machine.drive(answer)
        body = self._declarations.body
        if body is None:
            return value
        return await self._machine.call(body, [self._declarations.values()], answer)

    def close(self) -> None:
        """Free the Lua state."""
        self._machine.close()


def load(
    text: str,
    name: str,
    *,
    limits: Limits,
    params: Mapping[str, Any] | None = None,
    log: Log = lambda _: None,
    seed: int = 0,
    limiter: anyio.CapacityLimiter | None = None,
) -> Program:
    """Load the procedure `text`, which errors call `name`.

    Args:
        text: the source.
        name: the file as errors shall name it.
        limits: what the procedure may use.
        params: the inputs of a run; None for a check, which runs with placeholders.
        log: called for each line that the procedure logs.
        seed: seeds `math.random`.
        limiter: where Lua runs: None on the event loop, else in worker threads under this limit.

    Raises:
        TactusError: the procedure cannot be loaded; with its file and line.
    """
    declarations = Declarations(text, name, params, log)
    machine = Machine(
        surface=surface(), tell=declarations.tell, limits=limits, seed=seed, limiter=limiter
    )
    try:
        machine.load(text, name)
        declarations.closed = True
        if params:
            declarations.values()  # also when no input was declared at all
    except BaseException:
        machine.close()
        raise
    return Program(machine, declarations)
