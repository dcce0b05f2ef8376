"""The demo model: a scripted model in this process, streamed through the same path as a real one.

It needs no key, no network, and neither LiteLLM nor a tokenizer. A word of the model name
(`demo/slow`), or the same written in the last message, changes how it behaves:

    demo/fast        ten times as fast, and no wait before the first word
    demo/slow        ten times as slow
    demo/echo        the last message, word for word
    demo/empty       ends at once, without text
    demo/cut         half the text, then the end without its terminal marker
    demo/silent      never answers
    demo/error-429   fails before the first word with that HTTP status (any of 400 to 599)

Every other model name behaves as plain `demo/demo`. Where it is given tools it calls the first of
them, then speaks about the result; but not as `echo`, `empty` or `cut`.
"""

import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count

import anyio
from dspy._vendor.lm15.errors import map_http_error
from dspy._vendor.lm15.types import StreamEvent
from dspy.clients.engines.base import AsyncEngine, Engine, validate_request
from dspy.lm15 import (
    FunctionTool,
    Message,
    Request,
    Response,
    StreamDeltaEvent,
    StreamEndEvent,
    StreamStartEvent,
    TextDelta,
    TextPart,
    ToolCallDelta,
    Usage,
    amaterialize_response,
    materialize_response,
)

from tactus.dspy.demo_text import answer, arguments
from tactus.settings import DemoSettings

_TOOLLESS = {"echo", "empty", "cut"}
_SHORTEST_SLEEP = 0.001  # seconds; below it the loop's own clock is not exact enough to matter

_Moment = tuple[float, StreamEvent | None]  # seconds after the request, and what arrives then


def demo_engines(settings: DemoSettings) -> tuple[Engine, AsyncEngine]:
    """The demo model as a DSPy engine pair: `dspy.LM("demo/…", engine=…, async_engine=…)`.

    Text arrives word by word at `settings.tokens_per_second`; a word counts as a token, in usage
    and for `max_tokens`. `complete` gives the same text, usage and faults as `stream`, after the
    same time. Both engines hold no connection: there is nothing to close.
    """
    return _DemoEngine(settings), _AsyncDemoEngine(settings)


class _DemoEngine:
    def __init__(self, settings: DemoSettings) -> None:
        self._settings = settings

    def complete(self, request: Request) -> Response:
        return materialize_response(self.stream(request), request)

    def stream(self, request: Request) -> Iterator[StreamEvent]:
        began = time.monotonic()
        for offset, event in _script(request, self._settings):
            pause = began + offset - time.monotonic()
            if pause > _SHORTEST_SLEEP:
                time.sleep(pause)
            if event is not None:
                yield event

    def close(self) -> None:
        pass


class _AsyncDemoEngine:
    def __init__(self, settings: DemoSettings) -> None:
        self._settings = settings

    async def complete(self, request: Request) -> Response:
        return await amaterialize_response(self.stream(request), request)

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        began = anyio.current_time()
        for offset, event in _script(request, self._settings):
            pause = began + offset - anyio.current_time()
            if pause > _SHORTEST_SLEEP:
                await anyio.sleep(pause)
            if event is not None:
                yield event

    async def aclose(self) -> None:
        pass


def _script(request: Request, settings: DemoSettings) -> Iterator[_Moment]:
    """Everything that happens in one call, and when; both engines only play it."""
    validate_request(request)
    heard = [(message.role, _text_of(message)) for message in request.messages]
    traits = set(re.findall(r"\bdemo/([a-z0-9-]+)", f"{request.model} {heard[-1][1]}"))
    wait, pace = _timing(traits, settings)
    if "silent" in traits:
        for hours in count(1):
            yield hours * 3600.0, None
    yield wait, None
    for trait in sorted(traits):
        if status := re.fullmatch(r"error-([45]\d\d)", trait):
            message = f"the demo model was asked to fail with status {status[1]}"
            raise map_http_error(int(status[1]), message, provider="demo", retry_after=0.0)
    yield wait, StreamStartEvent(id="demo", model=request.model)
    tool = next((tool for tool in request.tools if isinstance(tool, FunctionTool)), None)
    if tool is not None and heard[-1][0] != "tool" and not traits & _TOOLLESS:
        given = arguments(tool.parameters, heard[-1][1])
        call = ToolCallDelta(input=json.dumps(given), id="demo-call-1", name=tool.name)
        yield wait, StreamDeltaEvent(call)
        yield wait, StreamEndEvent("tool_call", _usage(request, heard, 1))
        return
    said = _words(_said(request, heard, traits))
    limit = request.config.max_tokens
    words = said if limit is None else said[:limit]
    if "cut" in traits:
        words = words[: len(words) // 2]
    for position, word in enumerate(words):
        yield wait + position * pace, StreamDeltaEvent(TextDelta(word))
    if "cut" not in traits:
        reason = "stop" if len(words) == len(said) else "length"
        ended = wait + max(len(words) - 1, 0) * pace
        yield ended, StreamEndEvent(reason, _usage(request, heard, len(words)))


def _timing(traits: set[str], settings: DemoSettings) -> tuple[float, float]:
    """Seconds until the first word, and from word to word."""
    pace = 1 / settings.tokens_per_second
    if "fast" in traits:
        return 0.0, pace / 10
    if "slow" in traits:
        return settings.time_to_first_token * 10, pace * 10
    return settings.time_to_first_token, pace


def _said(request: Request, heard: list[tuple[str, str]], traits: set[str]) -> str:
    if "empty" in traits:
        return ""
    if "echo" in traits:
        return heard[-1][1]
    return answer(heard, _system_of(request), response_format=request.config.response_format)


def _usage(request: Request, heard: list[tuple[str, str]], output: int) -> Usage:
    texts = [_system_of(request), *(text for _, text in heard)]
    return Usage(input_tokens=sum(len(text.split()) for text in texts), output_tokens=output)


def _words(text: str) -> list[str]:
    """`text` in pieces of one word each, with the space before it; joined they are `text`."""
    return re.findall(r"\s*\S+\s*\Z|\s*\S+|\s+\Z", text)


def _text_of(message: Message) -> str:
    texts = []
    for part in message.parts:
        inner = getattr(part, "content", (part,))  # a tool result holds parts of its own
        texts += [piece.text for piece in inner if isinstance(piece, TextPart)]
    return "\n".join(texts)


def _system_of(request: Request) -> str:
    if request.system is None or isinstance(request.system, str):
        return request.system or ""
    return "\n".join(part.text for part in request.system if isinstance(part, TextPart))
