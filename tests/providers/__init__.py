"""Loopback servers that speak the providers' wires, each answer scripted.

`async with provider_server("anthropic", Answer(("Once ", "upon"))) as server:` gives
`server.base_url` as our settings want it, the requests that came, and events to wait on.
`python -m tests.providers WIRE` serves other processes.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType

from tests.providers import anthropic, gemini, llamacpp, ollama, openai, responses
from tests.providers.asked import Breach, Request
from tests.providers.dialect import Dialect, Provider
from tests.providers.script import (
    Answer,
    Call,
    Cut,
    Failure,
    Piece,
    Refusal,
    Search,
    Thought,
    Usage,
)
from tests.providers.serving import Server, serve

__all__ = ["WIRES", "Answer", "Breach", "Call", "Cut", "Dialect", "Failure", "Piece", "Provider"]
__all__ += ["Refusal", "Request", "Search", "Server", "Thought", "Usage"]
__all__ += ["provider_server", "rendered"]

WIRES: Mapping[str, Provider] = MappingProxyType(
    {
        "openai": openai.PROVIDER,
        "responses": responses.PROVIDER,
        "anthropic": anthropic.PROVIDER,
        "gemini": gemini.PROVIDER,
        "ollama": ollama.PROVIDER,
        "llamacpp": llamacpp.PROVIDER,
    }
)


def provider_server(
    wire: str,
    *answers: Answer,
    choose: Callable[[Request], Answer] | None = None,
    port: int = 0,
) -> AbstractAsyncContextManager[Server]:
    """Serve `answers` in order, the last one again and again; or what `choose` says of a request.

    `wire` is one of `WIRES`; "ollama" speaks its own wire and OpenAI's. A `port` of 0 takes a free
    one. A request that breaks a rule of the provider is answered with the provider's error.
    """
    return serve(WIRES[wire], *answers, choose=choose, port=port)


def rendered(wire: str, answer: Answer, model: str = "model") -> list[bytes]:
    """The frames of a streamed answer, one item a piece; for "ollama" those of its own wire."""
    asked = Request("", {}, {"stream_options": {"include_usage": True}}, model=model)
    return list(WIRES[wire].dialects[0].streamed(answer, asked))
