"""What a step of the scheduler came to, as Python sees it."""

from dataclasses import dataclass
from typing import Any

from tactus.lua.position import Position


@dataclass(frozen=True, slots=True)
class Request:
    """What a procedure asks of the outside: a name, plain data, and the line that asks."""

    op: str
    value: Any
    position: Position | None


@dataclass(frozen=True, slots=True)
class Told:
    """What a procedure tells, and goes on at once when it is answered."""

    kind: str
    value: Any
    position: Position | None


@dataclass(frozen=True, slots=True)
class Done:
    """A coroutine ended with a value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """A coroutine ended with an error; `ref` numbers the Python exception it came from, 0 for none.

    `kind` is `definition` when a word of the language was used wrongly, else `procedure`. `text` is
    None when the error was a value that is no text; then `value` is that value.
    """

    ref: int
    kind: str
    text: str | None
    line: int | None
    traceback: str
    hint: str | None
    value: Any


@dataclass(frozen=True, slots=True)
class Dead:
    """The run reached a limit, which ends it."""

    limit: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Killed:
    """A coroutine was ended from outside."""


Outcome = Request | Told | Done | Failed | Dead | Killed
