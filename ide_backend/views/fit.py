"""What keeps the events of a view small, without losing text or a field that its readers need."""

from collections.abc import Iterator
from typing import Any

from tactus.store.rows import MOST_CHARACTERS, to_json

_MOST_BYTES = 50_000  # of a value within an event: with its envelope it stays below the wire's most
_LARGE = 3_000  # bytes of JSON: what is left out first


def pieces(text: str) -> Iterator[str]:
    """`text` in pieces that fit into an event each, whatever they hold; none of an empty text."""
    for start in range(0, len(text), MOST_CHARACTERS):
        yield text[start : start + MOST_CHARACTERS]


def fitted(data: dict[str, Any]) -> dict[str, Any]:
    """`data` as it is, or, where it is too large, without its large fields, which are named."""
    if len(to_json(data).encode()) <= _MOST_BYTES:
        return data
    large = [name for name, value in data.items() if len(to_json(value).encode()) > _LARGE]
    kept = {name: value for name, value in data.items() if name not in large}
    return {**kept, "abridged": large}


def brief(text: str) -> str:
    """`text`, cut where it would not fit into an event."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
