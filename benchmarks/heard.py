"""What is said in a turn, and what was heard of it."""

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

MESSAGE = "Write a short story"
SYSTEM = "You are a creative storyteller."
KEY = "none-needed-here"
CHARACTERS = 5  # of text in a chunk


@dataclass
class Heard:
    """What came of one call, which is one turn or many; times are in seconds.

    `firsts` are from a turn's begin, or the end of the one before, to its first text, `turns` to
    its end.
    """

    firsts: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    characters: int = 0
    pieces: int = 0
    kept: list[Any] = field(default_factory=list)
    _began: float = field(default_factory=time.perf_counter)

    def add(self, text: str) -> None:
        if len(self.firsts) == len(self.turns):
            self.firsts.append(time.perf_counter() - self._began)
        self.characters += len(text)
        self.pieces += 1

    def end(self) -> None:
        now = time.perf_counter()
        self.turns.append(now - self._began)
        self._began = now


Turn = Callable[[Heard, bool], Coroutine[Any, Any, None]]
"""Takes one turn, streamed or not."""
