"""What a turn gave."""

from dataclasses import dataclass
from typing import Any

from tactus.dspy.prices import Usage
from tactus.dspy.tool_calls import ToolCall
from tactus.dspy.turn import Turn


@dataclass(frozen=True)
class TurnResult:
    """What a turn gave.

    Tokens are counts and `cost` is in USD, None where unknown; times are in milliseconds.
    `response` is the final answer, a table where the agent declares an output; `text` is all that
    was said on the way to it, and `reasoning` what was thought. The times of the text and
    `total_chunks` are None when the turn was not streamed.
    """

    turn_id: str
    agent_name: str
    provider: str
    model: str
    response: Any
    text: str
    reasoning: str
    tool_calls: tuple[ToolCall, ...]
    usage: Usage
    cost: float | None
    finish_reason: str | None
    duration_ms: float
    time_to_first_token_ms: float | None
    gap_p50_ms: float | None
    gap_p99_ms: float | None
    total_chunks: int | None
    model_calls: int
    streamed: bool
    from_cache: bool
    estimated: bool

    @classmethod
    def of(cls, turn: Turn, response: Any, tool_calls: tuple[ToolCall, ...]) -> "TurnResult":
        """The result of a turn that has completed with `response`."""
        told = turn.ended
        assert told is not None, "a turn that completed has told its cost"  # noqa: S101
        return cls(
            turn_id=told.turn_id,
            agent_name=told.agent_name,
            provider=told.provider,
            model=told.model,
            response=response,
            text=told.response,
            reasoning=str(turn.speech.reasoning),
            tool_calls=tool_calls,
            usage=turn.account.bill.usage,
            cost=told.total_cost,
            finish_reason=told.finish_reason,
            duration_ms=told.duration_ms,
            time_to_first_token_ms=told.time_to_first_token_ms,
            gap_p50_ms=told.gap_p50_ms,
            gap_p99_ms=told.gap_p99_ms,
            total_chunks=told.total_chunks,
            model_calls=told.model_calls,
            streamed=turn.speech.streaming,
            from_cache=told.from_cache,
            estimated=told.estimated,
        )
