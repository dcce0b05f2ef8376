"""The runs of this server. They belong to it and to no request: closing a page changes nothing."""

import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.abc
import anyio.to_thread

from ide_backend.hub import Hub, Start
from ide_backend.problem import Problem
from tactus.dspy.redact import Redactor
from tactus.engine.journal import Journal
from tactus.errors import StoreError
from tactus.events import EventRecord
from tactus.fields import check
from tactus.runtime.files import below
from tactus.runtime.questions import Desk
from tactus.runtime.run import Run
from tactus.runtime.runtime import Runtime
from tactus.settings import Settings
from tactus.store import history
from tactus.store.ledger import Began
from tactus.store.log import EventLog
from tactus.store.told import Told

if TYPE_CHECKING:  # DBOS takes half a second to import: only a server of durable runs pays for it
    from tactus.engine.durable import DurableEngine

_LOGGER = logging.getLogger("tactus.ide")
MOST_LEFT = 10_000  # runs that a server goes on with
_WORKERS = 4  # threads that run Lua, whatever the number of runs


@dataclass(frozen=True, slots=True)
class Order:
    """A run that somebody asks for. `model` takes the place of every agent's, unless it is None."""

    path: str
    text: str
    params: Mapping[str, Any]
    model: str | None = None
    goal_id: str | None = None


class Supervisor:
    """Starts runs, writes what they say to the log, and stops them.

    Args:
        settings: the settings of every run.
        folder: where they find the procedures that they run.
        log: where the events go.
        hub: who is told of them.
        tasks: where the runs live.

    Attributes:
        desk: the questions of all runs, each until it is answered.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        log: EventLog,
        hub: Hub,
        tasks: anyio.abc.TaskGroup,
    ) -> None:
        self.desk = Desk()
        self.limiter = anyio.CapacityLimiter(_WORKERS)
        self.redactor = Redactor(settings.secrets.values())
        self._settings = settings
        self._read = below(folder)
        self._log = log
        self._hub = hub
        self._tasks = tasks
        self._runs: dict[str, Run] = {}
        self._engine: DurableEngine | None = None
        self._durable: set[str] = set()
        self._told: dict[str, Told] = {}  # of runs whose server died, until they go on
        self._runtimes: dict[str | None, Runtime] = {}
        self._idle = anyio.Event()
        log.when_failing(self._stop_for_want_of_space)

    @property
    def count(self) -> int:
        """How many runs are live."""
        return len(self._runs)

    def runtime(self, model: str | None) -> Runtime:
        """The runtime in which `model` takes the place of every agent's."""
        wanted = model or self._settings.model
        if wanted not in self._runtimes:
            settings = self._settings.model_copy(update={"model": wanted})
            self._runtimes[wanted] = Runtime(settings, self.limiter, self.desk)
        return self._runtimes[wanted]

    async def start(self, order: Order) -> str:
        """Start a run; returns its id once the log has it.

        Raises:
            Problem: the inputs do not fit.
            StoreError: the log cannot be written.
        """
        runtime = self.runtime(order.model)
        await self._check_inputs(runtime, order)
        keyless = self.redactor.data
        run_id, goal_id = uuid.uuid4().hex, keyless(order.goal_id)
        started_ms = time.time_ns() // 1_000_000
        await self._log.begin(
            Began(
                run_id=run_id,
                procedure=keyless(order.path),
                source=keyless(order.text),
                params=keyless(dict(order.params)),
                model=keyless(order.model),
                goal_id=goal_id,
                started_ms=started_ms,
            )
        )
        self._hub.begin(Start(run_id, goal_id, started_ms))

        engine = self._engine
        plain = asdict(order)
        if engine is None or keyless(plain) != plain:  # an order with a key in it is kept nowhere
            self._runs[run_id] = self._prepared(run_id, order, goal_id)
            self._tasks.start_soon(self._drive, self._runs[run_id])
        else:
            journal = engine.journal(self._log.flush, keyless)
            self._runs[run_id] = self._prepared(run_id, order, goal_id, journal=journal)
            self._durable.add(run_id)
            await engine.start(run_id, plain)
        return run_id

    async def go_on(self, engine: "DurableEngine") -> None:
        """Begin with `engine`, which goes on with the runs whose server died."""
        live = partial(history.list_runs, status="running", limit=MOST_LEFT)
        for run in await self._log.query(live):
            told = self._told[run["id"]] = await self._log.take_over(run["id"])
            self._hub.begin(Start(run["id"], run["goal_id"], run["started_ms"]), told.seq)
        self._engine = engine
        engine.open()

    async def drive(self, run_id: str, plain: dict[str, Any]) -> dict[str, Any]:
        """Drive a run of the engine to its end; one of an earlier server is repeated to there."""
        if run_id not in self._runs:
            if run_id not in self._told or self._engine is None:
                return {}  # it has ended, or is forgotten
            order = Order(**plain)
            journal = self._engine.journal(self._log.flush, self.redactor.data)
            self._runs[run_id] = self._prepared(
                run_id, order, order.goal_id, journal=journal, told=self._told.pop(run_id)
            )
            self._durable.add(run_id)
        await self._drive(self._runs[run_id])
        await self._log.flush()
        return {}

    def _prepared(
        self,
        run_id: str,
        order: Order,
        goal_id: str | None,
        *,
        journal: Journal | None = None,
        told: Told | None = None,
    ) -> Run:
        def handle(record: EventRecord) -> None:
            self._log.append(_with_goal(record, goal_id))

        return self.runtime(order.model).prepare(
            order.text,
            order.path,
            order.params,
            handler=handle,
            run_id=run_id,
            journal=journal,
            told=told,
            read=self._read,
        )

    def stop(self, run_id: str) -> bool:
        """Stop a run, at once; False when it is not live. Its last events come a moment later."""
        if run_id not in self._runs:
            return False
        self._runs[run_id].stop()
        return True

    async def stop_all(self) -> None:
        """Stop every run and wait for their ends; durable ones go on with the next server."""
        for run in list(self._runs.values()):
            if run.run_id in self._durable:
                run.leave()
                del self._runs[run.run_id]
            else:
                run.stop()
        while self._runs:
            await self._idle.wait()
        if self._engine is not None:
            await self._engine.close()

    async def aclose(self) -> None:
        """Close the connections to the providers."""
        for runtime in self._runtimes.values():
            await runtime.aclose()

    async def _drive(self, run: Run) -> None:
        try:
            await run.drive()
        except Exception:  # a defect of ours in one run must not end the others
            _LOGGER.exception("the run %s ended with a defect of Tactus", run.run_id)
        finally:
            self._runs.pop(run.run_id, None)
            self._durable.discard(run.run_id)
            if not self._runs:
                self._idle.set()
                self._idle = anyio.Event()

    async def _check_inputs(self, runtime: Runtime, order: Order) -> None:
        definition = await anyio.to_thread.run_sync(
            runtime.declared, order.text, order.path, limiter=self.limiter
        )
        if definition.input is None:
            return
        _, problems = check(definition.input, order.params)
        if problems:
            raise Problem(
                422, "input", "the input does not fit: " + "; ".join(problems), file=order.path
            )

    def _stop_for_want_of_space(self, _: StoreError) -> None:
        for run in list(self._runs.values()):
            run.stop()


def _with_goal(record: EventRecord, goal_id: str | None) -> EventRecord:
    return record if goal_id is None else record.model_copy(update={"goal_id": goal_id})
