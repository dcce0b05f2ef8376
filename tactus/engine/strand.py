"""One strand of a run, and the steps that it waits for."""

from asyncio import Future
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import anyio

from tactus.engine.journal import Body

Function = Callable[[], Awaitable[Any]]


@dataclass(eq=False)
class Strand:
    """One strand; `path` names it alike in every replay."""

    path: str
    above: "Strand | None" = None
    ended: bool = False
    result: Any = None
    failure: Exception | None = None
    branches: int = 0  # begun so far
    awaited: int = 0  # of its branches, how many must end before it goes on
    ended_first: "Strand | None" = None  # of those it waits for, or the one that failed
    go: anyio.Event = field(default_factory=anyio.Event)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    def is_below(self, other: "Strand") -> bool:
        """Whether this is `other`, or began within it."""
        return self.path == other.path or self.path.startswith(f"{other.path}.")


STRAND: ContextVar[Strand | None] = ContextVar("tactus_strand", default=None)
"""The strand that the current task belongs to; None within the body of a step."""


@contextmanager
def alone(path: str) -> Iterator[None]:
    """Within the block, what the task does counts as that of a strand, which takes no steps."""
    token = STRAND.set(Strand(path))
    try:
        yield
    finally:
        STRAND.reset(token)


@dataclass(eq=False)
class Step:
    """A step under way, and the strand that waits for it."""

    strand: Strand
    future: "Future[Any]"
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


async def beside(functions: Sequence[Function]) -> list[Any]:
    """What all `functions` return, run beside each other and of no strand."""
    results: list[Any] = [None] * len(functions)

    async def one(position: int) -> None:
        results[position] = await functions[position]()

    try:
        async with anyio.create_task_group() as tasks:
            for position in range(len(functions)):
                tasks.start_soon(one, position)
    except BaseExceptionGroup as group:
        raise single(group) from None
    return results


async def settle(step: Step, body: Body) -> None:
    """Run the body of a step, and hand its outcome to who waits for it."""
    STRAND.set(None)
    with step.scope:
        try:
            result = await body()
        except Exception as error:  # noqa: BLE001  # raised where it is waited for
            if not step.future.done():
                step.future.set_exception(error)
            return
        if not step.future.done():
            step.future.set_result(result)


def seen(future: "Future[Any]") -> None:
    """Note that somebody knows of the outcome, also when nobody asks any more."""
    if not future.cancelled():
        future.exception()


async def settled(future: "Future[Any]") -> None:
    """Wait until the future has an outcome, whatever it is."""
    if not future.done():
        done = anyio.Event()
        future.add_done_callback(lambda _: done.set())
        await done.wait()


def single(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error in a group of a task group, whose others only follow from it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
