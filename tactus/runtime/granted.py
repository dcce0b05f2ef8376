"""The tools that an agent is granted by name: the procedure's own, and those of the toolbox."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tactus.definitions import ProcedureDefinition
from tactus.dsl.tools import Calls, OwnTool
from tactus.errors import ENDING, DefinitionError, TactusError, ToolError
from tactus.fields import nearest
from tactus.lua.convert import FunctionRef
from tactus.runtime.plain import not_json
from tactus.schema import schema_of
from tactus.tool import Tool

if TYPE_CHECKING:
    from tactus.dsl.loader import Program
    from tactus.runtime.tools.toolbox import Opened

CallBody = Callable[[FunctionRef, Any], Awaitable[Any]]


def check_names(definition: ProcedureDefinition, known: Sequence[str]) -> None:
    """Look whether there is a tool for each name that an agent declares; asks nobody.

    Args:
        definition: the procedure's.
        known: what the toolbox has; of a server, the name that stands for all of its tools.

    Raises:
        DefinitionError: there is none, at the agent's line.
    """
    names = [*(tool.name for tool in definition.tools), *known]
    for agent in definition.agents:
        for name in agent.tools:
            if name not in names and not any(name.startswith(f"{each}.") for each in known):
                raise DefinitionError(
                    f'the agent "{agent.name}": there is no tool "{name}".{nearest(name, names)}',
                    file=definition.file,
                    line=agent.line,
                    hint=f"There are {', '.join(names)}. Your own: Tool {{ … }} before the agent.",
                )


async def granted(
    names: Sequence[str], program: "Program", opened: "Opened", call: CallBody
) -> tuple[Tool, ...]:
    """The tools that `names` stand for.

    Args:
        names: of the procedure's own tools, and of the toolbox's.
        program: whose tools and calls they are.
        opened: the toolbox.
        call: calls the body of one of the procedure's own.

    Raises:
        DefinitionError: there is no such tool, or two would be called the same.
        ToolError: a server cannot be reached.
    """
    own = [found for name in names if (found := program.tool(name)) is not None]
    tools = {tool.definition.name: _own(tool, call) for tool in own}
    others: dict[str, Tool] = {}
    for name in names:
        if name in tools:
            continue
        for tool in await opened.find(name):
            if tool.name in tools:
                raise DefinitionError(
                    f'your tool "{tool.name}" and the tool "{name}" are both called {tool.name}',
                    hint="Give your own another name, or leave one of them out.",
                )
            others[tool.name] = tool
    return tuple(_noted(tool, program.calls) for tool in (*tools.values(), *others.values()))


def _own(own: OwnTool, call: CallBody) -> Tool:
    """A tool whose body is a function of the procedure; whatever it raises is told to the model."""
    definition = own.definition

    async def call_body(arguments: dict[str, Any]) -> Any:
        try:
            result = await call(own.body, arguments)
        except ENDING:
            raise
        except TactusError as error:
            raise ToolError(str(error), hint=error.hint) from error
        if problems := tuple(not_json(result)):
            raise ToolError(f"{definition.name} returned what is not JSON: {'; '.join(problems)}")
        return result

    schema = schema_of(definition.input)
    return Tool(definition.name, definition.description, schema, own.check, call_body, is_own=True)


def _noted(tool: Tool, calls: Calls) -> Tool:
    """The tool, of which the procedure hears when it was called."""
    return replace(tool, note=partial(calls.note, tool.name))
