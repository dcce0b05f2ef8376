"""One Lua state for one run, in which a script can reach nothing but the words it is given."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lupa import lua54

from tactus.settings import Limits

# In the order in which they build on each other.
PRELUDE = (
    "base",
    "errors",
    "order",
    "coroutines",
    "values",
    "patterns",
    "strings",
    "tables",
    "host",
    "step",
)
_REMOVED = ("python", "os", "io", "require", "package", "debug", "load", "loadfile", "dofile")


@dataclass(frozen=True)
class Sandbox:
    """The functions of a fresh Lua state that Python calls; see `prelude/step.lua`."""

    run_surface: Callable[[bytes, str], None]
    compile: Callable[[str], Any]
    call: Callable[..., int]
    step: Callable[..., tuple[Any, ...]]
    names: Callable[[], str]
    memory: "Memory"


class Memory:
    """The memory limit of one state: on only while the script's own code runs.

    lupa writes into the state unprotected, which with a limit on ends the process. What Lua keeps
    of this object must not keep the state alive: `release` cuts it off.
    """

    def __init__(self, runtime: lua54.LuaRuntime, limit: int) -> None:
        self._runtime: lua54.LuaRuntime | None = runtime
        self._limit = limit

    def enter(self) -> None:
        """The script goes on: the limit holds."""
        if self._runtime is not None:
            self._runtime.set_max_memory(self._limit)

    def leave(self) -> None:
        """The script has stopped: the limit is lifted."""
        if self._runtime is not None:
            self._runtime.set_max_memory(0)

    def used(self) -> int:
        """Bytes that the state holds."""
        return 0 if self._runtime is None else self._runtime.get_memory_used(total=True)

    def release(self) -> None:
        """Let the state go."""
        self._runtime = None


class Interrupt:
    """Ends what a script computes, from any thread: what it runs next is its last.

    Attributes:
        set: whether it shall end now.
        deadline: when it shall end, on the monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self.set = False
        self.deadline = math.inf

    @property
    def late(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() > self.deadline

    def clock(self) -> float:
        """CPU seconds of this thread; past every deadline once the script shall end."""
        return math.inf if self.set or self.late else time.thread_time()


def open_sandbox(limits: Limits, *, alias: str, seed: int, interrupt: Interrupt) -> Sandbox:
    """A fresh Lua state, set up in about half a millisecond.

    Args:
        limits: what the script may use.
        alias: what Lua calls the procedure's file in its messages; under 60 bytes.
        seed: seeds `math.random`.
        interrupt: ends the script from outside.
    """
    runtime = lua54.LuaRuntime(
        encoding="utf-8",
        unpack_returned_tuples=True,
        register_eval=False,
        register_builtins=False,
        max_memory=0,
    )
    memory = Memory(runtime, limits.memory * 1024 * 1024)
    given = runtime.globals()
    load = given["load"]
    given["math"]["randomseed"](seed)
    prelude = _prelude()
    first, *others = (load(prelude[name], name, "b") for name in PRELUDE)
    shared = first(memory.enter, memory.leave, interrupt.clock)
    functions = [chunk(shared) for chunk in others][-1]
    shared["configure"](limits.instructions, limits.cpu, limits.coroutines, alias)
    for name in _REMOVED:
        given[name] = None
    run_surface, compile_, call, step, names = functions
    return Sandbox(run_surface, compile_, call, step, names, memory)


def compiled(text: str, name: str) -> bytes:
    """The bytecode of a trusted file; made in this process, and never read from elsewhere.

    Lua calls it `[name]`, as no procedure is called: its lines are never shown as a place.
    """
    runtime = lua54.LuaRuntime(encoding=None, register_eval=False, register_builtins=False)
    dump = runtime.eval(
        "function(text, name) return string.dump(assert(load(text, name, 't'))) end"
    )
    code: bytes = dump(text.encode(), f"=[{name}]".encode())
    return code


@cache
def _prelude() -> dict[str, bytes]:
    folder = files(__package__) / "prelude"
    return {
        name: compiled((folder / f"{name}.lua").read_text(encoding="utf-8"), name)
        for name in PRELUDE
    }
