"""Functions of a procedure that run side by side."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio

from tactus.engine.strands import STRAND, Strands
from tactus.runtime.allowance import Allowance

Function = Callable[[], Awaitable[Any]]


class Parallel:
    """The branches of one run, as strands; within a step, which repeats as a whole, as tasks."""

    def __init__(self, strands: Strands, allowance: Allowance) -> None:
        self._strands = strands
        self._allowance = allowance

    async def together(self, functions: Sequence[Function]) -> None:
        """Run them until all have ended.

        Raises:
            Exception: what one raised; the others are ended then.
        """
        with self._allowance.branches(len(functions)):
            await self._strands.together(functions)

    async def race(self, functions: Sequence[Function]) -> int:
        """Run them until one has ended; says which, from 0. The others are ended then.

        Raises:
            Exception: what that one raised.
        """
        with self._allowance.branches(len(functions)):
            if STRAND.get() is None:
                return await _first(functions)
            position, _ = await self._strands.race(functions)
            return position


async def _first(functions: Sequence[Function]) -> int:
    ended: list[tuple[int, Exception | None]] = []

    async def one(position: int) -> None:
        failure = None
        try:
            await functions[position]()
        except Exception as error:  # noqa: BLE001  # raised below: not in a group
            failure = error
        ended.append((position, failure))
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for position in range(len(functions)):
            tasks.start_soon(one, position)
    position, failure = ended[0]
    if failure is not None:
        raise failure
    return position
