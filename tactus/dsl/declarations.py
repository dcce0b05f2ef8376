"""What a procedure has told so far: its agents, its fields, its body."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from tactus.definitions import AgentDefinition, ProcedureDefinition
from tactus.dsl.requests import validated
from tactus.errors import DefinitionError, InputError, ProcedureError, TactusError
from tactus.events import LogEvent
from tactus.fields import FieldDefinition, check, nearest
from tactus.lua.convert import FunctionRef
from tactus.lua.lines import lines_of
from tactus.lua.position import Position

Log = Callable[[LogEvent], None]

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\s*=\s*Agent\b")
_FENCED = re.compile(r"\A\s*```(?:json)?[^\S\n]*\n(.*)\n\s*```\s*\Z", re.DOTALL)


class Declarations:
    """Answers everything that the surface tells on the spot.

    `params` are the values given to the run, or None for a check, in which placeholders of the
    declared types stand for them. `log` is called for each line that the procedure logs.
    """

    def __init__(self, text: str, file: str, params: Mapping[str, Any] | None, log: Log) -> None:
        self.closed = False
        self.body: FunctionRef | None = None
        self._lines = lines_of(text)
        self._file = file
        self._params = params
        self._log = log
        self._agents: list[AgentDefinition] = []
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
                return _encode(value.get("value"), pretty=value.get("pretty", False))
            case "json.decode":
                return {"value": _decode(value["text"])}
            case "input.unknown":
                raise self._unknown_input(value["name"])
            case "replaced":
                word = value["word"]
                raise DefinitionError(
                    f"{word} is a word of the language: write {word} {{ … }}, without =",
                    hint=f"For a value of your own, take another name, or local {word} = ….",
                )
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
        word = {"agent": "Agent", "procedure": "Procedure"}.get(kind, kind)
        if self.closed and kind != "agent.name":
            raise DefinitionError(
                f"{word} is declared after the first call",
                hint="Move the declaration above the first call of an agent.",
            )
        match kind:
            case "agent":
                return self._declare_agent(value, position)
            case "agent.name":
                self._name_agent(value["agent"], value["name"])
            case "input":
                self._input = _fields("input", value, self._input)
                return self.values()
            case "output":
                self._output = _fields("output", value, self._output)
            case "procedure":
                self._declare_procedure(value)
                return self.values()
        return None

    def _declare_agent(self, value: Any, position: Position | None) -> dict[str, Any]:
        options = value["options"] or {}
        if not isinstance(options, Mapping) or not all(isinstance(key, str) for key in options):
            raise DefinitionError(
                "Agent takes named options", hint='Write Agent { model = "openai/gpt-4o-mini" }.'
            )
        for reserved in ("name", "line"):
            if reserved in options:
                raise DefinitionError(
                    f'Agent has no option "{reserved}"',
                    hint="An agent is named by the global it is assigned to.",
                )
        identity = len(self._agents)
        line = position.line if position else None
        name = self._named(value.get("name"), line) or f"agent_{identity + 1}"
        provider, model = _provider_and_model(options)
        definition = validated(
            AgentDefinition,
            {**options, "provider": provider, "model": model, "name": name, "line": line},
            f'the agent "{name}"',
        )
        self._agents.append(definition)
        return {"id": identity, "name": name}

    def _named(self, given: str | None, line: int | None) -> str | None:
        """The name an agent was given, or that its line assigns it to: `local name = Agent {`."""
        if given is not None:
            if not given.isidentifier():
                raise DefinitionError(f'"{given}" is no name', hint="Use letters, digits and _.")
            if any(agent.name == given for agent in self._agents):
                raise DefinitionError(f'the agent "{given}" is declared already')
            return given
        if line is None or line > len(self._lines):
            return None
        found = _ASSIGNMENT.findall(self._lines[line - 1])
        before = sum(agent.line == line for agent in self._agents)
        return found[before] if before < len(found) else None

    def _name_agent(self, identity: int, name: str) -> None:
        named = self._agents[identity].model_copy(update={"name": name})
        self._agents[identity] = named

    def _declare_procedure(self, value: Any) -> None:
        if self.body is not None:
            raise DefinitionError("this file has a Procedure already")
        if value.get("input") is not None:
            self._input = _fields("input", value["input"], self._input)
        if value.get("output") is not None:
            self._output = _fields("output", value["output"], self._output)
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


def _provider_and_model(options: Mapping[str, Any]) -> tuple[Any, Any]:
    provider, model = options.get("provider"), options.get("model")
    if provider is None and isinstance(model, str) and "/" in model:
        provider, model = model.split("/", 1)
    elif isinstance(model, str) and isinstance(provider, str):
        model = model.removeprefix(f"{provider}/")
    if provider == "demo" and model is None:
        model = "demo"
    if model == "":
        raise DefinitionError("the model is empty", hint='Write model = "openai/gpt-4o-mini".')
    if model is None:
        raise DefinitionError(
            "an agent needs a model",
            hint='Write model = "openai/gpt-4o-mini", or provider = "demo" to try without a key.',
        )
    if provider is None:
        raise DefinitionError(
            f"the model {model!r} has no provider",
            hint=f'Write provider = "openai", or model = "openai/{model}".',
        )
    return provider, model


def _fields(
    word: str, declared: list[dict[str, Any]], earlier: object | None
) -> dict[str, FieldDefinition]:
    if earlier is not None:
        raise DefinitionError(f"{word} is declared twice", hint="Put all its fields in one block.")
    return {
        field["name"]: validated(FieldDefinition, field["options"], f"{word}: {field['name']}")
        for field in declared
    }


def _encode(value: Any, *, pretty: bool) -> str:
    try:
        return json.dumps(
            value,
            ensure_ascii=False,
            allow_nan=False,
            indent=2 if pretty else None,
            separators=None if pretty else (",", ":"),
        )
    except (TypeError, ValueError) as error:
        raise ProcedureError(f"Json.encode: {str(error).lower()}") from None


def _decode(text: str) -> Any:
    fenced = _FENCED.match(text)
    try:
        return orjson.loads(fenced.group(1) if fenced else text)
    except orjson.JSONDecodeError as error:
        start = text.lstrip()[:40]
        raise ProcedureError(
            f"Json.decode: not JSON at line {error.lineno}, column {error.colno}: {error.msg}",
            hint=f"The text begins with {start!r}.",
        ) from None
