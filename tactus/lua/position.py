"""Where in the procedure something happened, read from what Lua says."""

import re
from dataclasses import dataclass

_LONGEST = 50  # bytes of a file name; Lua cuts those of 60 and more from the left
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Position:
    """A line of a procedure, from 1; None where Lua does not know it."""

    file: str
    line: int | None


def alias_of(file: str) -> str:
    """What Lua shall call `file`: short, and on one line."""
    clean = _CONTROL.sub("?", file)
    while len(clean.encode("utf-8", "replace")) > _LONGEST:
        clean = clean.rsplit("/", 1)[-1] if "/" in clean else clean[1:]
    return clean.encode("utf-8", "replace").decode()


def split_message(text: str, alias: str) -> tuple[str, int | None]:
    """A message of Lua's without its place, and the line that the place named."""
    found = re.match(rf"{re.escape(alias)}:(\d+): ", text)
    if found is None:
        return text, None
    return text[found.end() :], int(found.group(1))


def trimmed(traceback: str, alias: str, file: str) -> str | None:
    """The frames of the procedure itself, one a line, innermost first; None when there is none."""
    prefix = f"\t{alias}:"
    frames = [
        f"{file}:{line.removeprefix(prefix)}"
        for line in traceback.split("\n")
        if line.startswith(prefix)
    ]
    text = "\n".join(frame.replace(f"<{alias}:", f"<{file}:") for frame in frames)
    return text.replace("in upvalue 'procedure'", "in the procedure") or None
