"""What a running procedure asks of the outside, as typed values."""

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tactus.errors import DefinitionError
from tactus.fields import nearest
from tactus.lua.outcome import Request
from tactus.lua.position import Position

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class AgentTurn:
    """An agent is called; `message` is None when the agent shall begin, or go on, by itself."""

    agent: int
    message: str | None
    position: Position | None


@dataclass(frozen=True, slots=True)
class ClearHistory:
    """An agent shall forget the messages of its turns."""

    agent: int
    position: Position | None


class _TurnOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    message: str | None = None


def parse(request: Request) -> AgentTurn | ClearHistory:
    """The typed form of a request that the surface made.

    Raises:
        DefinitionError: the procedure gave an option that does not exist or is of the wrong type.
    """
    match request.op:
        case "agent.turn":
            options = validated(_TurnOptions, request.value["options"], "a turn")
            return AgentTurn(request.value["agent"], options.message, request.position)
        case "agent.clear_history":
            return ClearHistory(request.value["agent"], request.position)
    raise AssertionError(f"no surface file makes the request {request.op!r}")


def validated(model: type[Model], values: Any, what: str) -> Model:
    """`values` as a `model`; its first problem is raised as a sentence.

    Raises:
        DefinitionError: names the option, what came, and for an unknown option the nearest.
    """
    try:
        return model.model_validate(values or {})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    option = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = [name for name in model.model_fields if name not in ("name", "line")]
        raise DefinitionError(
            f'{what} has no option "{option}".{nearest(option, known)}',
            hint=f"It takes {', '.join(known)}.",
        )
    if first["type"] == "missing":
        raise DefinitionError(f'{what} needs the option "{option}"')
    said = first["msg"].removeprefix("Value error, ")
    said = f"{said[0].lower()}{said[1:]}"
    came = "" if isinstance(first["input"], dict) else f"; {first['input']!r} came"
    raise DefinitionError(f"{what}: {option}: {said}{came}" if option else f"{what}: {said}")
