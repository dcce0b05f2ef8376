"""Who is compared: each takes turns with a model at a base URL, and says what it heard.

Every library is imported by the peer that needs it, so that a process holds only its own.
"""

import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

MESSAGE = "Write a short story"
SYSTEM = "You are a creative storyteller."
PROCEDURE = f"""
storyteller = Agent {{
    provider = "openai",
    model = "gpt-4o-mini",
    system_prompt = "{SYSTEM}",
}}
output {{ story = field.string{{}} }}
return {{ story = storyteller("{MESSAGE}").response }}
"""
_MANY = f"""
storyteller = Agent {{
    provider = "openai",
    model = "gpt-4o-mini",
    system_prompt = "{SYSTEM}",
}}
for _ = 1, 20 do
    storyteller("{MESSAGE}")
    storyteller.clear_history()
end
"""
_KEY = "none-needed-here"


@dataclass
class Heard:
    """What came of one call, which is one turn or many; times are in seconds.

    `firsts` are from a turn's begin, or the end of the one before, to its first text, `turns` to
    its end.
    """

    firsts: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    characters: int = 0
    pieces: int = 0
    kept: list[Any] = field(default_factory=list)
    _began: float = field(default_factory=time.perf_counter)

    def add(self, text: str) -> None:
        if len(self.firsts) == len(self.turns):
            self.firsts.append(time.perf_counter() - self._began)
        self.characters += len(text)
        self.pieces += 1

    def end(self) -> None:
        now = time.perf_counter()
        self.turns.append(now - self._began)
        self._began = now


Turn = Callable[[Heard, bool], Coroutine[Any, Any, None]]
"""Takes one turn, streamed or not."""


@asynccontextmanager
async def raw(base_url: str, listens: str) -> AsyncIterator[Turn]:
    """What a person writes in ten lines."""
    import httpx

    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": MESSAGE}]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=None, limits=limits) as client:

        async def turn(heard: Heard, streamed: bool) -> None:
            url = f"{base_url}/chat/completions"
            body = {"model": "gpt-4o-mini", "messages": messages, "stream": streamed}
            headers = {"Authorization": f"Bearer {_KEY}"}
            if not streamed:
                answer = (await client.post(url, json=body, headers=headers)).json()
                heard.add(answer["choices"][0]["message"]["content"])
                heard.end()
                return
            body["stream_options"] = {"include_usage": True}
            async with client.stream("POST", url, json=body, headers=headers) as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: ") and line != "data: [DONE]":
                        for choice in json.loads(line[6:])["choices"]:
                            if text := choice["delta"].get("content"):
                                heard.add(text)
            heard.end()

        yield turn


@asynccontextmanager
async def native(base_url: str, listens: str) -> AsyncIterator[Turn]:
    """Bare DSPy with its native client: `dspy.LM` and `send_stream`."""
    import anyio
    import dspy
    from dspy.lm15 import Config, Message, Request

    lm = dspy.LM("openai/gpt-4o-mini", api_base=base_url, api_key=_KEY, cache=False, num_retries=0)

    async def turn(heard: Heard, streamed: bool) -> None:
        request = Request(
            model=lm.model, system=SYSTEM, messages=(Message.user(MESSAGE),), config=Config()
        )
        if not streamed:
            heard.add((await lm.acall(request)).text)
            heard.end()
            return
        send, receive = anyio.create_memory_object_stream[Any](64)

        async def call() -> None:
            async with send:
                with dspy.context(send_stream=send):
                    await lm.acall(request)

        async with anyio.create_task_group() as tasks, receive:
            tasks.start_soon(call)
            async for chunk in receive:
                if text := chunk["choices"][0]["delta"].get("content"):
                    heard.add(text)

        heard.end()

    yield turn


def _handler(heard: Heard, listens: str) -> Callable[[Any], None]:
    """Told each event: it counts the text, and keeps what came when it `listens` so."""
    from tactus.events import AgentStreamChunkEvent

    def handle(told: Any) -> None:
        event = getattr(told, "event", told)
        if isinstance(event, AgentStreamChunkEvent):
            heard.add(event.chunk_text)
            if listens == "keeps":
                heard.kept.append(told)
            elif listens == "reads":
                heard.kept[:] = [event]

    return handle


def _settings(base_url: str) -> Any:
    from tactus.settings import Settings

    return Settings(api_base={"openai": base_url}, secrets={"OPENAI_API_KEY": _KEY}, retries=0)


@asynccontextmanager
async def agent(base_url: str, listens: str) -> AsyncIterator[Turn]:
    """A Tactus agent, without a procedure."""
    from tactus.definitions import AgentDefinition
    from tactus.dspy.agent import Agent
    from tactus.dspy.models import Models

    settings = _settings(base_url)
    models = Models(settings)
    definition = AgentDefinition(
        name="storyteller", provider="openai", model="gpt-4o-mini", system_prompt=SYSTEM
    )
    numbers = count(1)

    async def turn(heard: Heard, streamed: bool) -> None:
        emit = _handler(heard, listens) if streamed else None
        said = await Agent(definition, models, settings, emit).turn(
            MESSAGE, turn_id=f"turn-{next(numbers)}"
        )
        if not streamed:
            heard.add(said.text)
        heard.end()

    try:
        yield turn
    finally:
        await models.aclose()


@asynccontextmanager
async def run(base_url: str, listens: str) -> AsyncIterator[Turn]:
    """A whole Tactus run: a fresh Lua state, the agent, the records."""
    from tactus.runtime.runtime import Runtime

    runtime = Runtime(_settings(base_url))

    async def turn(heard: Heard, streamed: bool) -> None:
        handler = _handler(heard, listens) if streamed else None
        result = await runtime.prepare(PROCEDURE, "bench.lua", {}, handler=handler).drive()
        if result.error is not None:
            raise result.error
        if not streamed:
            heard.add(result.value["story"])
        heard.end()

    try:
        yield turn
    finally:
        await runtime.aclose()


@asynccontextmanager
async def turns(base_url: str, listens: str) -> AsyncIterator[Turn]:
    """Turns within one Tactus run, from the end of one to that of the next: 20 in a call."""
    from tactus.events import AgentTurnEvent, CostEvent
    from tactus.runtime.runtime import Runtime

    async def turn(heard: Heard, streamed: bool) -> None:
        handle = _handler(heard, listens)

        def handle_turn(record: Any) -> None:
            handle(record)
            if isinstance(record.event, CostEvent) and not streamed:
                heard.add(record.event.response)
            if isinstance(record.event, AgentTurnEvent) and record.event.stage == "completed":
                heard.end()

        runtime = runtimes[streamed]
        result = await runtime.prepare(_MANY, "bench.lua", {}, handler=handle_turn).drive()
        if result.error is not None:
            raise result.error

    runtimes = {
        streamed: Runtime(_settings(base_url).model_copy(update={"streaming": streamed}))
        for streamed in (True, False)
    }
    try:
        yield turn
    finally:
        for runtime in runtimes.values():
            await runtime.aclose()


PEERS = {"raw": raw, "native": native, "agent": agent, "run": run, "turns": turns}
