"""OpenAI's chat dialect as DSPy reads it, and what else servers say in it."""

import json
import re
from dataclasses import replace
from typing import Any

from dspy._vendor.lm15.providers.base import HttpResponse
from dspy._vendor.lm15.providers.openai_chat import OpenAIChatLM, _usage_from_chat
from dspy._vendor.lm15.sse import SSEEvent
from dspy.lm15 import Request, Response

from tactus.dspy.meter import METER

_REMARKABLE = re.compile(r'"(?:usage|refusal|error)"\s*:\s*(?!null)\S')  # other frames pass unread


class ForgivingChat(OpenAIChatLM):  # type: ignore[misc]
    """DSPy's reader of the chat dialect, which does not lose an answer to a wrong token count.

    Streamed refusals, for which DSPy has no event, are noted on the call's meter.
    """

    __slots__ = ()

    def parse_stream_events(self, request: Request, raw_event: SSEEvent) -> Any:
        """What one frame of the stream says, as events."""
        data = raw_event.data
        if data == "[DONE]":
            if (meter := METER.get()) is not None:
                meter.ended = True
        elif raw_event.event == "error" or _REMARKABLE.search(data):
            raw_event = replace(raw_event, data=_put_right(raw_event))
        return super().parse_stream_events(request, raw_event)

    def parse_response(self, request: Request, response: HttpResponse) -> Response:
        """What a whole answer says."""
        try:
            return super().parse_response(request, response)
        except (TypeError, ValueError, AttributeError):
            body = response.json()
            if not isinstance(body, dict) or _is_count(body.get("usage")):
                raise
            whole = json.dumps({**body, "usage": None}).encode()
            return super().parse_response(request, replace(response, body=whole))


def forgive(provider: Any) -> None:
    """Have `provider` read the chat dialect forgivingly, if that is the dialect it speaks."""
    if type(provider._inner) is OpenAIChatLM:
        provider._inner.__class__ = ForgivingChat


def _put_right(event: SSEEvent) -> str:
    """The data of a frame in the form that DSPy understands; a refusal in it is noted."""
    try:
        frame = json.loads(event.data)
    except ValueError:
        return str(event.data)  # DSPy says what is wrong with it
    if not isinstance(frame, dict):
        return str(event.data)
    if event.event == "error" and "error" not in frame:
        frame = {"error": frame}
    if isinstance(frame.get("error"), str):
        frame["error"] = {"message": frame["error"]}
    if not _is_count(frame.get("usage")):
        frame["usage"] = None
    if (meter := METER.get()) is not None:
        meter.refusal += _refusal(frame)
    return json.dumps(frame)


def _is_count(usage: Any) -> bool:
    """Whether DSPy can read this usage; none at all is one it can."""
    try:
        _usage_from_chat(usage or {})
    except (TypeError, ValueError, AttributeError):
        return False
    return True


def _refusal(frame: dict[str, Any]) -> str:
    try:
        refusal = frame["choices"][0]["delta"]["refusal"]
    except (KeyError, IndexError, TypeError):
        return ""
    return refusal if isinstance(refusal, str) else ""
