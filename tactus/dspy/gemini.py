"""Gemini's dialect as DSPy reads it, and what else its servers say in it."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dspy._vendor.lm15.providers.base import HttpResponse
from dspy._vendor.lm15.providers.gemini import GeminiLM
from dspy._vendor.lm15.sse import SSEEvent
from dspy.lm15 import (
    ContinuationDelta,
    ProviderError,
    Request,
    Response,
    ServerError,
    StreamDeltaEvent,
    StreamEndEvent,
    ToolCallDelta,
)

from tactus.dspy.meter import METER
from tactus.dspy.structured import unjudged

_FIRST = 1_000  # part numbers of calls begin here: behind all text, whose parts DSPy counts anew
_ENDS = {"", "STOP", "MAX_TOKENS"}  # any other is no good one
_OTHERS = re.compile(r'"index"\s*:\s*[1-9]')


class ForgivingGemini(GeminiLM):  # type: ignore[misc]
    """DSPy's reader, which counts the parts of each frame from 0, and so merges parallel calls.

    It takes a frame with nothing but counts for the end, and mixes what are several choices.
    """

    __slots__ = ()

    def parse_response(self, request: Request, response: HttpResponse) -> Response:
        """What a whole answer says."""
        return super().parse_response(unjudged(request), response)

    def parse_stream_events(self, request: Request, raw_event: SSEEvent) -> Iterator[Any]:
        """What one frame of the stream says, as events."""
        meter = METER.get()
        numbers: dict[int | None, int] = {}
        if _OTHERS.search(raw_event.data):
            raw_event = replace(raw_event, data=_first_choice(raw_event.data))
        for event in super().parse_stream_events(request, raw_event):
            if isinstance(event, StreamEndEvent) and not _is_end(event):
                event = replace(event, finish_reason=None)  # the same, put right
            delta = event.delta if isinstance(event, StreamDeltaEvent) else None
            if meter is None or not isinstance(delta, ToolCallDelta | ContinuationDelta):
                yield event
                continue
            if isinstance(delta, ToolCallDelta):
                numbers[delta.part_index] = _FIRST + meter.calls
                meter.calls += 1
            number = numbers.get(delta.part_index)
            if number is None:
                yield event
            else:
                yield replace(event, delta=replace(delta, part_index=number))

    def _inband_error(self, data: dict[str, Any]) -> ProviderError | None:
        """The error that is told in place of an answer, always with its reason in it."""
        found = super()._inband_error(data)
        candidates = data.get("candidates")
        first = candidates[0] if candidates and isinstance(candidates[0], dict) else {}
        reason = str(first.get("finishReason") or "")
        if found is None and reason not in _ENDS:
            return self._provider_error(
                ServerError, f"the answer ended with {reason}", provider_code=reason
            )
        if found is None or not first.get("finishMessage"):
            return found
        message = f"Candidate blocked: {reason}: {found}"
        return self._provider_error(type(found), message, provider_code=found.provider_code)


def _is_end(event: StreamEndEvent) -> bool:
    """Whether the frame says how the answer ended; some have only counts."""
    frame = event.provider_data or {}
    candidates = frame.get("candidates")
    return bool(candidates and candidates[0].get("finishReason"))


def _first_choice(data: str) -> str:
    """A frame without the choices beside the first."""
    try:
        frame = json.loads(data)
    except ValueError:
        return data  # DSPy says what is wrong with it
    candidates = frame.get("candidates") if isinstance(frame, dict) else None
    if isinstance(candidates, list):
        frame["candidates"] = [x for x in candidates if isinstance(x, dict) and not x.get("index")]
    return json.dumps(frame)
