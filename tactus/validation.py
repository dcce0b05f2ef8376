"""What is wrong with a value that pydantic refused, in the words of whoever wrote it."""

import json
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_KINDS = {
    "string": "must be text",
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "dict": "must be a table",
    "model": "must be a table",
    "tuple": "must be a list",
    "list": "must be a list",
}
_BOUNDS = {
    "greater_than": ("gt", "must be greater than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}


class Problem:
    """The first thing that is wrong.

    Attributes:
        path: of the value, as `limits.memory`; empty for the whole.
        unknown: whether there is no such name at all.
        missing: whether a value was not given.
        message: what it must be, and what came.
    """

    def __init__(self, error: ValidationError) -> None:
        first = error.errors(include_url=False)[0]
        self.path = ".".join(str(part) for part in first["loc"])
        self.unknown = first["type"] == "extra_forbidden"
        self.missing = first["type"] == "missing"
        self.message = f"{_said(first)}{_came(first['input'])}"


def _said(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"{words} {error['ctx'][name]:g}"
    if kind == "literal_error":
        return f"must be one of {error['ctx']['expected']}"
    if simple := _KINDS.get(kind.split("_", 1)[0]):
        return simple
    message = error["msg"].removeprefix("Value error, ")
    return f"{message[0].lower()}{message[1:]}"


def _came(value: Any) -> str:
    if isinstance(value, dict | list) or value is None:
        return ""
    return f"; {json.dumps(value, ensure_ascii=False, default=str)[:80]} came"
