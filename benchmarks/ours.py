"""Tactus as it is compared: the agent alone, a run for a turn, and many turns in one run."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from benchmarks.heard import KEY, MESSAGE, SYSTEM, Heard, Turn

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

    return Settings(api_base={"openai": base_url}, secrets={"OPENAI_API_KEY": KEY}, retries=0)


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
