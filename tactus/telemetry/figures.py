"""The histograms, named and divided as the conventions for generative AI ask."""

from collections.abc import Mapping

from opentelemetry.metrics import Histogram, Meter
from opentelemetry.util.types import AttributeValue

_SECONDS = tuple(0.01 * 2**power for power in range(14))  # to 81.92
_TOKENS = tuple(4**power for power in range(14))  # to 67,108,864


class Figures:
    """What is counted over all runs; times in seconds.

    Attributes:
        duration: of each turn.
        first_chunk: from the request to the first text of a streamed turn.
        gap: from each of its pieces of text to the next.
    """

    def __init__(self, meter: Meter) -> None:
        def seconds(name: str, description: str) -> Histogram:
            return meter.create_histogram(
                f"gen_ai.client.operation.{name}",
                unit="s",
                description=description,
                explicit_bucket_boundaries_advisory=_SECONDS,
            )

        self.duration = seconds("duration", "Duration of a turn.")
        self.first_chunk = seconds("time_to_first_chunk", "Time to the first text of a turn.")
        self.gap = seconds("time_per_output_chunk", "Time from one piece of text to the next.")
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            unit="{token}",
            description="Tokens that a turn read and wrote.",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )

    def tokens(
        self, read: int | None, written: int | None, attributes: Mapping[str, AttributeValue]
    ) -> None:
        """Count the tokens of one turn; what is unknown is not counted."""
        for kind, count in (("input", read), ("output", written)):
            if count is not None:
                self._tokens.record(count, {**attributes, "gen_ai.token.type": kind})
