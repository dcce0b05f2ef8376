"""The one thread that writes: whatever came within 50 ms is one commit."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError

from tactus.errors import StoreError

_LOGGER = logging.getLogger("tactus.store")

GROUP = 0.05  # seconds from the first item of a commit to the commit
RETRY = 1.0  # seconds until what could not be written is tried again

Item = TypeVar("Item")


class Writer(Generic[Item]):
    """Writes items in their order; what could not be written is kept and tried again.

    Args:
        write: writes a batch in one transaction; called in the writer's thread.
        told: called there after each commit (None), and when commits begin to fail (the error).
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], None],
        told: Callable[[StoreError | None], None],
    ) -> None:
        self.failure: StoreError | None = None
        self._write = write
        self._told = told
        self._changed = threading.Condition()
        self._items: list[Item] = []
        self._put = 0
        self._written = 0
        self._attempts = 0
        self._urgent = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="tactus-store", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Take `item`; never waits for a disk."""
        with self._changed:
            self._items.append(item)
            self._put += 1
            if len(self._items) == 1:
                self._changed.notify_all()

    @property
    def put_so_far(self) -> int:
        """How many items were put; what `flush` waits for."""
        return self._put

    @property
    def written(self) -> int:
        """How many items are on disk."""
        return self._written

    def flush(self, upto: int) -> None:
        """Wait until the first `upto` items are on disk.

        Raises:
            StoreError: they cannot be written now.
        """
        with self._changed:
            tried = self._attempts
            self._urgent = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._written >= upto or self._failed_since(tried))
            if self._written < upto and self.failure is not None:
                raise self.failure

    def close(self) -> None:
        """Write what is left, if it can be written, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._closing)
                if not self._items:
                    return
                wait = GROUP if self.failure is None else RETRY
                self._changed.wait_for(lambda: self._urgent or self._closing, timeout=wait)
                self._urgent = False
                batch = list(self._items)
            failure = self._attempt(batch)
            with self._changed:
                news = failure is None or self.failure is None
                self.failure = failure
                self._attempts += 1
                if failure is None:
                    del self._items[: len(batch)]
                    self._written += len(batch)
                self._changed.notify_all()
                last = self._closing and failure is not None
            if news:
                self._told(failure)
            if last:
                return

    def _failed_since(self, tried: int) -> bool:
        """Whether an attempt that began after `tried` of them has failed."""
        return self.failure is not None and self._attempts > tried

    def _attempt(self, batch: list[Item]) -> StoreError | None:
        try:
            self._write(batch)
        except DBAPIError as error:
            return StoreError(
                f"the event log cannot be written: {error.orig}",
                hint="Free some space, or delete old runs; it is tried again every second.",
            )
        except Exception as error:  # a defect of ours: nobody may wait for ever for this thread
            _LOGGER.exception("the event log cannot be written, for a defect of Tactus")
            return StoreError(f"the event log cannot be written: {error!r}")
        return None
