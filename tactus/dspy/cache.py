"""Answers that are kept, for agents that say `cache`: on this machine, in files of one folder."""

import hashlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anyio.to_thread
import diskcache
import orjson
from diskcache.core import MODE_PICKLE
from dspy._vendor.lm15.serde import request_to_dict, response_from_dict, response_to_dict
from dspy.lm15 import Request, Response

Found = TypeVar("Found")

MOST_BYTES = 256 * 1024 * 1024


def cache_folder() -> Path:
    """Where answers are kept: `TACTUS_CACHE_DIR`, or the user's cache folder."""
    given = os.environ.get("TACTUS_CACHE_DIR")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tactus" / "answers"


class _PlainDisk(diskcache.Disk):  # type: ignore[misc]
    """Reads no pickles: what is in the folder can never run."""

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        """The kept bytes."""
        return None if mode == MODE_PICKLE else super().fetch(mode, filename, value, read)


class Cache:
    """The kept answers of one agent: for `seconds`, or for good. They are JSON."""

    def __init__(self, folder: Path, seconds: float | None) -> None:
        self._folder = folder
        self._seconds = seconds

    async def get(self, model: tuple[str, str], request: Request) -> Response | None:
        """The answer that `model` once gave to this very request."""
        kept = await self._with(lambda files: files.get(_key(model, request)))
        if not isinstance(kept, bytes):
            return None
        try:
            return response_from_dict(orjson.loads(kept))
        except (TypeError, ValueError, KeyError):
            return None  # of another version

    async def put(self, model: tuple[str, str], request: Request, response: Response) -> None:
        """Keep `response`."""
        kept = orjson.dumps(response_to_dict(response))
        await self._with(partial(_put, _key(model, request), kept, self._seconds))

    async def _with(self, act: Callable[[diskcache.Cache], Found]) -> Found:
        def in_thread() -> Found:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with diskcache.Cache(
                str(self._folder), disk=_PlainDisk, size_limit=MOST_BYTES
            ) as files:
                return act(files)

        return await anyio.to_thread.run_sync(in_thread)


def _put(key: str, kept: bytes, seconds: float | None, files: diskcache.Cache) -> None:
    files.set(key, kept, expire=seconds)


def _key(model: tuple[str, str], request: Request) -> str:
    """Names the request, with everything in it that shapes the answer."""
    body = orjson.dumps([*model, request_to_dict(request)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(body).hexdigest()
