"""The composition root: settings, models and runs."""

import uuid
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from tactus.definitions import AgentDefinition, ProcedureDefinition
from tactus.dsl.loader import declared, load
from tactus.dspy.redact import Redactor
from tactus.engine.journal import Journal
from tactus.errors import SettingsError
from tactus.events import Emit, EventRecord, LogHandler
from tactus.purse import Purse
from tactus.runtime.files import ReadFile, no_files
from tactus.runtime.granted import check_names
from tactus.runtime.questions import Questions
from tactus.runtime.recorder import Recorder
from tactus.runtime.run import Procedure, Run
from tactus.runtime.tools.toolbox import Toolbox
from tactus.settings import Settings
from tactus.store.told import Told
from tactus.telemetry.telemetry import Telemetry

if TYPE_CHECKING:  # imported by the first agent of a process, see `_enlist`
    from tactus.dspy.agent import Agent
    from tactus.dspy.models import Models


class Runtime:
    """Loads and runs procedures, thousands at a time on one event loop.

    `limiter` says where Lua computes: None on the event loop, as for a single run; otherwise in
    worker threads under this limit, so that no procedure holds up another. `questions` asks people;
    nobody can be asked unless it is given.
    """

    def __init__(
        self,
        settings: Settings,
        limiter: anyio.CapacityLimiter | None = None,
        questions: Questions | None = None,
    ) -> None:
        self.redactor = Redactor(settings.secrets.values())
        self._settings = settings
        self._limiter = limiter
        self._questions = questions
        self._toolbox = Toolbox(settings)
        self._telemetry = Telemetry(settings.telemetry)
        self._models: Models | None = None
        self._importing = anyio.Lock()

    def load(self, text: str, name: str) -> ProcedureDefinition:
        """Check a procedure: load it up to its first request, with placeholders as inputs.

        Raises:
            TactusError: the procedure cannot be loaded; with its file, line and the next step.
        """
        settings = self._settings
        program = load(text, name, limits=settings.limits, aliases=settings.models)
        try:
            definition = program.definition
        finally:
            program.close()
        check_names(definition, self._toolbox.names())
        return definition

    def declared(self, text: str, name: str, *, whole: bool = False) -> ProcedureDefinition:
        """What a procedure declares, read no further than its inputs, or `whole`; never fails."""
        settings = self._settings
        return declared(text, name, limits=settings.limits, whole=whole, aliases=settings.models)

    def prepare(
        self,
        text: str,
        name: str,
        params: Mapping[str, Any],
        *,
        handler: LogHandler | None = None,
        run_id: str | None = None,
        listened: bool = True,
        journal: Journal | None = None,
        told: Told | None = None,
        read: ReadFile = no_files,
    ) -> Run:
        """A run of the procedure, ready to be driven.

        Args:
            text: the source.
            name: the file, as errors shall name it.
            params: the inputs.
            handler: who listens; without one nothing streams but to the procedure itself.
            run_id: the identity of the run, a new one unless given.
            listened: whether the handler wants the text while it comes.
            journal: where its steps are recorded, and replayed from; in memory unless given.
            told: what it had told by the time its process died, where it is repeated.
            read: reads the files that it runs as procedures; there are none unless given.
        """
        identity = run_id or uuid.uuid4().hex
        handlers = [heard for heard in (handler, self._telemetry.handler()) if heard is not None]
        listened = listened and handler is not None
        return Run(
            Procedure(text, name, params),
            run_id=identity,
            limits=self._settings.limits,
            enlist=self._enlist,
            toolbox=self._toolbox,
            aliases=self._settings.models,
            recorder=Recorder(
                identity, _all(handlers), self.redactor, listened=listened, told=told
            ),
            limiter=self._limiter,
            journal=journal,
            questions=self._questions,
            read=read,
        )

    async def aclose(self) -> None:
        """Close the connections to the providers."""
        if self._models is not None:
            await self._models.aclose()

    async def _enlist(
        self, definition: AgentDefinition, *, emit: Emit, purse: Purse, listened: bool
    ) -> "Agent":
        """The agent of `definition`. The first one of a process imports DSPy, in a thread."""
        async with self._importing:
            if self._models is None:
                models = await anyio.to_thread.run_sync(import_module, "tactus.dspy.models")
                self._models = models.Models(self._settings)
        from tactus.dspy.agent import Agent

        return Agent(
            self._overridden(definition),
            self._models,
            self._settings,
            emit,
            purse=purse,
            listened=listened,
        )

    def _overridden(self, definition: AgentDefinition) -> AgentDefinition:
        """`definition` with the model that the settings put in place of every agent's."""
        if self._settings.model is None:
            return definition
        override = self._settings.models.get(self._settings.model, self._settings.model)
        provider, _, model = override.partition("/")
        if provider == "demo" == definition.provider and not model:
            return definition  # it may be one that fails on purpose
        if not model and provider != "demo":
            raise SettingsError(
                f"the model {override!r} has no provider",
                hint=f"Write openai/{override}, or demo to try without a key.",
            )
        instead = {"provider": provider, "model": model or "demo", "fallback": ()}
        return definition.model_copy(update=instead)


def _all(handlers: Sequence[LogHandler]) -> LogHandler | None:
    """One handler for all of them; None where there is none."""
    if len(handlers) < 2:
        return handlers[0] if handlers else None

    def handle(record: EventRecord) -> None:
        for handler in handlers:
            handler(record)

    return handle
