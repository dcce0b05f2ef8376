"""Anthropic's messages dialect as DSPy reads it, and what else its servers say in it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dspy._vendor.lm15.providers.anthropic import AnthropicLM
from dspy._vendor.lm15.providers.base import HttpResponse
from dspy._vendor.lm15.sse import SSEEvent
from dspy.lm15 import Request, Response, StreamEndEvent, Usage

from tactus.dspy.meter import METER
from tactus.dspy.structured import unjudged

_OWN = '"server_tool_use"'


class ForgivingAnthropic(AnthropicLM):  # type: ignore[misc]
    """DSPy's reader, which does not lose an answer to a tool that the provider itself used.

    Tokens that are counted only where the answer begins are told with its end.
    """

    __slots__ = ()

    def parse_response(self, request: Request, response: HttpResponse) -> Response:
        """What a whole answer says."""
        return super().parse_response(unjudged(request), response)

    def parse_stream_events(self, request: Request, raw_event: SSEEvent) -> Iterator[Any]:
        """What one frame of the stream says, as events."""
        meter, data = METER.get(), raw_event.data
        if meter is None or not data:
            yield from super().parse_stream_events(request, raw_event)
            return
        if meter.passed_over and '"content_block_' in data:
            frame = _object(data)
            if (
                frame.get("type") == "content_block_delta"
                and frame.get("index") in meter.passed_over
            ):
                return
        if _OWN in data:
            frame = _object(data)
            block = frame.get("content_block")
            if isinstance(block, dict) and block.get("type") == "server_tool_use":
                meter.passed_over.add(frame.get("index"))
                return
        if '"message_start"' in data:
            message = _object(data).get("message")
            meter.read = message.get("usage") if isinstance(message, dict) else None
        for event in super().parse_stream_events(request, raw_event):
            yield _with_input(event, meter.read) if isinstance(event, StreamEndEvent) else event


def _with_input(event: StreamEndEvent, told: Any) -> StreamEndEvent:
    """The end of an answer, with the tokens that were told at its beginning."""
    usage = event.usage
    if usage is None or usage.input_tokens is not None or not isinstance(told, dict):
        return event
    read = told.get("input_tokens")
    if not isinstance(read, int):
        return event
    cached = usage.cache_read_tokens
    filled: Usage = replace(
        usage,
        input_tokens=read,
        cache_read_tokens=told.get("cache_read_input_tokens") if cached is None else cached,
    )
    return replace(event, usage=filled)


def _object(data: str) -> dict[str, Any]:
    try:
        frame = json.loads(data)
    except ValueError:
        return {}  # DSPy says what is wrong with it
    return frame if isinstance(frame, dict) else {}
