"""What a turn gave."""

from dataclasses import dataclass

from tactus.dspy.prices import Usage
from tactus.events import CostEvent


@dataclass(frozen=True)
class TurnResult:
    """What a turn gave.

    Tokens are counts and `cost` is in USD, None where unknown; times are in milliseconds.
    `time_to_first_token_ms` and `total_chunks` are None when the turn was not streamed.
    """

    turn_id: str
    agent_name: str
    provider: str
    model: str
    text: str
    usage: Usage
    cost: float | None
    finish_reason: str | None
    duration_ms: float
    time_to_first_token_ms: float | None
    total_chunks: int | None
    streamed: bool

    def cost_event(self) -> CostEvent:
        """The event that tells what the turn used."""
        return CostEvent(
            turn_id=self.turn_id,
            agent_name=self.agent_name,
            provider=self.provider,
            model=self.model,
            input_tokens=self.usage.input_tokens,
            output_tokens=self.usage.output_tokens,
            total_tokens=self.usage.total_tokens,
            cached_tokens=self.usage.cached_tokens,
            total_cost=self.cost,
            duration_ms=self.duration_ms,
            time_to_first_token_ms=self.time_to_first_token_ms,
            finish_reason=self.finish_reason,
            total_chunks=self.total_chunks,
            response=self.text,
        )
