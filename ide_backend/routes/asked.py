"""What a request asks for, checked."""

from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError
from starlette.requests import Request

from ide_backend.problem import Problem


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SessionBody(_Body):
    """The token of the printed address."""

    token: str


class WriteBody(_Body):
    """A file's new text; `version` is what it replaces, null makes a new file."""

    text: str
    version: str | None


class NewFileBody(_Body):
    """A new file, made from a template."""

    path: str
    template: str


class DeleteBody(_Body):
    """The version that is deleted."""

    version: str


class CheckBody(_Body):
    """A procedure as it stands in the editor."""

    path: str
    text: str


class RunBody(_Body):
    """A run; `text` is the source as it stands, otherwise the file at `path` is read."""

    path: str
    text: str | None = None
    params: dict[str, Any] = {}
    model: Annotated[str, Field(max_length=200)] | None = None
    goal_id: Annotated[str, Field(max_length=200)] | None = None


class StreamBody(_Body):
    """A run whose events are the answer; `path` or `text`, or both."""

    path: str | None = None
    text: str | None = None
    params: dict[str, Any] = {}
    model: Annotated[str, Field(max_length=200)] | None = None
    goal_id: Annotated[str, Field(max_length=200)] | None = None
    format: str | None = None


class RerunBody(_Body):
    """The same run again, with other inputs if there are some."""

    params: dict[str, Any] | None = None


class AnswerBody(_Body):
    """What a person says: true or false, a text, or one of the options."""

    answer: StrictBool | StrictStr


class NothingBody(_Body):
    """An empty object."""


Body = TypeVar("Body", bound=BaseModel)


async def body_of(request: Request, kind: type[Body]) -> Body:
    """The body of the request.

    Raises:
        Problem: it is no JSON, or not of that kind.
    """
    try:
        data = orjson.loads(await request.body())
    except ValueError:
        raise Problem(400, "not_json", "the body is not JSON") from None
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the body"
        raise Problem(422, "body", f"{place}: {first['msg']}") from None


def number_of(
    request: Request, name: str, default: int, *, least: int = 0, most: int = 2**53
) -> int:
    """A whole number of the query; `default` when it is not given."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        raise Problem(422, "query", f"{name} must be a whole number")
    return min(max(int(text), least), most)


def word_of(request: Request, name: str) -> str | None:
    """A word of the query, or None."""
    return request.query_params.get(name) or None
