"""Which frames of a stream carry nothing but a piece of text, on the wires that DSPy reads."""

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

_GEMINI = frozenset({"candidates", "modelVersion", "responseId", "usageMetadata"})  # counts so far
_RESPONSES = frozenset(
    {"type", "sequence_number", "item_id", "output_index", "content_index", "delta", "logprobs"}
    | {"obfuscation"}
)


class TextFrame(NamedTuple):
    """A frame whose JSON has its text in `holder`, under `name`.

    `text` is never empty; texts of one `place` follow each other. `head` is its line `event: …`, if
    it has one.
    """

    text: str
    place: object
    holder: dict[str, Any]
    name: str
    chunk: dict[str, Any]
    head: bytes

    def with_text(self, text: str) -> bytes:
        """The frame with `text` in place of its own."""
        self.holder[self.name] = text
        return b"%bdata: %b\n\n" % (self.head, orjson.dumps(self.chunk))


def text_frame(data: bytes) -> TextFrame | None:
    """What the whole frame `data` says, when a piece of text is all that it says."""
    head, _, said = data.partition(b"data:")
    if data.count(b"\n") != (3 if head else 2):
        return None
    try:
        chunk: dict[str, Any] = orjson.loads(said)
        if "choices" in chunk:
            found = _chat(chunk)
        elif "candidates" in chunk:
            found = _gemini(chunk)
        else:
            found = _NAMED[chunk["type"]](chunk)
        if found is None or (head and head.rstrip() != b"event: %b" % chunk["type"].encode()):
            return None
        holder, name, place = found
        text = holder[name]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # none of these: DSPy will say what it is
    if not text or not isinstance(text, str):
        return None
    return _make((text, place, holder, name, chunk, head))


_make = TextFrame._make  # in half the time of a call
_Found = tuple[dict[str, Any], str, object]


def _chat(chunk: dict[str, Any]) -> _Found | None:
    (choice,) = chunk["choices"]
    delta = choice["delta"]
    if choice.get("finish_reason") or choice.get("logprobs") or choice.get("index"):
        return None
    if chunk.get("usage") or chunk.get("error"):
        return None
    if len(delta) > 1 and any(delta[name] for name in delta.keys() - {"content", "role"}):
        return None
    return delta, "content", None


def _gemini(chunk: dict[str, Any]) -> _Found | None:
    (candidate,) = chunk["candidates"]
    (part,) = candidate["content"]["parts"]
    if not chunk.keys() <= _GEMINI or not candidate.keys() <= {"content", "index"}:
        return None
    return None if candidate.get("index") or len(part) > 1 else (part, "text", None)


def _anthropic(chunk: dict[str, Any]) -> _Found | None:
    delta = chunk["delta"]
    if len(chunk) > 3 or len(delta) > 2 or delta["type"] != "text_delta":
        return None
    return delta, "text", chunk["index"]


def _responses(chunk: dict[str, Any]) -> _Found | None:
    if chunk.get("logprobs") or not chunk.keys() <= _RESPONSES:
        return None
    return chunk, "delta", (chunk["item_id"], chunk["output_index"], chunk["content_index"])


_NAMED: dict[str, Callable[[dict[str, Any]], _Found | None]] = {
    "content_block_delta": _anthropic,
    "response.output_text.delta": _responses,
}
