"""What a turn says: its text as it grows, what the model thinks, and what of it is void."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import anyio

from tactus.events import (
    AgentReasoningChunkEvent,
    AgentStreamChunkEvent,
    Emit,
    StepRestartedEvent,
)
from tactus.piece import Piece
from tactus.text import Text

BETWEEN = "\n\n"  # what stands between the texts of two model calls of one turn


@dataclass
class Speech:
    """The words of one turn, over all its model calls.

    Attributes:
        turn_id: names the turn within the run.
        agent_name: whose turn it is.
        emit: told each piece as an event, at once; None when nobody listens.
        heard: told each piece at once, or None.
        streaming: whether anything is told while it comes.
        text: all that was said.
        reasoning: all that was thought.
        first: when the first text came, on the event loop's clock, or None.
        chunks: the models' chunks of text so far.
        call: where in the text the present model call begins.
    """

    turn_id: str
    agent_name: str
    emit: Emit | None
    heard: Callable[[Piece], None] | None
    streaming: bool
    text: Text = field(default_factory=Text)
    reasoning: Text = field(default_factory=Text)
    first: float | None = None
    chunks: int = 0
    call: int = 0
    _due: bool = False  # the next text begins a new paragraph
    unsaid: int = 0  # characters that came and are no text, as those of calls
    _thought: int = 0  # where in the reasoning the present model call begins
    _gaps: "array[float]" = field(default_factory=lambda: array("d"))
    _last: float = 0.0

    def begin(self) -> None:
        """Another model call begins: what it says stands apart from what was said before."""
        self.call, self._thought = self.text.length, self.reasoning.length
        self._due = self.call > 0

    @property
    def said(self) -> str:
        """What the present model call has said so far."""
        said = str(self.text)[self.call :]
        return said.removeprefix(BETWEEN) if self.call else said

    def add(self, piece: str, count: int) -> None:
        """The model says `piece`, which is `count` of its chunks."""
        now = anyio.current_time()
        if self.first is None:
            self.first = now
        else:
            self._gaps.append(now - self._last)
        self._last = now
        if self._due:
            piece, self._due = BETWEEN + piece, False
        index = self.chunks
        self.chunks += count
        if self.streaming and self.heard is not None:
            self.heard(Piece("text", piece))
        if not self.streaming or self.emit is None:
            self.text.append(piece)
            return
        self.emit(
            AgentStreamChunkEvent.grown(
                self.text,
                piece,
                turn_id=self.turn_id,
                agent_name=self.agent_name,
                index=index,
                count=count,
            )
        )

    def think(self, piece: str) -> None:
        """The model thinks `piece`."""
        self.reasoning.append(piece)
        if not self.streaming:
            return
        if self.heard is not None:
            self.heard(Piece("reasoning", piece))
        if self.emit is not None:
            self.emit(
                AgentReasoningChunkEvent(
                    turn_id=self.turn_id, agent_name=self.agent_name, chunk_text=piece
                )
            )

    def restore(self, text: str, reasoning: str, chunks: int) -> None:
        """Have said what is recorded of the present model call; it was told before."""
        whole, self.text = str(self.text)[: self.call] + text, Text()
        self.text.append(whole)
        self.reasoning = Text()
        self.reasoning.append(reasoning)
        self.chunks, self._due = chunks, False

    def restart(
        self,
        reason: Literal["retry", "fallback", "repair"],
        attempt: int,
        model: tuple[str, str],
    ) -> None:
        """What the present model call has said is void: `model` is asked for it anew."""
        if self.text.length > self.call:
            self.text = _cut(self.text, self.call)
        if self.reasoning.length > self._thought:
            self.reasoning = _cut(self.reasoning, self._thought)
        self._due = self.call > 0
        if self.heard is not None and self.streaming:
            self.heard(Piece("restart", "", kept=self.call))
        if self.emit is not None:
            self.emit(
                StepRestartedEvent(
                    turn_id=self.turn_id,
                    attempt=attempt,
                    kept_length=self.call,
                    reason=reason,
                    provider=model[0],
                    model=model[1],
                )
            )

    def gap_ms(self, percentile: int) -> float | None:
        """That percentile of the time from one piece to the next, in ms; None without two."""
        if not self._gaps or not self.streaming:
            return None
        ordered = sorted(self._gaps)
        return ordered[min(len(ordered) * percentile // 100, len(ordered) - 1)] * 1000


def _cut(text: Text, length: int) -> Text:
    """The first `length` characters of `text`, to grow from."""
    kept = Text()
    kept.append(text.upto(length))
    return kept
