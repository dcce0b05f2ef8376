"""What a procedure has told so far: its agents, its tools, its fields, its body."""

from collections.abc import Callable, Mapping
from typing import Any

from tactus.definitions import ProcedureDefinition
from tactus.dsl import chance, json_text
from tactus.dsl.agents import Agents
from tactus.dsl.models import Aliases
from tactus.dsl.requests import fields_of
from tactus.dsl.tools import Calls, Tools
from tactus.errors import DefinitionError, InputError, TactusError
from tactus.events import LogEvent
from tactus.fields import FieldDefinition, check, nearest
from tactus.lua.convert import FunctionRef
from tactus.lua.position import Position

Log = Callable[[LogEvent], None]

_WORDS = {"agent": "Agent", "tool": "Tool", "procedure": "Procedure"}


class Declarations:
    """Answers everything that the surface tells on the spot.

    `params` are the values given to the run, or None for a check, in which placeholders of the
    declared types stand for them. `log` is called for each line that the procedure logs. `aliases`
    are the user's names for models. `draw` is asked for whatever is random.
    """

    def __init__(
        self,
        text: str,
        file: str,
        params: Mapping[str, Any] | None,
        log: Log,
        aliases: Aliases | None = None,
        draw: chance.Draw | None = None,
    ) -> None:
        self.closed = False
        self.body: FunctionRef | None = None
        self.tools = Tools(text)
        self.calls = Calls()
        self._agents = Agents(text, aliases or {})
        self._file = file
        self._params = params
        self._log = log
        self._draw = draw or chance.fixed()
        self._input: dict[str, FieldDefinition] | None = None
        self._output: dict[str, FieldDefinition] | None = None

    def tell(self, kind: str, value: Any, position: Position | None) -> Any:
        """Answer one thing told at `position`.

        Raises:
            TactusError: what is told is wrong.
        """
        match kind:
            case "log":
                line = position.line if position else None
                self._log(LogEvent(level=value["level"], message=value["message"], line=line))
            case "json.encode":
                return json_text.encode(value.get("value"), pretty=value.get("pretty", False))
            case "json.decode":
                return {"value": json_text.decode(value["text"])}
            case "random" | "uuid":
                return chance.made(kind, self._draw(), value)
            case "tool.check":
                return self.tools.checked(value["tool"], value.get("arguments"))
            case "tool.last":
                return self.calls.last(value["name"])
            case "agent.name":
                self._agents.rename(value["agent"], value["name"])
            case "tool.name":
                self.tools.rename(value["tool"], value["name"])
            case "input.unknown":
                raise self._unknown_input(value["name"])
            case _:
                return self._declare(kind, value, position)
        return None

    def definition(self) -> ProcedureDefinition:
        """All that was declared."""
        return ProcedureDefinition(
            name=self._file.rsplit("/", 1)[-1].removesuffix(".lua"),
            file=self._file,
            input=self._input,
            output=self._output,
            agents=tuple(self._agents),
            tools=tuple(tool.definition for tool in self.tools),
        )

    def values(self) -> dict[str, Any]:
        """The inputs of the run, checked and with defaults; placeholders in a check.

        Raises:
            InputError: the given values do not fit; one sentence a field.
        """
        fields = self._input or {}
        if self._params is None:
            return {name: field.placeholder() for name, field in fields.items()}
        checked, problems = check(fields, self._params)
        if problems:
            raise InputError(
                "the input does not fit: " + "; ".join(problems),
                hint="Give each with -p name=value, or all in a file with --params.",
            )
        return checked

    def _declare(self, kind: str, value: Any, position: Position | None) -> Any:
        if kind == "replaced":
            word = value["word"]
            raise DefinitionError(
                f"{word} is a word of the language: write {word} {{ … }}, without =",
                hint=f"For a value of your own, take another name, or local {word} = ….",
            )
        if self.closed:
            raise DefinitionError(
                f"{_WORDS.get(kind, kind)} is declared after the first call",
                hint="Move the declaration above the first call of an agent.",
            )
        match kind:
            case "agent":
                return self._agents.declare(value, position)
            case "tool":
                return self.tools.declare(value, position)
            case "input":
                self._input = _once("input", value, self._input)
                return self.values()
            case "output":
                self._output = _once("output", value, self._output)
            case "procedure":
                self._declare_procedure(value)
                return self.values()
        return None

    def _declare_procedure(self, value: Any) -> None:
        if self.body is not None:
            raise DefinitionError("this file has a Procedure already")
        if value.get("input") is not None:
            self._input = _once("input", value["input"], self._input)
        if value.get("output") is not None:
            self._output = _once("output", value["output"], self._output)
        self.body = value["body"]

    def _unknown_input(self, name: str) -> TactusError:
        if self._input is None:
            return InputError(
                f'the input "{name}" is not declared',
                hint=f"Declare it: input {{ {name} = field.string{{}} }}",
            )
        return InputError(
            f'the input "{name}" is not declared.{nearest(name, self._input)}',
            hint=f"Declared are: {', '.join(self._input) or 'none'}.",
        )


def _once(
    word: str, declared: list[dict[str, Any]], earlier: object | None
) -> dict[str, FieldDefinition]:
    if earlier is not None:
        raise DefinitionError(f"{word} is declared twice", hint="Put all its fields in one block.")
    return fields_of(word, declared)
