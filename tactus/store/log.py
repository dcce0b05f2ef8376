"""The event log: every event of every run, on disk within 50 ms, and told to whoever listens."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from tactus.errors import StoreError
from tactus.events import EventRecord, LogHandler, RunFinishedEvent, Text
from tactus.store.database import make_private, open_readers, open_writer, trouble
from tactus.store.history import read_records
from tactus.store.ledger import Began, Deleted, Item, Ledger
from tactus.store.lock import StoreLock
from tactus.store.recovery import interrupt_live_runs, take_over
from tactus.store.told import Told
from tactus.store.writer import Writer

FILE = "events.db"

Found = TypeVar("Found")


class EventLog:
    """The log of one folder; made by `open_log`. Call it from one event loop.

    A record may be told to a client before it is on disk, but never beyond the run's fence, which
    is on disk: so after a kill the log knows which numbers a client may have seen.
    """

    def __init__(self, files: "LogFiles") -> None:
        self._reading = files.reading
        self._ledger = ledger = files.ledger
        self._file = files.file
        self._files = files
        self._token = anyio.lowlevel.current_token()
        self._limiter = anyio.CapacityLimiter(4)  # as many as there are reading connections
        self._flushes = anyio.CapacityLimiter(4)
        self._listeners: dict[str, list[LogHandler]] = {}
        self._held: list[EventRecord] = []
        self._failing: list[Callable[[StoreError], None]] = []
        self._writer: Writer[Item] = Writer(ledger.write, self._told)

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self._file.parent

    @property
    def failure(self) -> StoreError | None:
        """Why nothing can be written now, or None."""
        return self._writer.failure

    async def begin(self, run: Began) -> None:
        """Begin a run: on disk when this returns.

        Raises:
            StoreError: it cannot be written.
        """
        self._writer.put(run)
        try:
            await self.flush()
        except StoreError:
            self._writer.put(Deleted(run.run_id))  # it must not appear when there is space again
            raise
        self._listeners[run.run_id] = []

    async def take_over(self, run_id: str) -> Told:
        """Go on with a run whose process died; what it had told by then."""
        told = await anyio.to_thread.run_sync(take_over, self._files.writing, self._ledger, run_id)
        self._listeners[run_id] = []
        return told

    def append(self, record: EventRecord) -> None:
        """Take a record of a run that has begun, and tell its listeners; never blocks."""
        self._writer.put(record)
        if self._held or record.seq > self._ledger.fences.get(record.run_id, 0):
            self._held.append(record)  # told by the next commit
        else:
            self._tell(record)

    def listen(self, run_id: str, listener: LogHandler) -> bool:
        """Tell `listener` each coming record of the run; False when it has ended, or is unknown."""
        listeners = self._listeners.get(run_id)
        if listeners is None:
            return False
        listeners.append(listener)
        return True

    def when_failing(self, listener: Callable[[StoreError], None]) -> None:
        """Call `listener` whenever commits begin to fail, as on a full disk."""
        self._failing.append(listener)

    def is_live(self, run_id: str) -> bool:
        """Whether the run has begun here and not ended."""
        return run_id in self._listeners

    async def flush(self) -> None:
        """Wait until everything that was appended is on disk.

        Raises:
            StoreError: it cannot be written.
        """
        upto = self._writer.put_so_far
        if self._writer.written < upto:
            await anyio.to_thread.run_sync(self._writer.flush, upto, limiter=self._flushes)

    async def delete(self, run_id: str) -> None:
        """Forget a run that has ended."""
        self._writer.put(Deleted(run_id))
        await self.flush()

    async def read(
        self,
        run_id: str,
        after: int,
        upto: int | None = None,
        *,
        most: int = 256,
        texts: dict[str, Text] | None = None,
    ) -> list[EventRecord]:
        """The next records of a run, chunks merged; empty at the end of what is on disk.

        Args:
            run_id: the run.
            after: the seq behind which to begin; it may lie within merged chunks.
            upto: the last seq to read.
            most: how many rows at most.
            texts: for a reader who goes on where it ended: the same dictionary each time.
        """
        return await self.query(
            partial(
                read_records,
                run_id=run_id,
                after=after,
                upto=upto,
                most=most,
                texts={} if texts is None else texts,
            )
        )

    async def query(self, ask: Callable[[Connection], Found]) -> Found:
        """What `ask` finds, asked in a thread, on a connection that cannot write.

        Everything that was appended before counts, unless it cannot be written.

        Raises:
            StoreError: the file cannot be read, or is damaged.
        """
        with suppress(StoreError):
            await self.flush()

        def in_thread() -> Found:
            try:
                with self._reading.connect() as connection:
                    return ask(connection)
            except DBAPIError as error:
                raise trouble(self._file, error) from None

        return await anyio.to_thread.run_sync(in_thread, limiter=self._limiter)

    def _tell(self, record: EventRecord) -> None:
        for listener in self._listeners.get(record.run_id, ()):
            listener(record)
        if isinstance(record.event, RunFinishedEvent):
            self._listeners.pop(record.run_id, None)

    def _told(self, failure: StoreError | None) -> None:
        """In the writer's thread: something was committed, or cannot be."""
        if failure is None and not self._held:
            return
        try:
            anyio.from_thread.run_sync(self._release, failure, token=self._token)
        except RuntimeError:  # the loop has ended: nobody is left to be told
            return

    def _release(self, failure: StoreError | None) -> None:
        held, self._held = self._held, []
        for record in held:
            self._tell(record)
        if failure is not None:
            for listener in self._failing:
                listener(failure)

    async def aclose(self) -> None:
        """Write what is left."""
        await anyio.to_thread.run_sync(self._writer.close)


