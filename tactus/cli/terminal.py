"""What a command writes: the result to stdout, everything else to stderr.

Text from models, procedures and servers reaches a terminal only through here, stripped of what
could control it.
"""

import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import typer

_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[{_CONTROLS}]")


def prepare_streams() -> None:
    """Make stdin, stdout and stderr bear any text, and the null device of one that is closed.

    Python has None for a stream that was closed before it began, as by `>&-`.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            null = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - until the end
            setattr(sys, name, null)
    for stream, errors in (
        (sys.stdin, "surrogateescape"),  # refused as an answer, where it is asked for
        (sys.stdout, "backslashreplace"),
        (sys.stderr, "backslashreplace"),
    ):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def clean(text: str) -> str:
    """`text` without control characters (line breaks and tabs stay) and direction marks."""
    return _CONTROL.sub("", text)


def say(text: str = "", *, newline: bool = True, **style: Any) -> None:
    """Write to stderr, cleaned; `style` is Typer's, and left out where no terminal is.

    That stderr cannot be written is no reason to fail, and could be said nowhere.
    """
    try:
        if style and not os.environ.get("NO_COLOR"):
            typer.secho(clean(text), err=True, nl=newline, **style)
        else:
            typer.echo(clean(text), err=True, nl=newline)
    except OSError:
        _silence(sys.stderr.fileno())


def give(text: str) -> bool:
    """Write a line to stdout at once; False when its reader went away.

    What a terminal could take as a command is written as a JSON escape, which is the same text to
    every reader of JSON; anything else of that kind is JSON's own to escape.

    Raises:
        OSError: it cannot be written, as when the disk is full; what follows is not written either.
    """
    escaped = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    try:
        sys.stdout.write(escaped + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
        return False
    except OSError:
        silence_stdout()
        raise
    return True


def give_json(value: Any) -> bool:
    """Write `value` to stdout as indented JSON; as `give`."""
    return give(json_text(value))


def json_text(value: Any) -> str:
    """`value` as indented JSON, in letters that stdout can carry."""
    return json.dumps(value, indent=2, ensure_ascii=not is_utf8(), default=str)


def is_utf8() -> bool:
    """Whether stdout can carry every letter."""
    encoding = sys.stdout.encoding or "ascii"
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"


def silence_stdout() -> None:
    """Let what is still to be written to stdout, at the latest when Python ends, go nowhere."""
    _silence(sys.stdout.fileno())


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
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)
