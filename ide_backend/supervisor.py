"""The runs of this server. They belong to it and to no request: closing a page changes nothing."""

import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.abc
import anyio.to_thread

from ide_backend.hub import Hub, Start
from ide_backend.problem import Problem
from tactus.dspy.redact import Redactor
from tactus.errors import StoreError
from tactus.events import EventRecord
from tactus.fields import check
from tactus.runtime.run import Run
from tactus.runtime.runtime import Runtime
from tactus.settings import Settings
from tactus.store.ledger import Began
from tactus.store.log import EventLog

_LOGGER = logging.getLogger("tactus.ide")
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
        log: where the events go.
        hub: who is told of them.
        tasks: where the runs live.
    """

    def __init__(
        self, settings: Settings, log: EventLog, hub: Hub, tasks: anyio.abc.TaskGroup
    ) -> None:
        self.limiter = anyio.CapacityLimiter(_WORKERS)
        self.redactor = Redactor(settings.secrets.values())
        self._settings = settings
        self._log = log
        self._hub = hub
        self._tasks = tasks
        self._runs: dict[str, Run] = {}
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
            self._runtimes[wanted] = Runtime(settings, self.limiter)
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

        def handle(record: EventRecord) -> None:
            self._log.append(_with_goal(record, goal_id))

        run = runtime.prepare(order.text, order.path, order.params, handler=handle, run_id=run_id)
        self._runs[run_id] = run
        self._tasks.start_soon(self._drive, run)
        return run_id

    def stop(self, run_id: str) -> bool:
        """Stop a run, at once; False when it is not live. Its last events come a moment later."""
        if run_id not in self._runs:
            return False
        self._runs[run_id].stop()
        return True

    async def stop_all(self) -> None:
        """Stop every run and wait for their ends."""
        for run in list(self._runs.values()):
            run.stop()
        while self._runs:
            await self._idle.wait()

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
            del self._runs[run.run_id]
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
