"""What a turn has used by now: what providers told, and an estimate of what is under way."""

from dataclasses import dataclass, field

from tactus.dspy.prices import FREE, Bill, Rates, Usage, tokens_of
from tactus.dspy.speech import Speech
from tactus.purse import Purse


@dataclass
class Account:
    """Sums up the model calls of one turn, whose words are `speech`.

    Attributes:
        bills: what was used, by each request that has ended.
        model: who is being asked, as provider and name.
    """

    turn_id: str
    speech: Speech
    purse: Purse | None
    model: tuple[str, str]
    bills: list[Bill] = field(default_factory=list)
    _rates: Rates = FREE
    _read: int | None = None  # tokens that the request under way holds, about
    _before: tuple[int, int, int, int] = (0, 0, 0, 0)  # of the speech, when it went out

    def begin(self, characters: int, rates: Rates) -> None:
        """A request of about so many characters goes out, to a model with these prices."""
        self._read, self._rates = tokens_of(characters), rates
        speech = self.speech
        self._before = (
            speech.text.length,
            speech.reasoning.length,
            speech.chunks,
            speech.unsaid,
        )

    def end(self, bill: Bill) -> None:
        """The request was answered, for this."""
        self._read = None
        self.bills.append(bill)

    def lose(self, *, paid: bool) -> None:
        """The request failed: what had come of an answer counts as an estimate.

        Args:
            paid: something may have been used even where nothing came; nobody knows how much.
        """
        if self._read is None:
            return
        if self.has_heard or self.speech.unsaid > self._before[3]:
            self.bills.append(self._estimate(self._read))
        elif paid:
            self.bills.append(Bill(Usage(), None, calls=1))
        self._read = None

    @property
    def bill(self) -> Bill:
        """All that was used, as far as it has ended."""
        return sum(self.bills, Bill())

    @property
    def has_heard(self) -> bool:
        """Whether anything has come since the request went out."""
        text, thoughts, _, _ = self._before
        return self.speech.text.length > text or self.speech.reasoning.length > thoughts

    def spend(self, *, last: bool = False) -> None:
        """Ask whether the run may have used what this turn has by now.

        Raises:
            LimitError: it may not.
        """
        if self.purse is None:
            return
        bill = self.bill if self._read is None else self.bill + self._estimate(self._read)
        self.purse.spend(
            self.turn_id, bill.usage.total_tokens, bill.cost, model="/".join(self.model), last=last
        )

    def _estimate(self, read: int) -> Bill:
        text, thoughts, chunks, unsaid = self._before
        speech = self.speech
        said = max(speech.chunks - chunks, tokens_of(speech.text.length - text))
        written = said + tokens_of(speech.reasoning.length - thoughts + speech.unsaid - unsaid)
        usage = Usage(read, written, read + written)
        return Bill(usage, self._rates.cost(read, written), estimated=True, calls=1)
