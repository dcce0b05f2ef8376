"""The lines of a procedure, as Lua counts them: for Python a form feed ends one too."""

import re

MOST_SHOWN = 200  # characters of a line in an excerpt

_LINE_END = re.compile(r"\r\n|\n\r|\n|\r")


def lines_of(text: str) -> list[str]:
    """The lines of `text` without their ends; the first one is line 1."""
    return _LINE_END.split(text)


def excerpt(text: str, line: int | None) -> list[tuple[int, str]]:
    """Line `line` of `text` and the one before it, each with its number; long ones are cut.

    Empty where there is no such line.
    """
    lines = lines_of(text)
    if line is None or not 1 <= line <= len(lines):
        return []
    return [(number, _cut(lines[number - 1])) for number in range(max(1, line - 1), line + 1)]


def _cut(line: str) -> str:
    return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]} …"
