"""What a running procedure asks of the outside, as typed values."""

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tactus.errors import DefinitionError
from tactus.fields import FieldDefinition, nearest
from tactus.lua.convert import FunctionRef
from tactus.lua.outcome import Request
from tactus.lua.position import Position
from tactus.validation import Problem

Model = TypeVar("Model", bound=BaseModel)

_FOREVER = 100 * 365 * 86_400  # seconds


@dataclass(frozen=True, slots=True)
class AgentTurn:
    """An agent is called; `message` is None when the agent shall begin, or go on, by itself.

    `tools` are names in place of the agent's own for this turn. `on_chunk` is called with each
    piece of the answer while it comes.
    """

    agent: int
    message: str | None
    tools: tuple[str, ...] | None
    on_chunk: FunctionRef | None
    position: Position | None


@dataclass(frozen=True, slots=True)
class ClearHistory:
    """An agent shall forget the messages of its turns."""

    agent: int
    position: Position | None


@dataclass(frozen=True, slots=True)
class Branches:
    """Functions shall run side by side: until all have ended, or in a `race` until one has."""

    functions: tuple[FunctionRef, ...]
    is_race: bool


@dataclass(frozen=True, slots=True)
class Sleep:
    """The procedure waits for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Now:
    """The procedure asks for the time."""


@dataclass(frozen=True, slots=True)
class OwnStep:
    """A function of the procedure is called once, and what it returns is recorded."""

    name: str
    body: FunctionRef


@dataclass(frozen=True, slots=True)
class Ask:
    """A person is asked; `default` is None without one, `timeout` is in seconds."""

    kind: Literal["approve", "input", "choose"]
    message: str
    options: tuple[str, ...]
    timeout: float | None
    default: bool | str | None


@dataclass(frozen=True, slots=True)
class RunProcedure:
    """Another procedure runs as a part of this run; `file` is named from the folder of this one."""

    file: str
    params: dict[str, Any]


Asked = AgentTurn | ClearHistory | Branches | Sleep | Now | OwnStep | Ask | RunProcedure


class _TurnOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    message: str | None = None
    tools: list[str] | None = None
    on_chunk: FunctionRef | None = None


class _QuestionOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    message: str
    timeout: float | None = Field(default=None, gt=0, allow_inf_nan=False)


class _Approve(_QuestionOptions):
    default: bool | None = None


class _Input(_QuestionOptions):
    default: str | None = None


class _Choose(_QuestionOptions):
    options: list[str] = Field(min_length=1)
    default: str | None = None


_QUESTIONS: dict[str, type[_Approve | _Input | _Choose]] = {
    "approve": _Approve,
    "input": _Input,
    "choose": _Choose,
}


def parse(request: Request) -> Asked:
    """The typed form of a request that the surface made.

    Raises:
        DefinitionError: the procedure gave an option that does not exist or is of the wrong type.
    """
    match request.op:
        case "agent.turn":
            options = validated(_TurnOptions, request.value["options"], "a turn")
            tools = None if options.tools is None else tuple(options.tools)
            return AgentTurn(
                request.value["agent"], options.message, tools, options.on_chunk, request.position
            )
        case "agent.clear_history":
            return ClearHistory(request.value["agent"], request.position)
        case "parallel" | "race":
            return Branches(tuple(request.value["functions"]), request.op == "race")
        case "sleep":
            return _sleep(request.value["seconds"])
        case "now":
            return Now()
        case "step":
            return OwnStep(request.value["name"], request.value["body"])
        case "human":
            return _ask(request.value["kind"], request.value["options"])
        case "procedure":
            return _run_procedure(request.value["file"], request.value["params"])
    raise AssertionError(f"no surface file makes the request {request.op!r}")


def _sleep(seconds: float) -> Sleep:
    if not 0 <= seconds < _FOREVER:
        raise DefinitionError(
            f"sleep takes seconds, {seconds:g} came", hint="Take a number from 0 to 100 years."
        )
    return Sleep(float(seconds))


def _ask(kind: Literal["approve", "input", "choose"], given: Any) -> Ask:
    word = f"Human.{kind}"
    question = validated(_QUESTIONS[kind], given, word)
    options = tuple(question.options) if isinstance(question, _Choose) else ()
    if len(set(options)) < len(options):
        raise DefinitionError(f"{word}: an option is there twice")
    if options and question.default is not None and question.default not in options:
        raise DefinitionError(
            f'{word}: the default "{question.default}" is none of the options',
            hint=f"The options are {', '.join(options)}.",
        )
    return Ask(kind, question.message, options, question.timeout, question.default)


def _run_procedure(file: str, params: Any) -> RunProcedure:
    if not isinstance(params, dict) or not all(isinstance(name, str) for name in params):
        raise DefinitionError(
            "run_procedure takes named inputs",
            hint=f'Write run_procedure("{file}", {{ name = value }}).',
        )
    return RunProcedure(file, params)


def fields_of(word: str, declared: list[dict[str, Any]]) -> dict[str, FieldDefinition]:
    """The fields that the surface tells of, as `word { … }` declares them.

    Raises:
        DefinitionError: names the field, and what is wrong with it.
    """
    return {
        field["name"]: validated(FieldDefinition, field["options"], f"{word}: {field['name']}")
        for field in declared
    }


def validated(model: type[Model], values: Any, what: str, *, takes: tuple[str, ...] = ()) -> Model:
    """`values` as a `model`; its first problem is raised as a sentence.

    Args:
        model: what it shall be.
        values: what the procedure gave.
        what: what that is for, as the sentence names it.
        takes: options that it takes although no other thing of the language does.

    Raises:
        DefinitionError: names the option, what came, and for an unknown option the nearest.
    """
    if isinstance(values, list) and not values:
        values = {}  # an empty Lua table
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problem = Problem(error)
    if problem.unknown:
        hidden = {"name", "line"}.difference(takes)
        known = [name for name in model.model_fields if name not in hidden]
        raise DefinitionError(
            f'{what} has no option "{problem.path}".{nearest(problem.path, known)}',
            hint=f"It takes {', '.join(known)}.",
        )
    if problem.missing:
        raise DefinitionError(f'{what} needs the option "{problem.path}"')
    path = f"{problem.path}: " if problem.path else ""
    raise DefinitionError(f"{what}: {path}{problem.message}")