@dataclass
class LogFiles:
    """The open files of a log: it is ours, whole, and no run in it is live."""

    file: Path
    lock: StoreLock
    writing: Engine
    reading: Engine
    ledger: Ledger

    def close(self) -> None:
        """Close them, and let others have them; a second time does nothing."""
        self.reading.dispose()
        self.writing.dispose()  # goes last: it takes the WAL in
        self.lock.release()


@asynccontextmanager
async def open_log(
    folder: Path | LogFiles, *, most_bytes: int | None = None
) -> AsyncIterator[EventLog]:
    """The event log in `folder`, which is made, and made private; or in files that are open.

    Runs that were live when the last owner died are ended as `interrupted`.

    Args:
        folder: a folder of its own, or its files, which are closed at the end.
        most_bytes: how large the database may become; then it counts as a full disk.

    Raises:
        StoreError: another process has it open, or it is damaged.
    """
    if isinstance(folder, Path):
        files = await anyio.to_thread.run_sync(open_files, folder, most_bytes)
    else:
        files = folder
    try:
        log = EventLog(files)
        try:
            yield log
        finally:
            with anyio.CancelScope(shield=True):
                await log.aclose()
    finally:
        files.close()


def open_files(
    folder: Path, most_bytes: int | None = None, *, but: Callable[[], Collection[str]] = tuple
) -> LogFiles:
    """The files of the log in `folder`: locked, checked, and with every run of it ended.

    Those that `but` names are left: somebody goes on with them. It is asked once the lock is held.

    Raises:
        StoreError: another process has it open, or it is damaged, or cannot be written.
    """
    make_private(folder)
    file = folder / FILE
    lock = StoreLock.acquire(folder / "lock")
    writing: Engine | None = None
    try:
        writing = open_writer(file, most_bytes)
        ledger = Ledger(writing)
        interrupt_live_runs(writing, ledger, but())
        return LogFiles(file, lock, writing, open_readers(file), ledger)
    except BaseException as error:
        if writing is not None:
            writing.dispose()
        lock.release()
        if isinstance(error, DBAPIError):
            raise trouble(file, error) from None
        raise
