"""What every wire has to say how it does: reading a request, judging it, answering it."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.providers.asked import Request
from tests.providers.script import Answer, Refusal

EVENT_STREAM = "text/event-stream"


class Dialect(ABC):
    """One endpoint's way of speaking.

    `lacks` names what the wire has no words for: "refusal", "content_filter", "prompt_blocked",
    "search", "others", "cached", "reasoning" (its count), "comment"; an answer that needs one of
    them is a mistake of the test, and says so.
    """

    media_type: ClassVar[str] = EVENT_STREAM
    lacks: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def serves(self, route: str) -> bool:
        """Whether requests to this path are spoken so."""

    @abstractmethod
    def read(self, request: Request) -> Request:
        """The request with what it says in the common terms."""

    @abstractmethod
    def judge(self, request: Request) -> None:
        """Raise `Breach` for what the provider would not accept."""

    @abstractmethod
    def streamed(self, answer: Answer, request: Request) -> Iterator[bytes]:
        """The answer's frames, one item a piece."""

    @abstractmethod
    def whole(self, answer: Answer, request: Request) -> Any:
        """The same answer as one JSON value."""

    @abstractmethod
    def error(self, status: int, message: str) -> Any:
        """An error as the provider words it."""

    def broken(self, answer: Answer) -> bytes:
        """A frame whose JSON breaks off."""
        return sse('{"broken": [{"text": "ha', answer)

    def fits(self, answer: Answer) -> None:
        """Raise for an answer that this wire has no words for."""
        needs = {
            "refusal": any(isinstance(piece, Refusal) for piece in answer.pieces)
            or answer.finish_reason == "refusal",
            "content_filter": answer.finish_reason == "content_filter",
            "prompt_blocked": answer.finish_reason == "prompt_blocked",
            "search": answer.searches,
            "others": answer.others,
            "comment": answer.comment is not None,
        }
        missing = sorted(name for name, needed in needs.items() if needed and name in self.lacks)
        if missing:
            raise ValueError(f"{type(self).__name__} has no words for: {', '.join(missing)}")


@dataclass(frozen=True)
class Provider:
    """A server's kind: the provider's name in our settings, its base path, its ways of speaking.

    `pages` are what it says to plain GET requests, by path.
    """

    name: str
    base: str
    dialects: tuple[Dialect, ...]
    pages: Mapping[str, Any] = field(default_factory=dict)

    def speaking(self, route: str) -> Dialect | None:
        """The way of speaking at this path, if there is one."""
        return next((dialect for dialect in self.dialects if dialect.serves(route)), None)


def encode(value: object, answer: Answer) -> str:
    """JSON on one line; a string is taken for JSON already."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=answer.escape)


def sse(data: object, answer: Answer, event: str | None = None) -> bytes:
    """A server-sent event, named when `event` is given."""
    end = answer.line_end
    name = f"event: {event}{end}" if event else ""
    return f"{name}data: {encode(data, answer)}{end}{end}".encode()


def comment(answer: Answer) -> bytes:
    """The comment frame ahead of a piece, if the answer has them."""
    end = answer.line_end
    return b"" if answer.comment is None else f": {answer.comment}{end}{end}".encode()
