"""Keeping keys out of whatever a person or a file may see."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

MASK = "[hidden]"
_SHORTEST = 6  # a shorter value is a word, not a key: "none", "EMPTY"

# What people write where a key is asked for and none is needed: to mask it would mask the word.
_PLACEHOLDERS = frozenset(
    {
        "changeme",
        "dummy-key",
        "lm-studio",
        "lmstudio",
        "no-key-required",
        "not-needed",
        "not-used",
        "ollama",
        "placeholder",
        "sk-no-key-required",
    }
)

_USERINFO = re.compile(
    r"""(?<=//)[^\s/?#]{1,200}(?=@)|[^\s/:@"'(<=]{1,100}:[^\s/]{1,200}(?=@[\w\[])"""
)


class Redactor:
    """Masks `secrets` by value, also where they are URL-, base64- or JSON-encoded.

    It is true when there is anything to mask.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            if len(secret) >= _SHORTEST and secret.lower() not in _PLACEHOLDERS:
                forms |= _forms(secret)
        longest_first = sorted(forms, key=len, reverse=True)
        self._whole = re.compile("|".join(map(re.escape, longest_first))) if forms else None
        self._beginning: dict[str, list[str]] = {}
        for form in longest_first:
            self._beginning.setdefault(form[0], []).append(form)
        self._first = re.compile(f"[{re.escape(''.join(self._beginning))}]") if forms else None
        self._longest = len(longest_first[0]) if forms else 0

    def __bool__(self) -> bool:
        return self._whole is not None

    def text(self, text: str) -> str:
        """`text` without keys; the same object where there is none."""
        return text if self._whole is None else self._whole.sub(MASK, text)

    def data(self, value: Any) -> Any:
        """JSON-ready `value` without keys, in names and numbers too; the same where it has none."""
        if self._whole is None or value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int | float):
            return MASK if self._whole.search(str(value)) else value
        if isinstance(value, Mapping):
            masked: Any = {self.data(name): self.data(item) for name, item in value.items()}
        elif isinstance(value, list | tuple):
            masked = type(value)(self.data(item) for item in value)
        else:
            return value
        return value if masked == value else masked

    def settled(self, text: str) -> tuple[str, str]:
        """`text` cut in two: what can be told by now, masked; and a tail that may become a key."""
        if self._whole is None:
            return text, ""
        tail = self._tail(text)
        told, at = [], 0
        for found in self._whole.finditer(text):
            if found.start() >= tail:
                break
            told += [text[at : found.start()], MASK]
            at = found.end()
        if not told and tail == len(text):
            return text, ""
        tail = max(tail, at)
        return "".join((*told, text[at:tail])), text[tail:]

    def _tail(self, text: str) -> int:
        """Where the longest end of `text` begins with which one of the keys begins."""
        assert self._first is not None  # noqa: S101  # asked only where there is a key
        for found in self._first.finditer(text, max(len(text) - self._longest + 1, 0)):
            end = text[found.start() :]
            for form in self._beginning[found[0]]:
                if len(form) <= len(end):
                    break  # the others are no longer
                if form.startswith(end):
                    return found.start()
        return len(text)


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` with each of `secrets` masked, also where it is URL-, base64- or JSON-encoded."""
    return Redactor(secrets).text(text)


def without_userinfo(text: str) -> str:
    """`text` with the `user:password` of each URL masked, also where the scheme is missing."""
    return _USERINFO.sub(MASK, text)


def _forms(secret: str) -> set[str]:
    encoded = b64encode(secret.encode("utf-8", "surrogateescape")).decode()
    escaped = json.dumps(secret)[1:-1]
    shown = json.dumps(secret, ensure_ascii=False)[1:-1]
    quoted = {quote(secret, safe="", errors="replace"), quote(secret, errors="replace")}
    url_safe = encoded.replace("+", "-").replace("/", "_")
    return {secret, *quoted, escaped, shown, encoded, encoded.rstrip("="), url_safe.rstrip("=")}
