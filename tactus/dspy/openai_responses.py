"""OpenAI's responses dialect as DSPy reads it, and what else its servers say in it."""

import json
import re
from dataclasses import replace
from typing import Any

from dspy._vendor.lm15.providers.base import HttpResponse
from dspy._vendor.lm15.providers.openai import OpenAILM, _finish_from_status
from dspy._vendor.lm15.sse import SSEEvent
from dspy.lm15 import Request, Response, StreamEndEvent

from tactus.dspy.meter import METER
from tactus.dspy.structured import unjudged

_REMARKABLE = re.compile(  # other frames pass unread
    r'"response\.(?:refusal\.delta|completed|incomplete|failed)"'
)
_ENDS = ("response.completed", "response.incomplete")


class ForgivingResponses(OpenAILM):  # type: ignore[misc]
    """DSPy's reader, which knows no other end than a complete answer, and takes a refusal for one.

    Streamed refusals, for which DSPy has no event, are noted on the call's meter.
    """

    __slots__ = ()

    def parse_response(self, request: Request, response: HttpResponse) -> Response:
        """What a whole answer says."""
        return super().parse_response(unjudged(request), response)

    def parse_stream_events(self, request: Request, raw_event: SSEEvent) -> Any:
        """What one frame of the stream says, as events."""
        if not _REMARKABLE.search(raw_event.data):
            return super().parse_stream_events(request, raw_event)
        frame = json.loads(raw_event.data)
        kind, response = frame.get("type"), frame.get("response")
        if kind == "response.refusal.delta":
            if (meter := METER.get()) is not None:
                meter.refusal += str(frame.get("delta") or "")
            return ()
        if not isinstance(response, dict):
            return super().parse_stream_events(request, raw_event)
        if kind == "response.failed":
            frame = {"type": "error", "error": response.get("error")}
            return super().parse_stream_events(request, _with(raw_event, frame))
        if kind in _ENDS:
            response["usage"] = response.get("usage") or {}
            frame["type"] = "response.completed"
            events = super().parse_stream_events(request, _with(raw_event, frame))
            return [_ended(event, response) for event in events]
        return super().parse_stream_events(request, raw_event)


def _ended(event: Any, response: dict[str, Any]) -> Any:
    """The end of an answer, with the reason for which it may be incomplete."""
    if not isinstance(event, StreamEndEvent):
        return event
    calls = event.finish_reason == "tool_call"
    return replace(event, finish_reason=_finish_from_status(response, has_tool_call=calls))


def _with(event: SSEEvent, frame: dict[str, Any]) -> SSEEvent:
    return replace(event, data=json.dumps(frame))
