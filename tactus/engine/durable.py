"""Runs that outlive their process, on DBOS: a run is a workflow, each of its steps is one of its.

DBOS records the result of each step and starts a run again whose process died; it then finds the
recorded results in place of the steps. One engine a process, which is how DBOS works.
"""

import asyncio
import logging
import sqlite3
from asyncio import Future
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import anyio.to_thread
import orjson
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, SetWorkflowID, StepReservation

from tactus.engine.journal import Body
from tactus.errors import ReplayError, StoreError

FILE = "steps.db"
PROTOCOL = "1"  # of our steps: runs of another one are left alone
MOST_RECOVERIES = 5  # of a run that takes its process down with it

Drive = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Drives the run of an id, as it was ordered; returns how it ended."""

_drive: Drive | None = None

logging.getLogger("dbos").setLevel(logging.CRITICAL)  # what fails is told by us


class DurableJournal:
    """The journal of the run whose workflow this is.

    Args:
        flush: awaited before a result is recorded: whatever was told of a step is on disk by then.
        clean: takes out of a result what must not be kept.
    """

    def __init__(self, flush: Callable[[], Awaitable[None]], clean: Callable[[Any], Any]) -> None:
        self._flush = flush
        self._clean = clean

    def reserve(self, name: str) -> "_Slot":
        """The next position."""
        return _Slot(DBOS.reserve_step(), name, self._flush, self._clean)

    async def first(self, futures: Sequence["Future[Any]"]) -> Sequence[int]:
        """Which of `futures` are done; on a replay those that were done then."""
        done, _ = await DBOS.asyncio_wait(list(futures), return_when=asyncio.FIRST_COMPLETED)
        return [position for position, future in enumerate(futures) if future in done]


class _Slot:
    def __init__(
        self,
        reserved: StepReservation,
        name: str,
        flush: Callable[[], Awaitable[None]],
        clean: Callable[[Any], Any],
    ) -> None:
        self._reserved = reserved
        self._name = name
        self._flush = flush
        self._clean = clean

    async def run(self, body: Body) -> Any:
        """What is recorded here, or what `body` returns; as JSON, alike each time."""

        async def step() -> Any:
            result = orjson.loads(orjson.dumps(self._clean(await body())))
            await self._flush()
            return result

        try:
            return await self._reserved.run_async({"name": self._name}, step)
        except Exception as error:
            if type(error).__name__ == "DBOSUnexpectedStepError":
                position = self._reserved.step_id
                raise ReplayError(position, recorded=str(error), came=self._name) from None
            raise


@DBOS.workflow(name="tactus.run", max_recovery_attempts=MOST_RECOVERIES)
async def _run(run_id: str, order: dict[str, Any]) -> dict[str, Any]:
    assert _drive is not None, "an engine is open while its runs go on"  # noqa: S101
    return await _drive(run_id, order)


class DurableEngine:
    """Starts runs, and goes on with those whose process died, in this event loop.

    Args:
        file: the SQLite file of the steps.
        drive: drives one run.
    """

    def __init__(self, file: Path, drive: Drive) -> None:
        self._file = file
        self._drive = drive

    def open(self) -> None:
        """Begin; runs that were live go on at once. Call it on the event loop of the runs.

        Raises:
            StoreError: the file cannot be used.
        """
        global _drive  # DBOS has one workflow of a name in a process
        _drive = self._drive
        _prepare(self._file)
        DBOS(
            config={
                "name": "tactus",
                "system_database_url": f"sqlite:///{self._file}",
                "application_version": PROTOCOL,
                "executor_id": "server",  # the only process that has the lock of this folder
                "serializer": DBOSPortableJSONSerializer(),
                "notification_listener_polling_interval_sec": 0.2,  # how long its end may take
                "log_level": "CRITICAL",
                "console_log_level": "CRITICAL",
            }
        )
        DBOS.launch()

    async def start(self, run_id: str, order: dict[str, Any]) -> None:
        """Start a run; from here on it goes on whatever happens to this process."""
        with SetWorkflowID(run_id):
            await DBOS.start_workflow_async(_run, run_id, order)

    def journal(
        self, flush: Callable[[], Awaitable[None]], clean: Callable[[Any], Any]
    ) -> DurableJournal:
        """The journal of a run that is started with this engine; as `DurableJournal`."""
        return DurableJournal(flush, clean)

    async def forget(self, run_id: str) -> None:
        """Delete the steps of a run."""
        await DBOS.delete_workflows_async([run_id])

    async def close(self) -> None:
        """End; runs that are live go on when the next engine opens."""
        await anyio.to_thread.run_sync(DBOS.destroy)


def unended(file: Path) -> frozenset[str]:
    """The runs that the next engine to open goes on with."""
    if not file.exists():
        return frozenset()
    client = DBOSClient(system_database_url=f"sqlite:///{file}")
    try:
        return frozenset(
            found.workflow_id
            for found in client.list_workflows(status=["PENDING", "ENQUEUED"])
            if found.app_version == PROTOCOL
        )
    finally:
        client.destroy()


def _prepare(file: Path) -> None:
    """Switch the write-ahead log on, which DBOS does not, and keep the file private."""
    try:
        file.touch(mode=0o600)
        connection = sqlite3.connect(file)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"the steps in {file} cannot be used: {error}") from None
