"""The time of a run, as it is recorded."""

import time
from functools import partial

import anyio

from tactus.engine.strands import Strands
from tactus.runtime.steps import step_name

_LOOK = 60.0  # seconds between two looks at the clock, which may be set


class Clock:
    """The clock of one run; times are in seconds since the epoch."""

    def __init__(self, strands: Strands) -> None:
        self._strands = strands

    async def now(self) -> float:
        """The time when it was first asked for."""
        return await self._recorded(step_name("now"), 0)

    async def after(self, seconds: float, *, of: str) -> float:
        """The moment so many seconds from when it was first asked for, as a step named `of`."""
        return await self._recorded(step_name(of, seconds=seconds), seconds)

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds; on a replay for what is left of them."""
        moment = await self.after(seconds, of="sleep")
        await self._strands.pause(partial(_reach, moment))

    async def _recorded(self, name: str, seconds: float) -> float:
        async def moment() -> float:
            return time.time() + seconds

        return float(await self._strands.step(name, moment))


async def _reach(moment: float) -> None:
    while (left := moment - time.time()) > 0:  # noqa: ASYNC110  # no clock tells of the moment
        await anyio.sleep(min(left, _LOOK))
