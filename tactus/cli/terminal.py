"""What a command writes: the result to stdout, everything else to stderr.

Text from models, procedures and servers reaches a terminal only through here, stripped of what
could control it.
"""

import os
import re
import sys
from typing import Any

import typer

_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[{_CONTROLS}]")


def clean(text: str) -> str:
    """`text` without control characters (line breaks and tabs stay) and direction marks."""
    return _CONTROL.sub("", text)


def say(text: str = "", *, newline: bool = True, **style: Any) -> None:
    """Write to stderr, cleaned; `style` is Typer's, and left out where no terminal is.

    A reader of stderr that went away is no reason to fail.
    """
    try:
        if style and not os.environ.get("NO_COLOR"):
            typer.secho(clean(text), err=True, nl=newline, **style)
        else:
            typer.echo(clean(text), err=True, nl=newline)
    except BrokenPipeError:
        _silence(sys.stderr.fileno())


def give(text: str) -> bool:
    """Write a line to stdout at once; False when its reader went away.

    What a terminal could take as a command is written as a JSON escape, which is the same text to
    every reader of JSON; anything else of that kind is JSON's own to escape.
    """
    escaped = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    try:
        sys.stdout.write(escaped + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout.fileno())
        return False
    return True


def is_terminal() -> bool:
    """Whether a person can be asked: stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def width() -> int | None:
    """How many cells wide the terminal behind stderr is; None when there is none."""
    if not sys.stderr.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return int(columns)
    return os.get_terminal_size(sys.stderr.fileno()).columns or 80


def is_animated() -> bool:
    """Whether something may move on stderr."""
    return sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


def _silence(descriptor: int) -> None:
    """Nobody reads this any more: let the interpreter's last flush end in the null device."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)
