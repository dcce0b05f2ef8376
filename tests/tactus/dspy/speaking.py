"""An agent whose provider is a scripted server on this machine."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tactus.definitions import AgentDefinition
from tactus.dspy.agent import Agent
from tactus.dspy.models import Models
from tactus.events import (
    AgentReasoningChunkEvent,
    AgentStreamChunkEvent,
    AgentTurnEvent,
    Event,
    StepRestartedEvent,
    ToolCallEvent,
)
from tactus.settings import Settings
from tests.providers import provider_server
from tests.providers.asked import Request
from tests.providers.script import Answer
from tests.providers.serving import Server

KEY = "sk-canary/4f7b+19"
SECRETS = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY, "GEMINI_API_KEY": KEY}
SPEAKERS = {  # who speaks each wire natively, as provider and model
    "openai": ("openai", "gpt-4o-mini"),
    "responses": ("openai_responses", "gpt-4o-mini"),
    "anthropic": ("anthropic", "claude-sonnet-4-5"),
    "gemini": ("gemini", "gemini-2.5-flash"),
    "ollama": ("ollama_chat", "llama3.2"),
    "llamacpp": ("llamacpp", "qwen3-8b"),
}


@dataclass
class Scene:
    """One agent, its server, and the events told so far."""

    agent: Agent
    server: Server
    events: list[Event]
    another: Callable[[], "Scene"]  # an agent like it, of the same server, nothing told yet

    @property
    def chunks(self) -> list[AgentStreamChunkEvent]:
        return [event for event in self.events if isinstance(event, AgentStreamChunkEvent)]

    @property
    def shown(self) -> str:
        """The text as a reader has it, who drops what is told to be void."""
        shown = ""
        for event in self.events:
            if isinstance(event, StepRestartedEvent):
                shown = shown[: event.kept_length]
            if isinstance(event, AgentStreamChunkEvent):
                shown += event.chunk_text
        return shown

    @property
    def thought(self) -> str:
        """The thoughts as a reader has them, who drops those of a model call that is void."""
        thought, before = "", ""
        for event in self.events:
            if isinstance(event, AgentReasoningChunkEvent):
                thought += event.chunk_text
            elif isinstance(event, ToolCallEvent):
                before = thought
            elif isinstance(event, StepRestartedEvent):
                thought = before
        return thought

    @property
    def attempts(self) -> list[int]:
        """The attempt that each stage of a turn tells."""
        return [event.attempt for event in self.events if isinstance(event, AgentTurnEvent)]

    @property
    def stages(self) -> list[str]:
        return [event.stage for event in self.events if isinstance(event, AgentTurnEvent)]

    @property
    def kinds(self) -> list[str]:
        """The event types, with the stage of a turn, and chunks that follow each other as one."""
        kinds: list[str] = []
        for event in self.events:
            kind = event.stage if isinstance(event, AgentTurnEvent) else event.event_type
            if kind != "agent_stream_chunk" or kind not in kinds[-1:]:
                kinds.append(kind)
        return kinds


@asynccontextmanager
async def scene(
    *answers: Answer,
    wire: str = "openai",
    choose: Callable[[Request], Answer] | None = None,
    listening: bool = True,
    settings: dict[str, Any] | None = None,
    **definition: Any,
) -> AsyncIterator[Scene]:
    """An agent that speaks to a server with these answers; `settings` and `definition` override."""
    provider, model = SPEAKERS[wire]
    async with provider_server(wire, *answers, choose=choose) as server:
        given = {
            "api_base": {provider: server.base_url},
            "secrets": SECRETS,
            "retries": 0,
            "timeout": 20.0,
            **(settings or {}),
        }
        effective = Settings.model_validate(given)
        models = Models(effective)
        fields = {"name": "storyteller", "provider": provider, "model": model, **definition}
        declared = AgentDefinition.model_validate(fields)

        def another() -> Scene:
            events: list[Event] = []
            agent = Agent(declared, models, effective, events.append if listening else None)
            return Scene(agent, server, events, another)

        try:
            yield another()
        finally:
            await models.aclose()
