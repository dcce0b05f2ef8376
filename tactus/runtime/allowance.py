"""What a run may still use: turns, tokens, money, log output."""

from typing import TYPE_CHECKING

from tactus.errors import LimitError
from tactus.events import LogEvent
from tactus.settings import Limits

if TYPE_CHECKING:  # DSPy takes a second to import
    from tactus.dspy.agent import TurnResult


class Allowance:
    """Raises a LimitError, which no procedure can catch, when a run has used what it may."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._turns = 0
        self._output = 0
        self._cost = 0.0
        self._tokens = 0

    def take_turn(self) -> None:
        """One more turn begins."""
        self._turns += 1
        if self._turns > self._limits.turns:
            raise LimitError(
                f"the run has had its {self._limits.turns} turns",
                limit="turns",
                hint="Raise limits.turns in tactus.toml, or TACTUS_LIMITS__TURNS.",
            )

    def take_output(self, line: LogEvent) -> None:
        """One more line is logged."""
        self._output += len(line.message.encode())
        if self._output > self._limits.output:
            raise LimitError(
                f"the run logged more than {self._limits.output:,} bytes",
                limit="output",
                hint="Log less, or raise limits.output in tactus.toml.",
            )

    def spend(self, result: "TurnResult") -> None:
        """A turn has ended; what is limited but unknown of it ends the run too."""
        model = f"{result.provider}/{result.model}"
        if self._limits.max_cost is not None:
            self._spend_cost(result.cost, self._limits.max_cost, model)
        if self._limits.max_tokens is not None:
            self._spend_tokens(result.usage.total_tokens, self._limits.max_tokens, model)

    def _spend_cost(self, cost: float | None, allowed: float, model: str) -> None:
        if cost is None:
            raise LimitError(
                f"the price of {model} is unknown, so the limit of {allowed:g} USD cannot be kept",
                limit="cost",
                hint="Leave out --max-cost for this model, or limit tokens with limits.max_tokens.",
            )
        self._cost += cost
        if self._cost > allowed:
            raise LimitError(
                f"the run has cost {self._cost:.6f} USD, more than its limit of {allowed:g}",
                limit="cost",
                hint="Raise it with --max-cost, or limits.max_cost in tactus.toml.",
            )

    def _spend_tokens(self, tokens: int | None, allowed: int, model: str) -> None:
        if tokens is None:
            raise LimitError(
                f"{model} did not tell its tokens, so the limit of {allowed:,} cannot be kept",
                limit="tokens",
                hint="Leave out limits.max_tokens for this model; limits.turns holds in any case.",
            )
        self._tokens += tokens
        if self._tokens > allowed:
            raise LimitError(
                f"the run has used {self._tokens:,} tokens, more than its {allowed:,}",
                limit="tokens",
                hint="Raise limits.max_tokens in tactus.toml, or TACTUS_LIMITS__MAX_TOKENS.",
            )
