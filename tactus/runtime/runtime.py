"""The composition root: settings, models and runs."""

import uuid
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from tactus.definitions import AgentDefinition, ProcedureDefinition
from tactus.dsl.loader import declared, load
from tactus.errors import SettingsError
from tactus.events import Emit, LogHandler
from tactus.runtime.recorder import Recorder
from tactus.runtime.run import Procedure, Run
from tactus.settings import Settings

if TYPE_CHECKING:  # imported by the first agent of a process, see `_enlist`
    from tactus.dspy.agent import Agent
    from tactus.dspy.models import Models


class Runtime:
    """Loads and runs procedures, thousands at a time on one event loop.

    `limiter` says where Lua computes: None on the event loop, as for a single run; otherwise in
    worker threads under this limit, so that no procedure holds up another.
    """

    def __init__(self, settings: Settings, limiter: anyio.CapacityLimiter | None = None) -> None:
        self._settings = settings
        self._limiter = limiter
        self._models: Models | None = None
        self._importing = anyio.Lock()

    def load(self, text: str, name: str) -> ProcedureDefinition:
        """Check a procedure: load it up to its first request, with placeholders as inputs.

        Raises:
            TactusError: the procedure cannot be loaded; with its file, line and the next step.
        """
        program = load(text, name, limits=self._settings.limits)
        try:
            return program.definition
        finally:
            program.close()

    def declared(self, text: str, name: str, *, whole: bool = False) -> ProcedureDefinition:
        """What a procedure declares, read no further than its inputs, or `whole`; never fails."""
        return declared(text, name, limits=self._settings.limits, whole=whole)

    def prepare(
        self,
        text: str,
        name: str,
        params: Mapping[str, Any],
        *,
        handler: LogHandler | None = None,
        run_id: str | None = None,
    ) -> Run:
        """A run of the procedure, ready to be driven.

        Args:
            text: the source.
            name: the file, as errors shall name it.
            params: the inputs.
            handler: who listens; without one nothing streams.
            run_id: the identity of the run, a new one unless given.
        """
        identity = run_id or uuid.uuid4().hex
        return Run(
            Procedure(text, name, params),
            run_id=identity,
            limits=self._settings.limits,
            enlist=self._enlist,
            recorder=Recorder(identity, handler),
            limiter=self._limiter,
        )

    async def aclose(self) -> None:
        """Close the connections to the providers."""
        if self._models is not None:
            await self._models.aclose()

    async def _enlist(self, definition: AgentDefinition, emit: Emit | None) -> "Agent":
        """The agent of `definition`. The first one of a process imports DSPy, in a thread."""
        async with self._importing:
            if self._models is None:
                models = await anyio.to_thread.run_sync(import_module, "tactus.dspy.models")
                self._models = models.Models(self._settings)
        from tactus.dspy.agent import Agent

        return Agent(self._overridden(definition), self._models, self._settings, emit)

    def _overridden(self, definition: AgentDefinition) -> AgentDefinition:
        """`definition` with the model that the settings put in place of every agent's."""
        override = self._settings.model
        if override is None:
            return definition
        provider, _, model = override.partition("/")
        if provider == "demo" == definition.provider and not model:
            return definition  # it may be one that fails on purpose
        if not model and provider != "demo":
            raise SettingsError(
                f"the model {override!r} has no provider",
                hint=f"Write openai/{override}, or demo to try without a key.",
            )
        return definition.model_copy(update={"provider": provider, "model": model or "demo"})
