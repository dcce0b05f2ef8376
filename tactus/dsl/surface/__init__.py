"""The words of the language: Lua files, each of them implementation, types and documentation."""

from functools import cache
from importlib.resources import files

from tactus.lua.machine import Surface

# In the order in which they build on each other.
NAMES = (
    "field",
    "tool",
    "agent",
    "procedure",
    "parallel",
    "clock",
    "chance",
    "step",
    "human",
    "subprocedure",
    "log",
    "state",
    "json",
)


@cache
def surface() -> tuple[Surface, ...]:
    """Every surface file, in loading order."""
    folder = files(__name__)
    return tuple(
        Surface(f"{name}.lua", (folder / f"{name}.lua").read_text(encoding="utf-8"))
        for name in NAMES
    )
