"""When a turn begins and how it ends, told as events."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import anyio

from tactus.definitions import AgentDefinition
from tactus.events import AgentTurnEvent, Emit


@dataclass
class Stages:
    """Tells the stages of one turn of the agent that `definition` declares.

    `attempt` counts the requests made to the model, from 1: the end of the turn tells the last.
    """

    definition: AgentDefinition
    turn_id: str
    streaming: bool
    emit: Emit | None
    attempt: int = 1

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell that the turn begins, and with the end of the block how it ended."""
        self._tell("started")
        try:
            yield
        except anyio.get_cancelled_exc_class():
            self._tell("stopped")
            raise
        except Exception:
            self._tell("failed")
            raise
        self._tell("completed")

    def _tell(self, stage: Literal["started", "completed", "failed", "stopped"]) -> None:
        if self.emit is not None:
            self.emit(
                AgentTurnEvent(
                    stage=stage,
                    turn_id=self.turn_id,
                    agent_name=self.definition.name,
                    provider=self.definition.provider,
                    model=self.definition.model,
                    streaming=self.streaming,
                    attempt=self.attempt,
                )
            )
