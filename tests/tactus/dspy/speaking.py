"""An agent of the openai provider, whose server is a scripted one on this machine."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tactus.definitions import AgentDefinition
from tactus.dspy.agent import Agent
from tactus.dspy.models import Models
from tactus.events import AgentStreamChunkEvent, AgentTurnEvent, Event
from tactus.settings import Settings
from tests.providers.openai import Answer, Request, Server, openai_server

KEY = "sk-canary/4f7b+19"


@dataclass
class Scene:
    """One agent, its server, and the events told so far."""

    agent: Agent
    server: Server
    events: list[Event]

    @property
    def chunks(self) -> list[AgentStreamChunkEvent]:
        return [event for event in self.events if isinstance(event, AgentStreamChunkEvent)]

    @property
    def shown(self) -> str:
        return "".join(chunk.chunk_text for chunk in self.chunks)

    @property
    def attempts(self) -> list[int]:
        """The attempt that each stage of a turn tells."""
        return [event.attempt for event in self.events if isinstance(event, AgentTurnEvent)]

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
    choose: Callable[[Request], Answer] | None = None,
    listening: bool = True,
    settings: dict[str, Any] | None = None,
    **definition: Any,
) -> AsyncIterator[Scene]:
    """An agent that speaks to a server with these answers; `settings` and `definition` override."""
    async with openai_server(*answers, choose=choose) as server:
        given = {
            "api_base": {"openai": server.base_url},
            "secrets": {"OPENAI_API_KEY": KEY},
            "retries": 0,
            "timeout": 20.0,
            **(settings or {}),
        }
        effective = Settings.model_validate(given)
        models = Models(effective)
        events: list[Event] = []
        fields = {"name": "storyteller", "provider": "openai", "model": "gpt-4o-mini", **definition}
        agent = Agent(
            AgentDefinition.model_validate(fields),
            models,
            effective,
            events.append if listening else None,
        )
        try:
            yield Scene(agent, server, events)
        finally:
            await models.aclose()
