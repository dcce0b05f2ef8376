"""The engines that DSPy calls: its native client, and LiteLLM where that has no door."""

import os
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import anyio.to_thread
from dspy._vendor.lm15.types import StreamEvent
from dspy.clients.engines.lifecycle import aclosing_stream
from dspy.clients.engines.litellm_engine import AsyncLiteLLMEngine, _ChatStream
from dspy.clients.engines.litellm_errors import litellm_errors
from dspy.clients.engines.lm15_engine import AsyncLM15Engine
from dspy.lm15 import Request, Response, RouterConfig, StreamAssemblyError, Usage

from tactus.dspy.meter import METER

_BEFORE_LITELLM = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else prices are fetched from the network, by DSPy too
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_MODE": "PRODUCTION",  # else it loads the `.env` of whatever project it is installed in
    "LITELLM_LOG": "ERROR",
    "REPEATED_STREAMING_CHUNK_LIMIT": "1000000000",  # else it fails a model that repeats itself
}


class NativeEngine(AsyncLM15Engine):  # type: ignore[misc]
    """DSPy's native client, without its hops to a thread where nothing there can block.

    Args:
        config: the router's.
        hosted: the provider is a cloud whose credentials are found by slow means.
    """

    def __init__(self, config: RouterConfig, *, hosted: bool) -> None:
        super().__init__(config)
        self._hosted = hosted

    async def complete(self, request: Request) -> Response:
        """The whole answer to `request`."""
        if self._hosted:
            return await super().complete(request)
        provider, routed = self._target(request)
        return await provider.complete(routed)

    def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        """The answer to `request`, as the provider sends it."""
        if self._hosted:
            return cast("AsyncIterator[StreamEvent]", super().stream(request))
        provider, routed = self._target(request, streaming=True)
        return cast("AsyncIterator[StreamEvent]", provider.stream(routed))

    def _target(self, request: Request, *, streaming: bool = False) -> tuple[Any, Request]:
        provider, routed = super()._target(request, streaming=streaming)
        with suppress(ImportError, AttributeError, TypeError):
            from tactus.dspy.dialects import forgive  # stands on private names of DSPy

            forgive(provider)
        return provider, routed


class LiteLLMEngine(AsyncLiteLLMEngine):  # type: ignore[misc]
    """LiteLLM, which passes a stream that was cut off for a whole one: here it is an error.

    Not for Gemini, whose streams LiteLLM ends without a sign of whether they were whole. Tokens are
    those that the provider counted: LiteLLM's own estimates, and its zeros, are left out.
    """

    async def complete(self, request: Request) -> Response:
        """The whole answer to `request`."""
        response = await super().complete(request)
        usage = response.usage
        if usage.input_tokens or usage.output_tokens:
            return response
        return replace(response, usage=Usage())

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        """The answer to `request`, as LiteLLM hands it on."""
        import litellm  # heavy: seconds; imported by `import_litellm` before

        data = self._arguments(request, streaming=True)
        with litellm_errors(model=request.model):
            source = await litellm.acompletion(**data)
        codec = _ChatStream(request)
        async with aclosing_stream(source):
            chunks = aiter(source)
            while True:
                with litellm_errors(model=request.model):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    break
                _put_right(chunk)
                for event in codec.feed(chunk):
                    yield event
            if not _has_ended(source):
                raise StreamAssemblyError("the stream ended without its terminal marker")
            end = codec.finish(litellm)
            yield replace(end, usage=_counted(end.usage, getattr(source, "chunks", ())))


def _has_ended(source: Any) -> bool:
    """Whether the provider said how its answer ended; of Gemini's, LiteLLM notes that elsewhere."""
    received = getattr(source, "received_finish_reason", True)
    return bool(received or getattr(source, "intermittent_finish_reason", None))


def _counted(usage: Usage | None, chunks: Iterable[Any]) -> Usage | None:
    """`usage` as far as the provider told it, in `chunks` as it sent them; or None."""
    told = [chunk.usage for chunk in chunks if getattr(chunk, "usage", None) is not None]
    if not told or usage is None:
        return None
    details = getattr(told[-1], "completion_tokens_details", None)
    return replace(usage, reasoning_tokens=getattr(details, "reasoning_tokens", None))


def _put_right(chunk: Any) -> None:
    """Number the calls in `chunk`, note a refusal, and take out what DSPy has no event for."""
    meter = METER.get()
    for choice in chunk.choices:
        for call in getattr(choice.delta, "tool_calls", None) or ():
            if meter is not None and call.function is not None:
                call.index = meter.number_of(call.index or 0, call.function.name, call.id)
        if refusal := getattr(choice.delta, "refusal", None):
            if meter is not None:
                meter.refusal += refusal
            choice.delta.refusal = None
        if getattr(choice.delta, "thinking_blocks", None):
            del choice.delta.thinking_blocks  # said as reasoning, too
        extras = getattr(choice.delta, "provider_specific_fields", None)
        if isinstance(extras, dict):
            extras.pop("thinking_blocks", None)


def set_litellm_environment() -> None:
    """Keep LiteLLM, and DSPy's price list, from the network and from files of other projects."""
    for name, value in _BEFORE_LITELLM.items():
        os.environ.setdefault(name, value)


async def import_litellm() -> None:
    """Import LiteLLM in a thread: it takes seconds, for which the event loop must not stand."""
    if "litellm" not in sys.modules:
        set_litellm_environment()
        await anyio.to_thread.run_sync(_import)


def _import() -> Any:
    from dspy.clients._litellm import get_litellm  # applies DSPy's own settings (no telemetry)

    return get_litellm(feature="a provider that the native engine lacks")
