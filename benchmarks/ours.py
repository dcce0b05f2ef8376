"""Tactus as it is compared: the agent alone, a run for a turn, and many turns in one run."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from benchmarks.heard import KEY, MESSAGE, SYSTEM, Heard, Turn
from benchmarks.wires import WIRES

_AGENT = f"""
storyteller = Agent {{{{
    provider = "{{provider}}",
    model = "{{model}}",
    system_prompt = "{SYSTEM}",
}}}}
"""
_ONE = f"""
output {{ story = field.string{{}} }}
return {{ story = storyteller("{MESSAGE}").response }}
"""
_MANY = f"""
for _ = 1, 20 do
    storyteller("{MESSAGE}")
    storyteller.clear_history()
end
"""


def procedure(wire: str = "openai", turns: str = _ONE) -> str:
    """A procedure whose agent is the model that speaks this wire."""
    spoken = WIRES[wire]
    return _AGENT.format(provider=spoken.provider, model=spoken.model) + turns


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


def _settings(base_url: str, wire: str) -> Any:
    from tactus.settings import Settings

    secrets = {f"{name}_API_KEY": KEY for name in ("OPENAI", "ANTHROPIC", "GEMINI")}
    return Settings(api_base={WIRES[wire].provider: base_url}, secrets=secrets, retries=0)


@asynccontextmanager
async def agent(base_url: str, listens: str, wire: str = "openai") -> AsyncIterator[Turn]:
    """A Tactus agent, without a procedure."""
    from tactus.definitions import AgentDefinition
    from tactus.dspy.agent import Agent
    from tactus.dspy.models import Models

    settings = _settings(base_url, wire)
    models = Models(settings)
    spoken = WIRES[wire]
    definition = AgentDefinition(
        name="storyteller", provider=spoken.provider, model=spoken.model, system_prompt=SYSTEM
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
async def run(base_url: str, listens: str, wire: str = "openai") -> AsyncIterator[Turn]:
    """A whole Tactus run: a fresh Lua state, the agent, the records."""
    from tactus.runtime.runtime import Runtime

    runtime = Runtime(_settings(base_url, wire))
    text = procedure(wire)

    async def turn(heard: Heard, streamed: bool) -> None:
        handler = _handler(heard, listens) if streamed else None
        result = await runtime.prepare(text, "bench.lua", {}, handler=handler).drive()
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
async def turns(base_url: str, listens: str, wire: str = "openai") -> AsyncIterator[Turn]:
    """Turns within one Tactus run, from the end of one to that of the next: 20 in a call."""
    from tactus.events import AgentTurnEvent, CostEvent
    from tactus.runtime.runtime import Runtime

    text = procedure(wire, _MANY)

    async def turn(heard: Heard, streamed: bool) -> None:
        handle = _handler(heard, listens)

        def handle_turn(record: Any) -> None:
            handle(record)
            if isinstance(record.event, CostEvent) and not streamed:
                heard.add(record.event.response)
            if isinstance(record.event, AgentTurnEvent) and record.event.stage == "completed":
                heard.end()

        runtime = runtimes[streamed]
        result = await runtime.prepare(text, "bench.lua", {}, handler=handle_turn).drive()
        if result.error is not None:
            raise result.error

    runtimes = {
        streamed: Runtime(_settings(base_url, wire).model_copy(update={"streaming": streamed}))
        for streamed in (True, False)
    }
    try:
        yield turn
    finally:
        for runtime in runtimes.values():
            await runtime.aclose()
