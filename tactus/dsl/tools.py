"""The tools that a procedure declares, and the calls of tools that its agents have made."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tactus.definitions import ToolDefinition
from tactus.dsl.naming import Assignments
from tactus.dsl.requests import fields_of, validated
from tactus.errors import DefinitionError, ProcedureError
from tactus.fields import check
from tactus.lua.convert import FunctionRef
from tactus.lua.position import Position
from tactus.tool import wire_name

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what every provider takes


@dataclass(frozen=True, slots=True)
class OwnTool:
    """A declared tool, and the function that is its body."""

    definition: ToolDefinition
    body: FunctionRef

    def check(self, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The arguments with defaults filled in, and what is wrong with them, a sentence each."""
        return check(self.definition.input, arguments)


class Tools:
    """The declared tools, in their order; the surface knows each by its place, from 0."""

    def __init__(self, text: str) -> None:
        self._assignments = Assignments(text, "Tool")
        self._tools: list[OwnTool] = []

    def __iter__(self) -> Iterator[OwnTool]:
        """Those declared so far."""
        return iter(self._tools)

    def declare(self, value: Mapping[str, Any], position: Position | None) -> dict[str, Any]:
        """Add the tool that the surface tells of.

        Raises:
            DefinitionError: an option is wrong, or the name is taken.
        """
        options = value["options"] or {}
        if not isinstance(options, Mapping) or not all(isinstance(key, str) for key in options):
            raise DefinitionError(
                "Tool takes named options and one function",
                hint="Write Tool { description = …, input = { … }, function(args) … end }.",
            )
        identity = len(self._tools)
        assigned = self._assignments.next_on(position)
        name = options.get("name", assigned or f"tool_{identity + 1}")
        self._refuse_name(name)
        line = position.line if position else None
        given = {**options, "name": name, "line": line}
        if "line" in options:
            raise DefinitionError('Tool has no option "line"')
        if "input" in options:
            given["input"] = fields_of("input", options["input"])
        definition = validated(ToolDefinition, given, f'the tool "{name}"', takes=("name",))
        self._tools.append(OwnTool(definition, value["body"]))
        return {"id": identity, "name": name}

    def rename(self, identity: int, name: str) -> None:
        """The tool was assigned to a global of this name.

        Raises:
            DefinitionError: another tool has it.
        """
        tool = self._tools[identity]
        if tool.definition.name != name:
            self._refuse_name(name)
            renamed = tool.definition.model_copy(update={"name": name})
            self._tools[identity] = OwnTool(renamed, tool.body)

    def checked(self, identity: int, arguments: Any) -> dict[str, Any]:
        """The arguments of a call that the procedure itself makes.

        Raises:
            ProcedureError: they do not fit; one sentence a field.
        """
        tool = self._tools[identity]
        name = tool.definition.name
        if arguments is None or arguments == []:
            arguments = {}
        if not isinstance(arguments, Mapping):
            raise ProcedureError(
                f"{name} takes a table of named arguments",
                hint=f"Write {name}{{{', '.join(f'{key} = …' for key in tool.definition.input)}}}.",
            )
        checked, problems = tool.check(arguments)
        if problems:
            raise ProcedureError(f"{name}: " + "; ".join(problems))
        return checked

    def _refuse_name(self, name: Any) -> None:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise DefinitionError(
                f"{name!r} is no name for a tool" if isinstance(name, str) else "a name is text",
                hint="Use at most 64 letters, digits, _ and -: what every provider takes.",
            )
        if any(tool.definition.name == name for tool in self._tools):
            raise DefinitionError(
                f'the tool "{name}" is declared already', hint="Give it a name of its own."
            )


class Calls:
    """The last call of each tool that an agent made and that ended well."""

    def __init__(self) -> None:
        self._last: dict[str, dict[str, Any]] = {}

    def note(self, name: str, arguments: Mapping[str, Any], result: Any) -> None:
        """The tool that providers know by `name` was called."""
        self._last[name] = {"arguments": dict(arguments), "result": result}

    def last(self, name: str) -> dict[str, Any] | None:
        """The arguments and the result of the last call; None without one.

        The tool is named as its definition, or the list of an agent's tools, names it.
        """
        return self._last.get(wire_name(name))
