"""What a declared thing is called: its option, or the variable that its line assigns it to."""

import re

from tactus.lua.lines import lines_of
from tactus.lua.position import Position


class Assignments:
    """The variables that the lines of a procedure assign what `word` makes: `local a = Agent {`."""

    def __init__(self, text: str, word: str) -> None:
        self._lines = lines_of(text)
        self._pattern = re.compile(rf"([A-Za-z_]\w*)\s*=\s*{word}\b")
        self._seen: dict[int, int] = {}  # line -> how many were declared on it

    def next_on(self, position: Position | None) -> str | None:
        """The variable of the next one on this line; None where the line has none."""
        line = position.line if position else None
        if line is None or line > len(self._lines):
            return None
        before = self._seen.get(line, 0)
        self._seen[line] = before + 1
        found = self._pattern.findall(self._lines[line - 1])
        return found[before] if before < len(found) else None
