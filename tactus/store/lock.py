"""One owner of a store: a lock file that names it."""

import fcntl
import os
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import orjson

from tactus.errors import StoreError

_PATIENCE = 1.0  # seconds for the owner to say who it is


class StoreLock:
    """Held from `acquire` to `release`; the system releases it when its process dies."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(cls, path: Path) -> "StoreLock":
        """Take the lock at `path`.

        Raises:
            StoreError: another process holds it; names that process.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise StoreError(f"{path} cannot be opened: {error.strerror}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _owner(descriptor)
            os.close(descriptor)
            raise StoreError(
                f"the event log in {path.parent} is in use by {owner}",
                hint="Use that one, stop it, or give another folder.",
            ) from None
        except OSError as error:
            os.close(descriptor)
            raise StoreError(
                f"{path} cannot be locked: {error.strerror}",
                hint="Give a folder on a disk of this machine.",
            ) from None
        named = {"pid": os.getpid(), "started_ms": time.time_ns() // 1_000_000}
        with suppress(OSError):  # on a full disk it goes without its name
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, orjson.dumps(named), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would race with the next owner."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _owner(descriptor: int) -> str:
    """Who holds the lock: it writes its name a moment after it has taken it."""
    until = time.monotonic() + _PATIENCE
    while True:
        named = _named(os.pread(descriptor, 4096, 0))
        if named is not None:
            return named
        if time.monotonic() > until:
            return "another process"
        time.sleep(0.01)


def _named(content: bytes) -> str | None:
    """What the lock file says; None where that is nothing, or of an owner that is gone."""
    try:
        data = orjson.loads(content)
        pid = int(data["pid"])
        since = datetime.fromtimestamp(data["started_ms"] / 1000).astimezone()
        with suppress(PermissionError):  # somebody else's, but alive
            os.kill(pid, 0)
    except (ValueError, KeyError, TypeError, OverflowError, ProcessLookupError):
        return None
    return f"process {pid}, which started at {since:%Y-%m-%d %H:%M:%S}"
