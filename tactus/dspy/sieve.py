"""Calls of tools that a model writes into its text, taken out of it as it comes.

The form is the one that open models without calls of their own are trained on, or asked for:

    <tool_call>{"name": "search", "arguments": {"query": "rain"}}</tool_call>
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from json_repair import loads as repaired

OPEN, CLOSE = "<tool_call>", "</tool_call>"
_STRING = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)


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
            elif _is_quoting("".join(self._body)):
                self._body.append(found)
            else:
                self.calls.append(_read("".join(self._body)))
                self._body = None
            text = after

    def close(self, *, whole: bool = True) -> str:
        """What was held back and is no call.

        A call that was not ended is read as it stands. Not so with `whole` false, when the text was
        cut: its arguments may be cut too, and are None.
        """
        through: list[str] = []
        while self._body is not None:
            body, self._held, self._body = "".join((*self._body, self._held)), "", None
            if not whole:
                name = _read(body).name
                self.calls.append(Written(name if f'"{name}"' in body else "", None))
                break
            # A quote too many in a call: the first mark was its end after all.
            body, found, after = body.partition(CLOSE)
            if found or body.strip():
                self.calls.append(_read(body))
            through.append(self.feed(after))
        held, self._held = self._held, ""
        return "".join((*through, held))


def _overlap(text: str, mark: str) -> int:
    """How many of the last characters of `text` may be the beginning of `mark`."""
    longest = min(len(mark) - 1, len(text))
    return next((size for size in range(longest, 0, -1) if mark.startswith(text[-size:])), 0)


def _is_quoting(body: str) -> bool:
    """Whether `body` ends within a string, where a mark is no mark."""
    return '"' in _STRING.sub("", body)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    except RecursionError:
        return None
    try:
        return repaired(text)
    except (ValueError, RecursionError):  # too deep
        return None


def _read(body: str) -> Written:
    said = _parsed(body)
    if isinstance(said, list):
        said = said[0] if said else None
    if not isinstance(said, dict):
        return Written("", None)
    arguments = said.get("arguments", said.get("parameters", {}))
    if isinstance(arguments, str):  # written as JSON once more, as some models do
        arguments = _parsed(arguments.strip() or "{}")
    name = said.get("name")
    return Written(
        name if isinstance(name, str) else "", arguments if isinstance(arguments, dict) else None
    )
