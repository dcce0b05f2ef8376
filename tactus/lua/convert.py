"""Plain data across the border: a shape, and the strings, numbers and booleans in its order.

`v` a value, `n` null, `f` a function's number, `[ nodes ]` a list, `{ key node … }` a table whose
keys are in the flat values too. Only such flat values cross: no live table, no object.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_DEPTH = 60
MOST_VALUES = 200_000  # or keys and values: they are arguments of a call, which Lua bounds
_INTEGERS = range(-(2**63), 2**63)

Flat = str | int | float | bool
_Path = tuple["_Path", int | str, int] | None  # the path above, the last step, the depth


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A Lua function as plain data; the same function has the same reference."""

    id: int


def encode(value: Any) -> tuple[str, list[Flat]]:
    """The shape and the flat values of `value`.

    Raises:
        TypeError: something in it is not plain data; names its path.
        ValueError: a number is too large for Lua, or the value too large or nested too deeply.
    """
    shape: list[str] = []
    flat: list[Flat] = []
    _encode(value, None, shape, flat)
    return "".join(shape), flat


def decode(shape: str, flat: tuple[Any, ...]) -> Any:
    """The value of a shape and its flat values."""
    return _decode(iter(shape), iter(flat), "")


def _encode(value: Any, path: _Path, shape: list[str], flat: list[Flat]) -> None:
    if len(shape) > MOST_VALUES or len(flat) > MOST_VALUES:
        raise ValueError(f"{_named(path)} is larger than {MOST_VALUES:,} values")
    if type(value) is str and value.isascii():  # most of what crosses, at half the price
        shape.append("v")
        flat.append(value)
        return
    match value:
        case None:
            shape.append("n")
        case str() | int() | float():
            shape.append("v")
            flat.append(_scalar(value, path))
        case list() | tuple():
            shape.append("[")
            for position, item in enumerate(value, 1):
                _encode(item, _within(path, position), shape, flat)
            shape.append("]")
        case Mapping():
            shape.append("{")
            for key, item in value.items():
                flat.append(_key(key, path))
                _encode(item, _within(path, key), shape, flat)
            shape.append("}")
        case FunctionRef():
            shape.append("f")
            flat.append(value.id)
        case _:
            raise TypeError(f"{_named(path)} is a {type(value).__name__}, which is not plain data")


def _scalar(value: Flat, path: _Path) -> Flat:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, int) and value not in _INTEGERS:
        raise ValueError(f"{_named(path)} is an integer of more than 64 bits")
    return value


def _within(path: _Path, step: int | str) -> _Path:
    if path is not None and path[2] >= MOST_DEPTH:
        raise ValueError(f"{_named(path)} is nested deeper than {MOST_DEPTH} levels")
    return (path, step, 1 if path is None else path[2] + 1)


def _key(key: object, path: _Path) -> str | int:
    if isinstance(key, str):
        return _clean(key)
    if isinstance(key, int) and not isinstance(key, bool):
        if key not in _INTEGERS:
            raise ValueError(f"{_named(path)} has a key of more than 64 bits, {key}")
        return key
    raise TypeError(f"{_named(path)} has the key {key!r}; keys are strings or integers")


def _clean(text: str) -> str:
    """`text` as UTF-8 can carry it: lone surrogates become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


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


def _named(path: _Path) -> str:
    """`a.b[3]`; the whole has no path."""
    steps: list[str] = []
    while path is not None:
        path, step, _ = path
        steps.append(f".{step}" if isinstance(step, str) else f"[{step}]")
    return "".join(reversed(steps)).removeprefix(".") or "the value"
