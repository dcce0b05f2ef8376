"""What `tactus doctor` finds."""

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `fix` says what to do about it, where there is something to do."""

    name: str
    status: Literal["ok", "note", "fail"]
    detail: str
    fix: str | None = None


def without_secrets(url: str) -> str:
    """`url` without its user, password and query, any of which may be a key."""
    shown = re.sub(r"\A((?:[a-z][a-z0-9+.-]*://)?).*@", r"\1…@", url, flags=re.I | re.S)
    return re.sub(r"[?#].*", "?…", shown, flags=re.S)
