"""What a run may still use: turns, tokens, money, log output."""

from tactus.errors import LimitError
from tactus.events import LogEvent, Totals
from tactus.settings import Limits


class Allowance:
    """Raises a LimitError, which no procedure can catch, when a run has used what it may."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._turns = 0
        self._output = 0

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

    def check(self, totals: Totals, model: str) -> None:
        """A turn of `model` has ended and the run has used `totals`."""
        allowed = self._limits.max_cost
        if allowed is not None and totals.cost is None:
            raise LimitError(
                f"the price of {model} is unknown, so the limit of {allowed:g} USD cannot be kept",
                limit="cost",
                hint="Leave out --max-cost for this model, or limit tokens with limits.max_tokens.",
            )
        if allowed is not None and totals.cost is not None and totals.cost > allowed:
            raise LimitError(
                f"the run has cost {totals.cost:.6f} USD, more than its limit of {allowed:g}",
                limit="cost",
                hint="Raise it with --max-cost, or limits.max_cost in tactus.toml.",
            )
        if self._limits.max_tokens is None:
            return
        used = (totals.input_tokens or 0) + (totals.output_tokens or 0)
        if used > self._limits.max_tokens:
            raise LimitError(
                f"the run has used {used:,} tokens, more than its {self._limits.max_tokens:,}",
                limit="tokens",
                hint="Raise limits.max_tokens in tactus.toml, or TACTUS_LIMITS__MAX_TOKENS.",
            )
