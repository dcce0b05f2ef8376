"""Calls of tools that a model writes into its text, taken out of it as it comes.

The form is the one that open models without calls of their own are trained on, or asked for:

    <tool_call>{"name": "search", "arguments": {"query": "rain"}}</tool_call>
"""

from dataclasses import dataclass, field
from typing import Any

from json_repair import loads as repaired

OPEN, CLOSE = "<tool_call>", "</tool_call>"


@dataclass(frozen=True, slots=True)
class Written:
    """A call as it was written; `arguments` is None when it cannot be read."""

    name: str
    arguments: dict[str, Any] | None


@dataclass
class Sieve:
    """Lets text through, and keeps the calls in it.

    Only what may be the beginning of a call is held back, until it is seen whether it is one.
    """

    calls: list[Written] = field(default_factory=list)
    _held: str = ""  # at the end of the text, what may be the beginning of a mark
    _body: list[str] | None = None  # of the call that has begun

    def feed(self, text: str) -> str:
        """What of the text so far is no call, and was not given before."""
        text, self._held = self._held + text, ""
        through: list[str] = []
        while True:
            mark = OPEN if self._body is None else CLOSE
            before, found, after = text.partition(mark)
            if not found:
                keep = len(text) - _overlap(text, mark)
                before, self._held = text[:keep], text[keep:]
            (through if self._body is None else self._body).append(before)
            if not found:
                return "".join(through)
            if self._body is None:
                self._body = []
            else:
                self.calls.append(_read("".join(self._body)))
                self._body = None
            text = after

    def close(self) -> str:
        """What was held back and is no call; a call that was not ended is read as it stands."""
        held, self._held = self._held, ""
        if self._body is None:
            return held
        body, self._body = "".join((*self._body, held)), None
        if body.strip():
            self.calls.append(_read(body))
        return ""


def _overlap(text: str, mark: str) -> int:
    """How many of the last characters of `text` may be the beginning of `mark`."""
    longest = min(len(mark) - 1, len(text))
    return next((size for size in range(longest, 0, -1) if mark.startswith(text[-size:])), 0)


def _read(body: str) -> Written:
    said = repaired(body)
    if isinstance(said, list):
        said = said[0] if said else None
    if not isinstance(said, dict):
        return Written("", None)
    arguments = said.get("arguments", said.get("parameters", {}))
    name = said.get("name")
    return Written(
        name if isinstance(name, str) else "", arguments if isinstance(arguments, dict) else None
    )
