"""Who is asked whether a run may go on spending."""

from typing import Protocol


class Purse(Protocol):
    """What a run may still spend.

    A turn tells each time the whole of what it has used so far.
    """

    def spend(
        self, turn_id: str, tokens: int | None, cost: float | None, *, model: str, last: bool
    ) -> None:
        """Note that the turn has used `tokens` (read and written) and `cost` USD; None is unknown.

        Args:
            turn_id: which turn.
            tokens: all it has used so far.
            cost: in USD, all so far.
            model: as `provider/model`, for the error's words.
            last: these are the provider's own figures at the turn's end, no estimate.

        Raises:
            LimitError: that is more than the run may use.
        """
