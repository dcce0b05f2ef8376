"""Whether a procedure's value can leave it as JSON."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from tactus.lua.convert import FunctionRef


def not_json(value: Any, path: str = "") -> Iterator[str]:
    """What of `value` has no place in JSON: one sentence each, with its path."""
    if isinstance(value, FunctionRef):
        yield f"{path or 'the value'}: is a function, which cannot leave the procedure"
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{path or 'the value'}: is {value}, a number that JSON does not have"
    elif isinstance(value, list):
        for position, item in enumerate(value, 1):
            yield from not_json(item, f"{path}[{position}]")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from not_json(item, f"{path}.{name}" if path else str(name))


def without(value: Any) -> Any:
    """`value` with null in place of whatever JSON does not have."""
    if isinstance(value, FunctionRef) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, list):
        return [without(item) for item in value]
    if isinstance(value, Mapping):
        return {name: without(item) for name, item in value.items()}
    return value
