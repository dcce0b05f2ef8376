"""A function of the procedure that listens to a turn while it streams."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

import anyio

from tactus.engine.strands import STRAND
from tactus.errors import ENDING
from tactus.piece import Piece

_Result = TypeVar("_Result")
Hear = Callable[[Piece], None]


class Ear:
    """Keeps the pieces that come until somebody has time for them; never holds the model up."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._news = anyio.Event()
        self._closed = False

    def hear(self, piece: Piece) -> None:
        """A piece came."""
        if piece.text or piece.kind == "restart":
            self._pieces.append(piece)
            self._news.set()

    def close(self) -> None:
        """No piece comes any more."""
        self._closed = True
        self._news.set()

    async def chunks(self) -> AsyncIterator[dict[str, Any]]:
        """What came, in order, until it is closed; pieces of one kind that waited are one chunk."""
        index = 0
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            while self._pieces:
                pieces, self._pieces = self._pieces, []
                for piece in _merged(pieces):
                    index += 1
                    chunk = {"kind": piece.kind, "text": piece.text, "index": index}
                    yield {**chunk, "kept": piece.kept} if piece.kind == "restart" else chunk
            if self._closed:
                return


def _merged(pieces: list[Piece]) -> list[Piece]:
    groups: list[list[Piece]] = []
    for piece in pieces:
        if not groups or groups[-1][0].kind != piece.kind:
            groups.append([])
        groups[-1].append(piece)
    return [replace(group[-1], text="".join(piece.text for piece in group)) for group in groups]


async def overheard(
    turn: Callable[[Hear], Awaitable[_Result]], tell: Callable[[dict[str, Any]], Awaitable[Any]]
) -> _Result:
    """Take a turn while `tell` is called with its chunks; returns when it has been told them all.

    Args:
        turn: takes the turn; is given what to call with each piece.
        tell: called with one chunk after the other, and may take its time.

    Raises:
        Exception: what `tell` raised, which ends the turn; else what the turn raised.
    """
    ear = Ear()
    failures: list[Exception] = []
    results: list[_Result] = []
    async with anyio.create_task_group() as tasks:

        async def listen() -> None:
            STRAND.set(None)  # beside the turn's step: what it asks for is not recorded
            try:
                async for chunk in ear.chunks():
                    await tell(chunk)
            except Exception as error:  # noqa: BLE001  # raised below: not in a group
                failures.insert(0, error)
                tasks.cancel_scope.cancel()

        tasks.start_soon(listen)
        try:
            results.append(await turn(ear.hear))
        except Exception as error:  # noqa: BLE001  # raised below: not in a group
            failures.append(error)
            if isinstance(error, ENDING):  # nothing more runs
                tasks.cancel_scope.cancel()
        finally:
            ear.close()
    if failures:
        raise failures[0]
    return results[0]
