"""What a running procedure asks of the outside, as typed values."""

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tactus.errors import DefinitionError
from tactus.fields import nearest
from tactus.lua.outcome import Request
from tactus.lua.position import Position
from tactus.validation import Problem

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
    if isinstance(values, list) and not values:
        values = {}  # an empty Lua table
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problem = Problem(error)
    if problem.unknown:
        known = [name for name in model.model_fields if name not in ("name", "line")]
        raise DefinitionError(
            f'{what} has no option "{problem.path}".{nearest(problem.path, known)}',
            hint=f"It takes {', '.join(known)}.",
        )
    if problem.missing:
        raise DefinitionError(f'{what} needs the option "{problem.path}"')
    path = f"{problem.path}: " if problem.path else ""
    raise DefinitionError(f"{what}: {path}{problem.message}")
