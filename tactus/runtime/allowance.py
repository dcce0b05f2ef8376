"""What a run may still use: turns, tokens, money, log output."""

from collections.abc import Iterator
from contextlib import contextmanager

from tactus.errors import LimitError
from tactus.events import LogEvent
from tactus.settings import Limits


class Allowance:
    """Raises a LimitError, which no procedure can catch, when a run has used what it may.

    It is the purse of the run's agents: what each turn has used is the last that was told of it.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._turns = 0
        self._output = 0
        self._branches = 0  # that run now
        self._costs: dict[str, float] = {}  # by turn
        self._cost = 0.0
        self._tokens: dict[str, int] = {}
        self._used = 0  # tokens

    def take_turn(self) -> None:
        """One more turn begins."""
        self._turns += 1
        if self._turns > self._limits.turns:
            raise LimitError(
                f"the run has had its {self._limits.turns} turns",
                limit="turns",
                hint="Raise limits.turns in tactus.toml, or TACTUS_LIMITS__TURNS.",
            )

    @contextmanager
    def branches(self, count: int) -> Iterator[None]:
        """So many more branches run side by side while this is open."""
        self._branches += count
        try:
            if self._branches > self._limits.branches:
                raise LimitError(
                    f"{self._branches:,} branches would run at once, more than the run's "
                    f"{self._limits.branches:,}",
                    limit="branches",
                    hint="Run fewer side by side, or raise limits.branches in tactus.toml.",
                )
            yield
        finally:
            self._branches -= count

    def take_output(self, line: LogEvent) -> None:
        """One more line is logged."""
        self._output += len(line.message.encode())
        if self._output > self._limits.output:
            raise LimitError(
                f"the run logged more than {self._limits.output:,} bytes",
                limit="output",
                hint="Log less, or raise limits.output in tactus.toml.",
            )

    def spend(
        self, turn_id: str, tokens: int | None, cost: float | None, *, model: str, last: bool
    ) -> None:
        """A turn has used this by now; what is limited but unknown at its end ends the run too."""
        if self._limits.max_cost is not None and (last or cost is not None):
            self._spend_cost(turn_id, cost, self._limits.max_cost, model)
        if self._limits.max_tokens is not None and (last or tokens is not None):
            self._spend_tokens(turn_id, tokens, self._limits.max_tokens, model)

    def _spend_cost(self, turn_id: str, cost: float | None, allowed: float, model: str) -> None:
        if cost is None:
            raise LimitError(
                f"the price of {model} is unknown, so the limit of {allowed:g} USD cannot be kept",
                limit="cost",
                hint="Leave out --max-cost for this model, or limit tokens with limits.max_tokens.",
            )
        self._cost += cost - self._costs.get(turn_id, 0.0)
        self._costs[turn_id] = cost
        if self._cost > allowed:
            raise LimitError(
                f"the run has cost {self._cost:.6f} USD, more than its limit of {allowed:g}",
                limit="cost",
                hint="Raise it with --max-cost, or limits.max_cost in tactus.toml.",
            )

    def _spend_tokens(self, turn_id: str, tokens: int | None, allowed: int, model: str) -> None:
        if tokens is None:
            raise LimitError(
                f"{model} did not tell its tokens, so the limit of {allowed:,} cannot be kept",
                limit="tokens",
                hint="Leave out limits.max_tokens for this model; limits.turns holds in any case.",
            )
        self._used += tokens - self._tokens.get(turn_id, 0)
        self._tokens[turn_id] = tokens
        if self._used > allowed:
            raise LimitError(
                f"the run has used {self._used:,} tokens, more than its {allowed:,}",
                limit="tokens",
                hint="Raise limits.max_tokens in tactus.toml, or TACTUS_LIMITS__MAX_TOKENS.",
            )
