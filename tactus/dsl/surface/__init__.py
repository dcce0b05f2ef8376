"""The words of the language: Lua files, each of them implementation, types and documentation."""

from functools import cache
from importlib.resources import files

from tactus.lua.machine import Source

# In the order in which they build on each other.
NAMES = ("field", "agent", "procedure", "log", "state", "json")


@cache
def surface() -> tuple[Source, ...]:
    """Every surface file, in loading order."""
    folder = files(__name__)
    return tuple(
        Source(f"{name}.lua", (folder / f"{name}.lua").read_text(encoding="utf-8"))
        for name in NAMES
    )
