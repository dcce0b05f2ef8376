"""What a turn used and cost: from what the provider reported, or estimated where it did not."""

from dataclasses import astuple, dataclass
from math import ceil

from dspy.clients.call_result import usage_dict
from dspy.clients.costs import estimate_cost
from dspy.clients.model_metadata import apreload
from dspy.lm15 import Message, Request, Response
from dspy.lm15 import Usage as Reported

_CHARACTERS = 4  # of a token, roughly, in every tokenizer in use
_MANY = 10_000  # tokens; more may be priced otherwise


@dataclass(frozen=True)
class Usage:
    """Tokens of one turn; None is unknown, never zero."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None

    def __add__(self, other: "Usage") -> "Usage":
        """The sum; what is unknown of one is unknown of it."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Usage(*(None if None in pair else sum(pair) for pair in pairs))


@dataclass(frozen=True)
class Bill:
    """What some model calls used and cost, in USD; `estimated` when any of it was counted here."""

    usage: Usage = Usage(0, 0, 0, 0, 0)  # frozen
    cost: float | None = 0.0
    estimated: bool = False
    calls: int = 0

    def __add__(self, other: "Bill") -> "Bill":
        """The sum; what is unknown of one is unknown of it."""
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        usage = other.usage if self.calls == 0 else self.usage + other.usage
        return Bill(usage, cost, self.estimated or other.estimated, self.calls + other.calls)


@dataclass(frozen=True)
class Rates:
    """What a token costs, in USD; None is unknown."""

    read: float | None = None
    written: float | None = None

    def cost(self, read: int, written: int) -> float | None:
        """The price of so many tokens."""
        if self.read is None or self.written is None:
            return None
        return read * self.read + written * self.written


FREE = Rates(0.0, 0.0)


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
        reported = response.usage
        return Usage(given, written, total, reported.cache_read_tokens, reported.reasoning_tokens)

    async def cost(self, request: Request | None, response: Response) -> float | None:
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

    async def rates(self) -> Rates:
        """What a token costs; for estimates while an answer is still coming."""
        read = await self.cost(None, _used(Reported(input_tokens=_MANY, output_tokens=0)))
        written = await self.cost(None, _used(Reported(input_tokens=0, output_tokens=_MANY)))
        if read is None or written is None:
            return Rates()
        return Rates(read / _MANY, written / _MANY)


def tokens_of(characters: int) -> int:
    """About how many tokens a text of so many characters has."""
    return ceil(characters / _CHARACTERS)


def _used(usage: Reported) -> Response:
    return Response(
        id=None, model="model", message=Message.assistant(" "), finish_reason="stop", usage=usage
    )
