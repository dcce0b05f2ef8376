"""Source to Program: loading is running up to the first request."""

from collections.abc import Mapping
from typing import Any

import anyio

from tactus.definitions import ProcedureDefinition
from tactus.dsl.chance import Draw
from tactus.dsl.declarations import Declarations, Log
from tactus.dsl.models import Aliases
from tactus.dsl.surface import surface
from tactus.dsl.tools import Calls, OwnTool
from tactus.errors import StoppedError, TactusError
from tactus.lua.convert import FunctionRef
from tactus.lua.machine import Answer, Machine
from tactus.lua.position import Position
from tactus.lua.sandbox import Interrupt
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

    @property
    def calls(self) -> Calls:
        """The calls of tools that agents made; whoever makes them notes them here."""
        return self._declarations.calls

    def tool(self, name: str) -> OwnTool | None:
        """The tool that the procedure declares by this name."""
        tools = self._declarations.tools
        return next((tool for tool in tools if tool.definition.name == name), None)

    async def call(self, function: FunctionRef, argument: Any, answer: Answer) -> Any:
        """Call a function of the procedure, beside whatever else of it waits for an answer.

        Raises:
            TactusError: the function failed, or a limit was reached.
        """
        return await self._machine.call(function, [argument], answer)

    async def drive(self, answer: Answer) -> Any:
        """Run the procedure to its end; returns its value as plain data.

        Raises:
            TactusError: the procedure failed, or a limit was reached.
        """
        value = await self._machine.drive(answer)
        body = self._declarations.body
        if body is None:
            return value
        return await self._machine.call(body, [], answer)

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
    interrupt: Interrupt | None = None,
    aliases: Aliases | None = None,
    draw: Draw | None = None,
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
        interrupt: ends what the procedure computes, from any thread.
        aliases: the user's names for models.
        draw: asked for whatever is random; always the same unless given.

    Raises:
        TactusError: the procedure cannot be loaded; with its file and line.
    """
    declarations = Declarations(text, name, params, log, aliases, draw)
    machine = Machine(
        surface=surface(),
        tell=declarations.tell,
        limits=limits,
        seed=seed,
        limiter=limiter,
        interrupt=interrupt,
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


def declared(
    text: str, name: str, *, limits: Limits, whole: bool = False, aliases: Aliases | None = None
) -> ProcedureDefinition:
    """What the procedure declares, for a caller who needs it before a run.

    It is read no further than its inputs, so that nothing of it runs twice; `whole` reads it up to
    its first request, for the agents too. A procedure that fails on the way has declared what it
    had: its run says what is wrong with it, with the real inputs.
    """
    declarations = Declarations(text, name, None, lambda _: None, aliases)

    def tell(kind: str, value: Any, position: Position | None) -> Any:
        answer = declarations.tell(kind, value, position)
        if kind in ("input", "procedure") and not whole:
            raise StoppedError("the inputs are known")
        return answer

    machine = Machine(surface=surface(), tell=tell, limits=limits)
    try:
        machine.load(text, name)
    except TactusError:
        pass
    finally:
        machine.close()
    return declarations.definition()
