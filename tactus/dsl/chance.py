"""Random numbers and identifiers, made of bits that somebody else draws."""

import hashlib
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from uuid import UUID

Draw = Callable[[], bytes]
"""Draws the next 32 random bytes."""


def fixed() -> Draw:
    """Draws the same bytes each time, for a check."""
    numbers = count()
    return lambda: hashlib.sha256(str(next(numbers)).encode()).digest()


def made(word: str, drawn: bytes, bounds: Any) -> int | float | str:
    """What `random` or `uuid` gives."""
    return identifier(drawn) if word == "uuid" else number(drawn, bounds)


def number(drawn: bytes, bounds: Any) -> int | float:
    """From 0 to below 1; or a whole number between the `low` and the `high` of `bounds`, or one."""
    if isinstance(bounds, Mapping) and bounds:
        low, high = bounds["low"], bounds["high"]
        return int(low) + int.from_bytes(drawn) % (int(high) - int(low) + 1)
    return (int.from_bytes(drawn[:8]) >> 11) / 2**53


def identifier(drawn: bytes) -> str:
    """A UUID of version 4."""
    return str(UUID(bytes=drawn[:16], version=4))
