"""Plain data across the border: a shape, and the strings, numbers and booleans in its order.

`v` a value, `n` null, `f` a function's number, `[ nodes ]` a list, `{ key node … }` a table whose keys
are in the flat values too. Only such flat values ever cross: never a live Lua table, never an object.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_DEPTH = 60
_INTEGERS = range(-(2**63), 2**63)

Flat = str | int | float | bool


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A Lua function as plain data; the same function has the same reference."""

    id: int


def encode(value: Any) -> tuple[str, list[Flat]]:
    """The shape and the flat values of `value`.

    Raises:
        TypeError: something in it is not plain data; names its path.
        ValueError: a number is too large for Lua, or the value is nested too deeply.
    """
    shape: list[str] = []
    flat: list[Flat] = []
    _encode(value, (), shape, flat)
    return "".join(shape), flat


def decode(shape: str, flat: tuple[Any, ...]) -> Any:
    """The value of a shape and its flat values."""
    return _decode(iter(shape), iter(flat), "")


def _encode(value: Any, path: tuple[str, ...], shape: list[str], flat: list[Flat]) -> None:
    if value is None:
        shape.append("n")
    elif isinstance(value, str):
        shape.append("v")
        flat.append(value.encode("utf-8", "replace").decode())
    elif isinstance(value, bool | float):
        shape.append("v")
        flat.append(value)
    elif isinstance(value, int):
        if value not in _INTEGERS:
            raise ValueError(f"{_named(path)} is an integer of more than 64 bits")
        shape.append("v")
        flat.append(value)
    elif len(path) >= MOST_DEPTH:
        raise ValueError(f"{_named(path)} is nested deeper than {MOST_DEPTH} levels")
    elif isinstance(value, list | tuple):
        shape.append("[")
        for position, item in enumerate(value, 1):
            _encode(item, (*path, f"[{position}]"), shape, flat)
        shape.append("]")
    elif isinstance(value, Mapping):
        shape.append("{")
        for key, item in value.items():
            if isinstance(key, bool) or not isinstance(key, str | int):
                raise TypeError(f"{_named(path)} has the key {key!r}; keys are strings or integers")
            flat.append(key.encode("utf-8", "replace").decode() if isinstance(key, str) else key)
            _encode(item, (*path, f".{key}"), shape, flat)
        shape.append("}")
    elif isinstance(value, FunctionRef):
        shape.append("f")
        flat.append(value.id)
    else:
        raise TypeError(f"{_named(path)} is a {type(value).__name__}, which is not plain data")


def _decode(shape: Iterator[str], flat: Iterator[Any], mark: str) -> Any:
    match mark or next(shape):
        case "v":
            return next(flat)
        case "f":
            return FunctionRef(next(flat))
        case "[":
            items = []
            while (mark := next(shape)) != "]":
                items.append(_decode(shape, flat, mark))
            return items
        case "{":
            table = {}
            while (mark := next(shape)) != "}":
                key = next(flat)
                table[key] = _decode(shape, flat, mark)
            return table
    return None


def _named(path: tuple[str, ...]) -> str:
    return "".join(path).removeprefix(".") or "the value"
