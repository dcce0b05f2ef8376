"""What a turn used and cost, from what the provider reported."""

from dataclasses import dataclass

from dspy.clients.call_result import usage_dict
from dspy.clients.costs import estimate_cost
from dspy.clients.model_metadata import apreload
from dspy.lm15 import Request, Response


@dataclass(frozen=True)
class Usage:
    """Tokens of one turn; None is unknown, never zero."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True)
class Tariff:
    """How a model's tokens are counted and priced.

    `provider` is whose way of counting it is; `listed_under` names the price lists, where they are
    not that provider's own.
    """

    provider: str
    model: str
    listed_under: tuple[str, ...] | None = None

    def usage(self, response: Response) -> Usage:
        """The tokens of `response`, input with what was cached, output with what was thought."""
        counts = usage_dict(response, self.provider)
        given, written = counts.get("prompt_tokens"), counts.get("completion_tokens")
        total = counts.get("total_tokens")
        if total is None and given is not None and written is not None:
            total = given + written
        return Usage(given, written, total, response.usage.cache_read_tokens)

    async def cost(self, request: Request, response: Response) -> float | None:
        """The price of `response` in USD, or None when it is not known."""
        await apreload()  # reads the price list in a thread, the first time
        cost, _ = estimate_cost(
            response,
            provider=self.provider,
            requested_model=self.model,
            request=request,
            namespaces=self.listed_under,
        )
        return None if cost is None else float(cost)
