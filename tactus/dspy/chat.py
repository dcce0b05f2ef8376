"""OpenAI's chat dialect as DSPy reads it, and what else servers say in it."""

import json
import re
from dataclasses import replace
from typing import Any

from dspy._vendor.lm15.providers.base import HttpResponse
from dspy._vendor.lm15.providers.openai_chat import OpenAIChatLM, _usage_from_chat
from dspy._vendor.lm15.sse import SSEEvent
from dspy.lm15 import Request, Response, StreamDeltaEvent, ToolCallDelta

from tactus.dspy.meter import METER, Meter
from tactus.dspy.structured import unjudged

_ODD = (  # another choice than the first, an end that DSPy does not know
    r'"index"\s*:\s*[1-9]|'
    r'"finish_reason"\s*:\s*"(?!(?:stop|length|tool_calls|function_call|content_filter)")'
)
_ODD_WHOLE = re.compile(_ODD.encode())
_REMARKABLE = re.compile(  # other frames pass unread
    rf'"(?:usage|refusal|error)"\s*:\s*(?!null)\S|{_ODD}'
)
_BROKEN = {"abort", "error", "insufficient_system_resource", "network_error"}  # ends that are none
_FILTERED = {"safety", "sensitive"}


class ForgivingChat(OpenAIChatLM):  # type: ignore[misc]
    """DSPy's reader of the chat dialect, which does not lose an answer to a wrong token count.

    Streamed refusals, for which DSPy has no event, are noted on the call's meter.
    """

    __slots__ = ()

    def parse_stream_events(self, request: Request, raw_event: SSEEvent) -> Any:
        """What one frame of the stream says, as events."""
        data, meter = raw_event.data, METER.get()
        if data == "[DONE]":
            if meter is not None:
                meter.ended = True
        elif raw_event.event == "error" or _REMARKABLE.search(data):
            raw_event = replace(raw_event, data=_put_right(raw_event))
        events = super().parse_stream_events(request, raw_event)
        if meter is None or '"tool_calls"' not in data:
            return events
        return [_numbered(event, meter) for event in events]

    def parse_response(self, request: Request, response: HttpResponse) -> Response:
        """What a whole answer says."""
        request = unjudged(request)
        if _ODD_WHOLE.search(response.body) and isinstance(body := response.json(), dict):
            body = _ended(_with_first_choice(body))
            response = replace(response, body=json.dumps(body).encode())
        try:
            return super().parse_response(request, response)
        except (TypeError, ValueError, AttributeError):
            body = response.json()
            if not isinstance(body, dict) or _is_count(body.get("usage")):
                raise
            whole = json.dumps({**body, "usage": None}).encode()
            return super().parse_response(request, replace(response, body=whole))


def _numbered(event: Any, meter: Meter) -> Any:
    """A piece of a tool call, with the number of its call."""
    delta = event.delta if isinstance(event, StreamDeltaEvent) else None
    if not isinstance(delta, ToolCallDelta):
        return event
    number = meter.number_of(delta.part_index, delta.name, delta.id)
    return replace(event, delta=replace(delta, part_index=number))


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
    frame = _with_first_choice(frame)
    if (meter := METER.get()) is not None:
        meter.refusal += _refusal(frame)
    return json.dumps(_ended(frame))


def _ended(frame: dict[str, Any]) -> dict[str, Any]:
    """`frame`, in which an end that DSPy does not know is told as what it is."""
    choices = frame.get("choices") or [None]
    if not isinstance(choices[0], dict) or frame.get("error"):
        return frame
    finish = choices[0].get("finish_reason")
    if finish in _BROKEN:
        return {"error": {"code": "server_error", "message": f"the answer ended with {finish}"}}
    if finish in _FILTERED:
        choices[0]["finish_reason"] = "content_filter"
    return frame


def _with_first_choice(said: dict[str, Any]) -> dict[str, Any]:
    """`said` without the choices beside the first: one was asked for, and DSPy would mix them."""
    choices = said.get("choices")
    if not isinstance(choices, list):
        return said
    return {**said, "choices": [choice for choice in choices if _is_first(choice)]}


def _is_first(choice: Any) -> bool:
    return not isinstance(choice, dict) or not choice.get("index")


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
