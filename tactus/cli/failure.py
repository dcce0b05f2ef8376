"""How an error is shown: what happened, where, two lines of source, the next step."""

from typing import Any

import typer

from tactus.cli.terminal import clean, say
from tactus.errors import OutputError, TactusError, TurnError
from tactus.lua import lines


def headline(error: TactusError) -> str:
    """`story.lua:12: syntax: message`, in one line unless the message has more."""
    place = f"{error.place}: " if error.place else ""
    return f"{place}{error.code}: {error.message}"


def excerpt(text: str, line: int | None) -> list[str]:
    """Line `line` of `text` and the one before it, numbered; empty where there is none."""
    return [f"  {number:>4} | {clean(shown)}" for number, shown in lines.excerpt(text, line)]


def show(error: TactusError, text: str = "", *, verbose: bool = False) -> None:
    """Show `error` on stderr; `text` is the procedure's source."""
    say(headline(error), fg=typer.colors.RED, bold=True)
    for line in excerpt(text, error.line):
        say(line)
    if error.hint:
        say(f"  {error.hint}")
    if verbose and error.traceback:
        say(error.traceback, dim=True)


def plain(error: TactusError) -> dict[str, Any]:
    """The error as JSON-ready data; what does not apply is null."""
    data: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "file": error.file,
        "line": error.line,
        "hint": error.hint,
        "traceback": error.traceback,
    }
    if isinstance(error, TurnError):
        data["text"] = error.text
    if isinstance(error, OutputError):
        data["problems"] = list(error.problems)
    return data
