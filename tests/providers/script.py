"""What a loopback server is to say, in terms that every provider has in common."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Cut = Literal["end", "eof", "mid_body", "reset", "stall", "garbage"]


@dataclass(frozen=True)
class Thought:
    """A piece of reasoning; pieces that follow each other are one block."""

    text: str


@dataclass(frozen=True)
class Refusal:
    """A piece of a refusal in words, on wires that mark it as one; plain text on the others."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call of one of the tools that the request offers.

    A `str` as `arguments` is sent as it stands, be it JSON or not. `size` is how many characters of
    the arguments come at once where a wire streams them; None sends all with the name.
    """

    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)
    size: int | None = None
    id: str | None = None

    @property
    def text(self) -> str:
        given = self.arguments
        return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)

    @property
    def value(self) -> Any:
        """The arguments as JSON; the text itself where it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return self.text

    @property
    def slices(self) -> list[str]:
        """The arguments as they are streamed; never empty."""
        text = self.text
        size = self.size or len(text) or 1
        return [text[at : at + size] for at in range(0, len(text), size)] or [""]


@dataclass(frozen=True)
class Search:
    """A web search that the provider itself made: the query, and (title, address) of its finds."""

    query: str
    results: tuple[tuple[str, str], ...] = (("Oslo weather", "https://example.org/oslo"),)


@dataclass(frozen=True)
class Failure:
    """An error in the middle of an answer, in the provider's own shape; nothing follows it.

    An answer that is not streamed is then an error with this `status`.
    `bare` sends the wire's other shape: OpenAI chat as an `error:` line, the responses API as an
    `error` event in place of `response.failed`, Gemini as an unframed JSON array.
    """

    message: str = "The model is overloaded."
    status: int = 503
    bare: bool = False


Piece = str | Thought | Refusal | Call | Search | Failure


@dataclass(frozen=True)
class Usage:
    """Tokens: `cached` are among the `input`, `reasoning` among the `output`; None is not told."""

    input: int = 11
    output: int = 7
    cached: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True)
class Answer:
    """What the server says to one request.

    `finish_reason` is one of "stop" (a tool call's ending, when there are calls), "length",
    "content_filter", "refusal" and "prompt_blocked", which each wire words in its own way; any
    other word is sent as it stands, and None leaves the ending out. A `usage` that is a dict is
    sent as it stands, None leaves it out; `split_usage` tells the input at the start only
    (Anthropic). `done` sends what marks the end behind the finish reason.

    A `status` other than 200 answers with `error` in the provider's shape.

    Faults count pieces: of text, of reasoning, of arguments, then the frames that end the answer;
    what opens an answer or a block belongs to the piece behind it. `cut` ends the answer after
    `cut_after` pieces, or after `cut_at` bytes of its body: "end" properly, as if all was said,
    "eof" by closing a body that ends with the connection, "mid_body" by closing an announced one,
    "garbage" with what is no HTTP, "reset" with a TCP reset, "stall" never. `hold_after` keeps
    silent after so many pieces (0: behind the head, -1: before it) until the client goes away or
    `server.release` is set. `malformed_after` puts a frame of broken JSON there.

    `delay` is in seconds between pieces, `write_size` in bytes.
    """

    pieces: tuple[Piece, ...] = ("Once ", "upon ", "a time.")
    finish_reason: str | None = "stop"
    usage: Usage | dict[str, Any] | None = field(default_factory=Usage)
    done: bool = True
    others: tuple[tuple[str, ...], ...] = ()  # further choices, between the pieces of the first
    together: bool = False  # whole calls that follow each other in one event
    split_usage: bool = False
    status: int = 200
    error: str = "The server had an error."
    headers: tuple[tuple[str, str], ...] = ()
    write_size: int | None = None
    line_end: str = "\n"
    before: bytes = b""  # ahead of the first frame: a byte order mark, a comment
    comment: str | None = None  # a comment frame ahead of each piece
    pings: bool = False  # Anthropic's ping ahead of each piece; one always comes
    escape: bool = False  # non-ASCII text as \\u escapes
    delay: float = 0.0
    cut: Cut | None = None
    cut_after: int = 0
    cut_at: int | None = None
    malformed_after: int | None = None
    hold_after: int | None = None
    raw: bytes | None = None  # sent instead, head and all; the connection ends with it

    @property
    def text(self) -> str:
        """The text that a reader should have at the end."""
        return "".join(piece for piece in self.pieces if isinstance(piece, str))

    @property
    def thoughts(self) -> str:
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Thought))

    @property
    def refusal(self) -> str:
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Refusal))

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Call))

    @property
    def searches(self) -> tuple[Search, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Search))


def grouped(
    answer: Answer,
) -> Iterator[str | Thought | Refusal | Search | Failure | list[Call]]:
    """The pieces in order; calls as lists of those that come in one event."""
    group: list[Call] = []
    for piece in answer.pieces:
        if group and not (isinstance(piece, Call) and answer.together):
            yield group
            group = []
        if isinstance(piece, Call):
            group.append(piece)
        else:
            yield piece
    if group:
        yield group


def blocks(answer: Answer) -> Iterator[list[Piece]]:
    """The pieces, those of the same kind that follow each other together; a call is on its own."""
    block: list[Piece] = []
    for piece in answer.pieces:
        alone = isinstance(piece, Call | Search | Failure)
        if block and (alone or type(piece) is not type(block[0])):
            yield block
            block = []
        block.append(piece)
    if block:
        yield block
