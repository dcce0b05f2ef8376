"""The frameworks that Tactus is compared with, each as its documentation says to stream with it.

Tracing, telemetry, caches and waiting for more text before it is told are off. Most are installed
in an environment of their own.
"""

# mypy: disable-error-code="import-not-found"
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.heard import KEY, MESSAGE, SYSTEM, Heard, Turn
from benchmarks.wires import WIRES

_MESSAGES = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": MESSAGE}]


def _root(base_url: str, wire: str) -> str:
    """The base URL without the version, which some of them add themselves."""
    return base_url.removesuffix(WIRES[wire].base)


@asynccontextmanager
async def openai_sdk(base_url: str, listens: str, wire: str) -> AsyncIterator[Turn]:
    """OpenAI's own library, whose events are typed objects."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(base_url=base_url, api_key=KEY, max_retries=0)
    model = WIRES[wire].model

    async def responses(heard: Heard, streamed: bool) -> None:
        events = await client.responses.create(
            model=model, instructions=SYSTEM, input=MESSAGE, stream=True
        )
        async for event in events:
            if event.type == "response.output_text.delta":
                heard.add(event.delta)
        heard.end()

    async def chat(heard: Heard, streamed: bool) -> None:
        options: Any = {"include_usage": True}
        messages: Any = _MESSAGES
        chunks = await client.chat.completions.create(
            model=model, messages=messages, stream=True, stream_options=options
        )
        async for chunk in chunks:
            for choice in chunk.choices:
                if choice.delta.content:
                    heard.add(choice.delta.content)
        heard.end()

    async with client:
        yield responses if wire == "responses" else chat


@asynccontextmanager
async def litellm(base_url: str, listens: str, wire: str) -> AsyncIterator[Turn]:
    """LiteLLM's `acompletion`, which tells every wire's answers as OpenAI's chat does."""
    import litellm as library

    library.telemetry = False
    spoken_as = {"responses": "openai/responses", "ollama": "ollama_chat"}.get(wire, wire)
    strips = wire in ("anthropic", "ollama")

    async def turn(heard: Heard, streamed: bool) -> None:
        chunks = await library.acompletion(
            model=f"{spoken_as}/{WIRES[wire].model}",
            messages=_MESSAGES,
            api_base=_root(base_url, wire) if strips else base_url,
            api_key=KEY,
            stream=True,
            stream_options={"include_usage": True},
            num_retries=0,
        )
        async for chunk in chunks:
            for choice in chunk.choices:
                if choice.delta.content:
                    heard.add(choice.delta.content)
        heard.end()

    yield turn


@asynccontextmanager
async def litellm_responses(base_url: str, listens: str, wire: str) -> AsyncIterator[Turn]:
    """LiteLLM's `aresponses`, which hands on the events of OpenAI's responses as they are."""
    import litellm as library

    library.telemetry = False

    async def turn(heard: Heard, streamed: bool) -> None:
        events = await library.aresponses(
            model=f"openai/{WIRES[wire].model}",
            instructions=SYSTEM,
            input=MESSAGE,
            api_base=base_url,
            api_key=KEY,
            stream=True,
            num_retries=0,
        )
        async for event in events:
            if event.type == "response.output_text.delta":
                heard.add(event.delta)
        heard.end()

    yield turn


@asynccontextmanager
async def pydantic_ai(base_url: str, listens: str, wire: str) -> AsyncIterator[Turn]:
    """An agent of Pydantic AI, whose text is taken as it comes."""
    from pydantic_ai import Agent

    agent = Agent(_pydantic_model(base_url, wire), instructions=SYSTEM, retries=0)

    async def turn(heard: Heard, streamed: bool) -> None:
        async with agent.run_stream(MESSAGE) as result:
            async for text in result.stream_text(delta=True, debounce_by=None):
                heard.add(text)
        heard.end()

    yield turn


def _pydantic_model(base_url: str, wire: str) -> Any:
    model = WIRES[wire].model
    match wire:
        case "openai" | "responses":
            from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
            from pydantic_ai.providers.openai import OpenAIProvider

            kind = OpenAIChatModel if wire == "openai" else OpenAIResponsesModel
            return kind(model, provider=OpenAIProvider(base_url=base_url, api_key=KEY))
        case "anthropic":
            from pydantic_ai.models.anthropic import AnthropicModel
            from pydantic_ai.providers.anthropic import AnthropicProvider

            root = _root(base_url, wire)
            return AnthropicModel(model, provider=AnthropicProvider(base_url=root, api_key=KEY))
        case "gemini":
            from pydantic_ai.models.google import GoogleModel
            from pydantic_ai.providers.google import GoogleProvider

            root = _root(base_url, wire)
            return GoogleModel(model, provider=GoogleProvider(base_url=root, api_key=KEY))
        case _:
            from pydantic_ai.models.ollama import OllamaModel
            from pydantic_ai.providers.ollama import OllamaProvider

            return OllamaModel(model, provider=OllamaProvider(base_url=base_url))


@asynccontextmanager
async def langgraph(base_url: str, listens: str, wire: str) -> AsyncIterator[Turn]:
    """A graph of one node that calls LangChain's model, streamed as its messages come."""
    from langgraph.graph import START, MessagesState, StateGraph

    model = _langchain_model(base_url, wire)

    async def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node("answer", answer).add_edge(START, "answer").compile()

    async def turn(heard: Heard, streamed: bool) -> None:
        messages: Any = {"messages": _MESSAGES}
        async for chunk, _ in graph.astream(messages, stream_mode="messages"):
            if text := chunk.text:
                heard.add(text)
        heard.end()

    yield turn


def _langchain_model(base_url: str, wire: str) -> Any:
    model = WIRES[wire].model
    common: dict[str, Any] = {"model": model, "max_retries": 0, "api_key": KEY}
    match wire:
        case "openai" | "responses":
            from langchain_openai import ChatOpenAI

            use = wire == "responses"
            return ChatOpenAI(
                base_url=base_url,
                use_responses_api=use,
                stream_usage=True,
                streaming=True,
                **common,
            )
        case "anthropic":
            from langchain_anthropic import ChatAnthropic

            return ChatAnthropic(base_url=_root(base_url, wire), streaming=True, **common)
        case "gemini":
            from langchain_google_genai import ChatGoogleGenerativeAI

            return ChatGoogleGenerativeAI(base_url=_root(base_url, wire), **common)
        case _:
            from langchain_ollama import ChatOllama

            return ChatOllama(model=model, base_url=_root(base_url, wire))


RIVALS: dict[str, Callable[[str, str, str], Any]] = {
    "OpenAI SDK": openai_sdk,
    "LiteLLM": litellm,
    "LiteLLM aresponses": litellm_responses,
    "Pydantic AI": pydantic_ai,
    "LangGraph": langgraph,
}
SPEAKS = {"OpenAI SDK": ("openai", "responses", "ollama"), "LiteLLM aresponses": ("responses",)}
"""The wires of those who do not speak all."""

OWN_WAY = {("LiteLLM", "ollama"), ("LangGraph", "ollama")}
"""Who speaks Ollama's own wire there, lines of JSON, in place of OpenAI's chat."""

ELSEWHERE = {"OpenAI SDK", "Pydantic AI", "LangGraph"}
"""Whose packages are installed beside ours, and not with them."""
