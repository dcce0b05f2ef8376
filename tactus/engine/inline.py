"""A journal in memory: for runs that end with their process, and for tests of a replay."""

import asyncio
from asyncio import Future
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from tactus.engine.journal import Body
from tactus.errors import ReplayError


@dataclass
class Recorded:
    """One recorded step: its name, and its result as JSON."""

    name: str
    result: bytes


@dataclass
class InlineJournal:
    """Records in a list, by position; one that is given `records` replays them."""

    records: dict[int, Recorded] = field(default_factory=dict)
    _drawn: int = 0

    def reserve(self, name: str) -> "_InlineSlot":
        """The next position."""
        self._drawn += 1
        return _InlineSlot(self, self._drawn, name)

    async def first(self, futures: Sequence["Future[Any]"]) -> Sequence[int]:
        """Which are done; it takes a position of its own."""

        async def done() -> list[int]:
            await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
            return [position for position, future in enumerate(futures) if future.done()]

        recorded: list[int] = await self.reserve("first").run(done)
        await asyncio.wait([futures[position] for position in recorded])
        return recorded


@dataclass
class _InlineSlot:
    journal: InlineJournal
    position: int
    name: str

    async def run(self, body: Body) -> Any:
        kept = self.journal.records.get(self.position)
        if kept is None:
            result = orjson.dumps(await body())
            kept = self.journal.records[self.position] = Recorded(self.name, result)
        elif kept.name != self.name:
            raise ReplayError(self.position, recorded=kept.name, came=self.name)
        return orjson.loads(kept.result)
