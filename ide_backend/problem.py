"""An answer that says what went wrong, and the next step."""

from typing import Any

import orjson
from starlette.responses import Response

from tactus.errors import StoreError, TactusError


class Problem(Exception):  # noqa: N818  # not every answer of this kind is an error of ours
    """A refusal: the HTTP status, a code for programs, a message and a hint for people.

    `more` stands beside the error in the answer, as the current version of a file does.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        hint: str | None = None,
        *,
        file: str | None = None,
        line: int | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message, "hint": hint, "file": file, "line": line}
        self.more = more or {}

    @classmethod
    def of(cls, error: TactusError) -> "Problem":
        """The refusal that tells of `error`."""
        status = 503 if isinstance(error, StoreError) else 422
        return cls(status, error.code, error.message, error.hint, file=error.file, line=error.line)

    def response(self) -> Response:
        """The answer."""
        return json_response({"error": self.error, **self.more}, self.status)


def json_response(data: Any, status: int = 200) -> Response:
    """`data` as JSON."""
    return Response(orjson.dumps(data), status, media_type="application/json")
