"""The strands of one run: functions that go on together, in an order that a replay repeats.

One strand computes at a time. It goes on until it waits for a step, whose body then runs beside
those of all other strands. Which of several steps was done first is recorded, so that the strands
go on in the same order when the run is repeated, whatever the timing is then.
"""

from asyncio import get_running_loop
from collections import deque
from collections.abc import Sequence
from typing import Any

import anyio
from anyio.abc import TaskGroup

from tactus.engine.journal import Body, Journal
from tactus.engine.strand import (
    STRAND,
    Function,
    Step,
    Strand,
    beside,
    seen,
    settle,
    settled,
    single,
)

__all__ = ["STRAND", "Strands"]


class Strands:
    """The strands of one run, over its journal. Use it once: `run`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._strands: list[Strand] = []  # that have not ended
        self._ready: deque[Strand] = deque()
        self._steps: list[Step] = []  # in the order in which they were drawn
        self._paused = anyio.Event()
        self._tasks: TaskGroup | None = None

    async def run(self, function: Function) -> Any:
        """What `function` returns, run as the first strand.

        Raises:
            Exception: what it raised; not in a group.
        """
        main = Strand("0")
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                self._start(main, function)
                try:
                    while not main.ended:
                        strand = await self._next()
                        self._paused = anyio.Event()
                        strand.go.set()
                        await self._paused.wait()
                finally:
                    for strand in self._strands:
                        strand.go.set()  # nobody calls upon it any more
                tasks.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise single(group) from None
        if main.failure is not None:
            raise main.failure
        return main.result

    async def step(self, name: str, body: Body) -> Any:
        """The recorded result of `body`, which is run unless there is one.

        Called within the body of another step, it is a part of that one.
        """
        strand = STRAND.get()
        if strand is None:
            return await body()
        slot = self._journal.reserve(name)
        return await self._wait(strand, lambda: slot.run(body))

    async def pause(self, wait: Body) -> None:
        """Wait without a record of its own, as for a moment that is recorded already."""
        strand = STRAND.get()
        if strand is None:
            await wait()
        else:
            await self._wait(strand, wait)

    async def together(self, functions: Sequence[Function]) -> list[Any]:
        """What all `functions` return, each run as a strand.

        Within the body of a step they only run beside each other.

        Raises:
            Exception: what the first that failed raised; the others are ended then.
        """
        if STRAND.get() is None:
            return await beside(functions)
        strands = await self._branch(functions, awaited=len(functions))
        for failed in strands:
            if failed.failure is not None:
                self._end(strands)
                raise failed.failure
        return [strand.result for strand in strands]

    async def race(self, functions: Sequence[Function]) -> tuple[int, Any]:
        """Which of `functions` ended first, and with what; the others are ended then.

        Raises:
            Exception: what the one that ended first raised.
        """
        strands = await self._branch(functions, awaited=1)
        winner = next(
            strand for strand in strands if strand.above and strand is strand.above.ended_first
        )
        self._end(strands)
        if winner.failure is not None:
            raise winner.failure
        return strands.index(winner), winner.result

    async def _branch(self, functions: Sequence[Function], awaited: int) -> list[Strand]:
        """Run `functions` as strands below this one, until so many have ended or one failed."""
        above = STRAND.get()
        if above is None:
            raise RuntimeError("strands cannot begin within a step")
        strands: list[Strand] = []
        above.awaited, above.ended_first = awaited, None
        for function in functions:
            above.branches += 1
            strand = Strand(f"{above.path}.{above.branches}", above)
            strands.append(strand)
            self._start(strand, function)
        if awaited:
            try:
                await self._pause(above)
            except BaseException:
                above.awaited = 0
                self._end(strands)
                await self._resume(above)
                raise
        return strands

    def _start(self, strand: Strand, function: Function) -> None:
        assert self._tasks is not None, "strands begin within `run`"  # noqa: S101
        self._strands.append(strand)
        self._ready.append(strand)
        self._tasks.start_soon(self._drive, strand, function)

    async def _drive(self, strand: Strand, function: Function) -> None:
        STRAND.set(strand)
        with strand.scope:
            await self._turn_of(strand)
            try:
                strand.result = await function()
            except Exception as error:  # noqa: BLE001  # raised where the strand is waited for
                strand.failure = error
            strand.ended = True
            self._strands.remove(strand)
            self._tell_above(strand)
            self._paused.set()

    def _tell_above(self, strand: Strand) -> None:
        above = strand.above
        if above is None or above.awaited == 0:
            return
        above.ended_first = above.ended_first or strand
        above.awaited = 0 if strand.failure is not None else above.awaited - 1
        if above.awaited == 0:
            self._ready.append(above)

    async def _wait(self, strand: Strand, body: Body) -> Any:
        assert self._tasks is not None, "steps are taken within `run`"  # noqa: S101
        step = Step(strand, get_running_loop().create_future())
        step.future.add_done_callback(seen)
        self._steps.append(step)
        self._tasks.start_soon(settle, step, body)
        try:
            await self._pause(strand)
        except BaseException:
            if step in self._steps:
                self._steps.remove(step)
            step.scope.cancel()
            step.future.cancel()
            await self._resume(strand)
            raise
        return step.future.result()

    async def _pause(self, strand: Strand) -> None:
        """Let others go on, until it is this strand's turn again."""
        self._paused.set()
        await self._turn_of(strand)

    async def _resume(self, strand: Strand) -> None:
        """Wait for the turn of a strand that was called off within itself, as by a deadline."""
        if strand in self._strands:  # else it was ended from outside
            with anyio.CancelScope(shield=True):
                if strand not in self._ready:
                    self._ready.append(strand)
                await self._turn_of(strand)

    async def _turn_of(self, strand: Strand) -> None:
        await strand.go.wait()
        strand.go = anyio.Event()

    async def _next(self) -> Strand:
        """The strand whose turn it is."""
        while not self._ready:
            steps = list(self._steps)
            done: Sequence[int] = [0]
            if len(steps) == 1:
                await settled(steps[0].future)
            else:
                done = await self._journal.first([step.future for step in steps])
            for step in [steps[position] for position in done]:
                if step in self._steps:
                    self._steps.remove(step)
                    self._ready.append(step.strand)
        return self._ready.popleft()

    def _end(self, lost: Sequence[Strand]) -> None:
        """End those of the strands that have not ended, with all below them and their steps."""
        strands = [one for one in self._strands if any(one.is_below(strand) for strand in lost)]
        for strand in strands:
            self._strands.remove(strand)
            strand.scope.cancel()
        for step in [step for step in self._steps if step.strand in strands]:
            self._steps.remove(step)
            step.scope.cancel()
            step.future.cancel()
        self._ready = deque(strand for strand in self._ready if strand not in strands)
