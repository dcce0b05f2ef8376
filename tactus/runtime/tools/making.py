"""Making a tool out of declared fields and a function."""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio

from tactus.errors import ToolError
from tactus.fields import FieldDefinition, check
from tactus.schema import schema_of
from tactus.tool import Tool

Call = Callable[[dict[str, Any]], Awaitable[Any]]

_LONGEST = 64  # letters of a name that every provider takes


def wire_name(name: str) -> str:
    """What a provider is told in place of `name`, whose dots it would refuse.

    `http.get` becomes `http_get`; `tactus.done` is `done`.
    """
    return re.sub(r"[^A-Za-z0-9_-]", "_", name.removeprefix("tactus."))[:_LONGEST]


def make(
    name: str, description: str, fields: dict[str, FieldDefinition], call: Call, *, timeout: float
) -> Tool:
    """The tool `name`, whose arguments are `fields`; one call may take `timeout` seconds."""

    async def bounded(arguments: dict[str, Any]) -> Any:
        try:
            with anyio.fail_after(timeout):
                return await call(arguments)
        except TimeoutError:
            raise late(name, timeout) from None

    return Tool(wire_name(name), description, schema_of(fields), partial(check, fields), bounded)


def late(name: str, timeout: float) -> ToolError:
    """The error of a call that took too long."""
    return ToolError(
        f"{name} took longer than {timeout:g} s",
        hint="Ask for less, or raise tools.timeout in tactus.toml.",
    )
