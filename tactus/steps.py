"""The steps of a run, as those see them who take some."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

Body = Callable[[], Awaitable[Any]]


class Steps(Protocol):
    """Where what cannot be repeated is recorded, so that a run can be."""

    async def step(self, name: str, body: Body) -> Any:
        """The recorded result of `body`, JSON; it is run where there is none.

        Args:
            name: what kind of step it is, with a digest of what is asked.
            body: does it. What it raises is not recorded.
        """

    async def together(self, functions: Sequence[Body]) -> list[Any]:
        """What all `functions` return; they go on side by side, each with steps of its own."""
