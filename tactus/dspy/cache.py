"""Answers that are kept, for agents that say `cache`: on this machine, in files of one folder."""

import hashlib
import json
import os
import sqlite3
import time
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

    async def get(self, model: tuple[str, ...], request: Request) -> Response | None:
        """The answer that `model` gave to this very request, not longer ago than it is kept."""
        kept = await self._with(lambda files: files.get(_key(model, request)))
        if not isinstance(kept, bytes):
            return None
        try:
            moment, response = orjson.loads(kept)
            if self._seconds is not None and time.time() - moment > self._seconds:
                return None
            return response_from_dict(response)
        except (TypeError, ValueError, KeyError):
            return None  # of another version

    async def put(self, model: tuple[str, ...], request: Request, response: Response) -> None:
        """Keep `response`."""
        try:
            kept = orjson.dumps([time.time(), response_to_dict(response)])
        except TypeError:
            return  # it holds half a character, or a number of many digits
        await self._with(partial(_put, _key(model, request), kept, self._seconds))

    async def _with(self, act: Callable[[diskcache.Cache], Found]) -> Found | None:
        """What `act` finds; None where the folder cannot be used."""

        def in_thread() -> Found:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with diskcache.Cache(
                str(self._folder), disk=_PlainDisk, size_limit=MOST_BYTES
            ) as files:
                return act(files)

        try:
            return await anyio.to_thread.run_sync(in_thread)
        except (OSError, sqlite3.Error, diskcache.Timeout):
            return None


def _put(key: str, kept: bytes, seconds: float | None, files: diskcache.Cache) -> None:
    files.set(key, kept, expire=seconds)


def _key(model: tuple[str, ...], request: Request) -> str:
    """Names the request, with everything in it that shapes the answer."""
    body = json.dumps([*model, request_to_dict(request)], sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()
