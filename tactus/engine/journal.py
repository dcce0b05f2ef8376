"""Where the results of a run's steps are recorded."""

from asyncio import Future
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

Body = Callable[[], Awaitable[Any]]
"""What a step does; returns JSON."""


class Slot(Protocol):
    """A position in a journal, drawn for one step."""

    async def run(self, body: Body) -> Any:
        """What is recorded here; where nothing is, what `body` returns, once it is recorded.

        Raises:
            ReplayError: another step is recorded here.
            Exception: what `body` raised; nothing is recorded then.
        """


class Journal(Protocol):
    """The recorded steps of one run. The same procedure draws the same slots each time."""

    def reserve(self, name: str) -> Slot:
        """The next position, for a step of this name; the name says what is asked, too."""

    async def first(self, futures: Sequence["Future[Any]"]) -> Sequence[int]:
        """Which of `futures` are done, at least one; on a replay those that were done then."""
