"""A request as it came to a loopback server."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """A request; header names are in lower case, `at` is on the monotonic clock in seconds.

    What is behind `number` says the same for every wire: the model, the last words of the user,
    the names of the tools offered, whether a stream is wanted, and the results of tools (name or
    id of the call, text) that came since the model last spoke.
    """

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    method: str = "POST"
    at: float = 0.0
    number: int = 0  # of those that came to this server, from 0
    model: str = ""
    prompt: str = ""
    tools: tuple[str, ...] = ()
    stream: bool = False
    results: tuple[tuple[str, str], ...] = field(default=())

    @property
    def route(self) -> str:
        """The path without its query."""
        return urlsplit(self.path).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}


class Breach(Exception):  # noqa: N818  # an answer, not a failure of the server
    """The request breaks a rule of the provider, which answers with this status and message."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def require(held: object, message: str, status: int = 400) -> None:
    """Answer with `status` unless `held`."""
    if not held:
        raise Breach(message, status)


def words(content: object) -> str:
    """The text of a message's content: a string, or a list of parts that have some."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""


def spoken(messages: list[dict[str, Any]], role: str = "user") -> str:
    """The text of the last message of `role`; empty when there is none."""
    said = [words(message.get("content")) for message in messages if message.get("role") == role]
    return next((text for text in reversed(said) if text), "")
