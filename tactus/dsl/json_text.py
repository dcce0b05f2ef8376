"""JSON as text, as a procedure writes and reads it."""

import json
import re
from typing import Any

import orjson

from tactus.errors import ProcedureError

_FENCED = re.compile(r"\A\s*```(?:json)?[^\S\n]*\n(.*)\n\s*```\s*\Z", re.DOTALL)


def encode(value: Any, *, pretty: bool = False) -> str:
    """The JSON text of `value`.

    Raises:
        ProcedureError: something in it has no place in JSON.
    """
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


def decode(text: str) -> Any:
    """The value of a JSON text, which may stand in a Markdown fence.

    Raises:
        ProcedureError: it is not JSON; names the line and column.
    """
    fenced = _FENCED.match(text)
    try:
        return orjson.loads(fenced.group(1) if fenced else text)
    except orjson.JSONDecodeError as error:
        start = text.lstrip()[:40]
        raise ProcedureError(
            f"Json.decode: not JSON at line {error.lineno}, column {error.colno}: {error.msg}",
            hint=f"The text begins with {start!r}.",
        ) from None
