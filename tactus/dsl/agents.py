"""The agents that a procedure declares."""

from collections.abc import Iterator, Mapping
from typing import Any

from tactus.definitions import AgentDefinition
from tactus.dsl.models import Aliases, in_full, provider_and_model
from tactus.dsl.naming import Assignments
from tactus.dsl.requests import fields_of, validated
from tactus.errors import DefinitionError
from tactus.lua.position import Position


class Agents:
    """The declared agents, in their order; the surface knows each by its place, from 0."""

    def __init__(self, text: str, aliases: Aliases) -> None:
        self._assignments = Assignments(text, "Agent")
        self._aliases = aliases
        self._agents: list[AgentDefinition] = []

    def __iter__(self) -> Iterator[AgentDefinition]:
        """The definitions so far."""
        return iter(self._agents)

    def declare(self, value: Mapping[str, Any], position: Position | None) -> dict[str, Any]:
        """Add the agent that the surface tells of.

        Raises:
            DefinitionError: an option is wrong.
        """
        options = value["options"] or {}
        if not isinstance(options, Mapping) or not all(isinstance(key, str) for key in options):
            raise DefinitionError(
                "Agent takes named options", hint='Write Agent { model = "openai/gpt-4o-mini" }.'
            )
        for reserved in ("name", "line"):
            if reserved in options:
                raise DefinitionError(
                    f'Agent has no option "{reserved}"',
                    hint="An agent is named by the global it is assigned to.",
                )
        identity = len(self._agents)
        name = self._named(value.get("name"), position) or f"agent_{identity + 1}"
        provider, model = provider_and_model(options, self._aliases)
        given = {**options, "provider": provider, "model": model, "name": name}
        given["line"] = position.line if position else None
        if isinstance(options.get("fallback"), list):
            given["fallback"] = [in_full(model, self._aliases) for model in options["fallback"]]
        if "output" in options:
            given["output"] = fields_of("output", options["output"])
        self._agents.append(validated(AgentDefinition, given, f'the agent "{name}"'))
        return {"id": identity, "name": name}

    def rename(self, identity: int, name: str) -> None:
        """The agent was assigned to a global of this name."""
        self._agents[identity] = self._agents[identity].model_copy(update={"name": name})

    def _named(self, given: str | None, position: Position | None) -> str | None:
        if given is None:
            return self._assignments.next_on(position)
        if not given.isidentifier():
            raise DefinitionError(f'"{given}" is no name', hint="Use letters, digits and _.")
        if any(agent.name == given for agent in self._agents):
            raise DefinitionError(f'the agent "{given}" is declared already')
        return given
