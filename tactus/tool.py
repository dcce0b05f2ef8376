"""A tool as an agent is given it: what the model is told of it, and what happens when it calls."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

Check = Callable[[Mapping[str, Any]], tuple[dict[str, Any], tuple[str, ...]]]
"""The arguments with defaults filled in, and what is wrong with them, a sentence each."""

_LONGEST = 64  # letters of a name that every provider takes


def wire_name(name: str) -> str:
    """What a provider is told in place of `name`, whose dots it would refuse.

    `http.get` becomes `http_get`; `tactus.done` is `done`.
    """
    return re.sub(r"[^A-Za-z0-9_-]", "_", name.removeprefix("tactus."))[:_LONGEST]


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that an agent may do.

    Attributes:
        name: letters, digits, `_` and `-`, at most 64: what every provider takes.
        description: what it is for, as the model is told.
        parameters: the JSON Schema of its arguments, an object.
        check: looks at the arguments before each call; problems go back to the model.
        call: does it; takes JSON, returns JSON. A `ToolError` (or a `ProcedureError` of a tool that
            is written in Lua) is told to the model, any other error ends the turn.
        note: told the arguments and the result of each call that ended well, repeated runs too.
        is_own: its body is a function of the procedure, which a repeated run calls again.
        ends: the turn ends with this call, and its result is the answer if nothing was said.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    check: Check
    call: Callable[[dict[str, Any]], Awaitable[Any]]
    ends: bool = False
    is_own: bool = False
    note: Callable[[dict[str, Any], Any], None] | None = None
