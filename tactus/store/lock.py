"""One owner of a store: a lock file that names it."""

import fcntl
import os
import time
from datetime import datetime
from pathlib import Path

import orjson

from tactus.errors import StoreError


class StoreLock:
    """Held from `acquire` to `release`; the system releases it when its process dies."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, path: Path) -> "StoreLock":
        """Take the lock at `path`.

        Raises:
            StoreError: another process holds it; names that process.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = _owner(os.pread(descriptor, 4096, 0))
            os.close(descriptor)
            raise StoreError(
                f"the event log in {path.parent} is in use by {owner}",
                hint="Use that one, stop it, or give another folder.",
            ) from None
        os.ftruncate(descriptor, 0)
        named = {"pid": os.getpid(), "started_ms": time.time_ns() // 1_000_000}
        os.pwrite(descriptor, orjson.dumps(named), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would race with the next owner."""
        os.close(self._descriptor)


def _owner(named: bytes) -> str:
    try:
        data = orjson.loads(named)
        since = datetime.fromtimestamp(data["started_ms"] / 1000).astimezone()
        return f"process {data['pid']}, which started at {since:%Y-%m-%d %H:%M:%S}"
    except (ValueError, KeyError, TypeError):  # the owner has not written its name yet
        return "another process"
