"""What a model said when it was asked, out of DSPy's answer."""

import json
from dataclasses import dataclass, replace
from typing import Any

from dspy.lm15 import DataPart, Message, Response, TextPart, ToolCallPart

from tactus.dspy.arguments import taken
from tactus.dspy.failures import Failures
from tactus.dspy.sieve import Written
from tactus.dspy.surrogates import mended
from tactus.dspy.tool_calls import Asked


@dataclass(frozen=True, slots=True)
class Said:
    """What a model said when it was asked: its text, and the calls it asks for.

    `message` is what stays of it in the conversation. It is not whole when it reached `max_tokens`.
    """

    text: str
    calls: tuple[Asked, ...]
    message: Message
    is_whole: bool = True

    @classmethod
    def of(cls, response: Response, text: str, written: list[Written]) -> "Said":
        """What `response` says, in which `text` was read, and calls that were `written` there."""
        whole = response.finish_reason != "length"
        return cls(text, _asked(response, written), _kept(response, text, written), whole)


def _asked(response: Response, written: list[Written]) -> tuple[Asked, ...]:
    native = [Asked(call.id, call.name, taken(call.input)) for call in response.tool_calls]
    textual = [
        Asked(f"call_{number}", call.name, taken(call.arguments))
        for number, call in enumerate(written, 1)
    ]
    return (*native, *textual)


def _kept(response: Response, text: str, written: list[Written]) -> Message:
    """What stays of `response` in the conversation: what a next request may hold."""
    message = response.message
    if written:
        calls = (
            ToolCallPart(f"call_{number}", call.name or "unknown", taken(call.arguments) or {})
            for number, call in enumerate(written, 1)
        )
        parts: tuple[Any, ...] = (*((TextPart(text),) if text else ()), *calls)
        return Message(role="assistant", parts=parts)
    parts = tuple(_sound(worded(part)) for part in message.parts)
    parts = tuple(part for part in parts if not is_nothing(part))
    parts = parts or message.parts
    return message if parts == message.parts else replace(message, parts=parts)


def _sound(part: Any) -> Any:
    """`part` as a next request, and a record, can hold it."""
    if part.type in ("text", "thinking"):
        text = mended(part.text)
        return part if text == part.text else replace(part, text=text)
    if isinstance(part, ToolCallPart) and taken(part.input) is None:
        return replace(part, input={})
    return part


def is_nothing(part: Any) -> bool:
    """Whether `part` is text without a word, which some providers send and others refuse."""
    return isinstance(part, TextPart) and not part.text and not part.continuation


def worded(part: Any) -> Any:
    """`part` as text, where DSPy has put the value in its place: some schemas make it do so."""
    if not isinstance(part, DataPart):
        return part
    return TextPart(json.dumps(part.value, ensure_ascii=False), continuation=part.continuation)


def check(
    said: Said, response: Response, refusal: str, failures: Failures, *, has_tools: bool
) -> None:
    """Refuse what is no answer: an agent that says nothing has not taken its turn.

    Raises:
        TurnError: the model refused, was blocked, has not ended, said nothing, or called what it
            was not given.
    """
    refusals = [part.text for part in response.message.parts if part.type == "refusal"]
    if refusal or refusals:
        raise failures.error("refused", refusal or refusals[0])
    if _stop_reason(response) == "refusal":
        raise failures.error("refused", said.text)
    if _stop_reason(response) == "pause_turn":  # Anthropic's, in the middle of its own tools
        raise failures.error("truncated")
    if response.finish_reason == "content_filter":
        raise failures.error("blocked")
    if said.text or (said.calls and has_tools):
        return
    if said.calls:
        raise failures.error(
            "unexpected", f'it asked for the tool "{said.calls[0].name}", which it was not given'
        )
    raise failures.error("empty")


def without_calls(said: Said) -> Said:
    """What stays of calls that nobody answers: nothing."""
    parts = tuple(part for part in said.message.parts if part.type != "tool_call")
    return replace(said, calls=(), message=replace(said.message, parts=parts))


def _stop_reason(response: Response) -> object:
    """Anthropic's own word for the end of an answer; DSPy has the same for a refusal as a block."""
    told = response.provider_data or {}
    delta = told.get("delta")
    return told.get("stop_reason") or (
        delta.get("stop_reason") if isinstance(delta, dict) else None
    )
