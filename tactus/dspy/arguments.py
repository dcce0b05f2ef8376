"""The arguments of a call: what a model writes, and what can be taken of it."""

from typing import Any

_DEEPEST = 40  # tables within tables
_INTEGERS = range(-(2**63), 2**63)  # what Lua can hold


def taken(arguments: object) -> dict[str, Any] | None:
    """`arguments` as a JSON object that every part of a run can hold, or None."""
    if isinstance(arguments, dict) and "partial_json" not in arguments and _holds(arguments, 0):
        return dict(arguments)
    return None


def _holds(value: Any, depth: int) -> bool:
    match value:
        case None | bool() | float():
            return True
        case int():
            return value in _INTEGERS
        case str():
            return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
        case list():
            return depth < _DEEPEST and all(_holds(item, depth + 1) for item in value)
        case dict():
            return depth < _DEEPEST and all(
                _holds(name, depth) and _holds(item, depth + 1) for name, item in value.items()
            )
    return False
