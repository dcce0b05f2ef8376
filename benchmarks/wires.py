"""The providers' wires: where each is asked, how, and where the text is in what comes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.heard import KEY, MESSAGE, SYSTEM

_MESSAGES = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": MESSAGE}]
_BEARER = {"Authorization": f"Bearer {KEY}"}


@dataclass(frozen=True)
class Wire:
    """One wire.

    `base` is the end of the base URL as our settings want it, `provider` and `model` name who
    speaks it there, `path` is what a request adds to the base URL, and `text` finds the text in a
    frame's JSON.
    """

    base: str
    provider: str
    model: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    text: Callable[[Any], str | None]


def _in_chat(frame: Any) -> str | None:
    for choice in frame["choices"]:
        text: str | None = choice["delta"].get("content")
        return text
    return None


def _in_responses(frame: Any) -> str | None:
    return frame["delta"] if frame["type"] == "response.output_text.delta" else None


def _in_anthropic(frame: Any) -> str | None:
    return frame["delta"].get("text") if frame["type"] == "content_block_delta" else None


def _in_gemini(frame: Any) -> str | None:
    text: str | None = frame["candidates"][0]["content"]["parts"][0].get("text")
    return text


_CHAT = {"messages": _MESSAGES, "stream": True, "stream_options": {"include_usage": True}}
_USER = {"role": "user", "content": MESSAGE}

WIRES = {
    "openai": Wire(
        base="/v1",
        provider="openai",
        model="gpt-4o-mini",
        path="/chat/completions",
        headers=_BEARER,
        body={"model": "gpt-4o-mini", **_CHAT},
        text=_in_chat,
    ),
    "responses": Wire(
        base="/v1",
        provider="openai_responses",
        model="gpt-4o-mini",
        path="/responses",
        headers=_BEARER,
        body={"model": "gpt-4o-mini", "instructions": SYSTEM, "input": MESSAGE, "stream": True},
        text=_in_responses,
    ),
    "anthropic": Wire(
        base="/v1",
        provider="anthropic",
        model="claude-sonnet-4-5",
        path="/messages",
        headers={"x-api-key": KEY, "anthropic-version": "2023-06-01"},
        body={
            "model": "claude-sonnet-4-5",
            "max_tokens": 64_000,
            "system": SYSTEM,
            "messages": [_USER],
            "stream": True,
        },
        text=_in_anthropic,
    ),
    "gemini": Wire(
        base="/v1beta",
        provider="gemini",
        model="gemini-2.5-flash",
        path="/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        headers={"x-goog-api-key": KEY},
        body={
            "systemInstruction": {"parts": [{"text": SYSTEM}]},
            "contents": [{"role": "user", "parts": [{"text": MESSAGE}]}],
        },
        text=_in_gemini,
    ),
    "ollama": Wire(
        base="/v1",
        provider="ollama",
        model="llama3.2",
        path="/chat/completions",
        headers={},
        body={"model": "llama3.2", **_CHAT},
        text=_in_chat,
    ),
}
