"""One turn: its words, its account, and how it begins and ends, told as events."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import anyio

from tactus.definitions import AgentDefinition
from tactus.dspy.account import Account
from tactus.dspy.speech import Speech
from tactus.errors import LimitError, StoppedError, TurnError
from tactus.events import AgentTurnEvent, CostEvent, Emit, Ending
from tactus.piece import Piece
from tactus.purse import Purse

_ENDINGS: dict[str, Ending] = {
    "refused": "refused",
    "blocked": "blocked",
    "truncated": "truncated",
}
UNPAID = frozenset(  # reasons for which a provider refuses before it has worked
    {
        "auth",
        "billing",
        "context_length",
        "invalid_request",
        "not_configured",
        "rate_limit",
        "server",
        "transport",
        "unsupported",
    }
)


@dataclass(frozen=True)
class Figures:
    """How long a turn took, in milliseconds; the gaps are those between two pieces of text."""

    duration_ms: float
    time_to_first_token_ms: float | None = None
    gap_p50_ms: float | None = None
    gap_p99_ms: float | None = None


class Turn:
    """One turn of the agent that `definition` declares.

    Attributes:
        speech: what is said in it.
        account: what it uses.
        attempt: the requests made in the present model call, from 1.
        finish_reason: why the last model call ended, in DSPy's words.
        from_cache: no model was asked.
        torn: how much text of it was told by a process that died in it.
        figures: how long it took, as was recorded with the last model call; or None.
    """

    def __init__(
        self,
        definition: AgentDefinition,
        turn_id: str,
        *,
        emit: Emit | None,
        heard: Callable[[Piece], None] | None,
        streaming: bool,
        purse: Purse | None,
        torn: int = 0,
        parent: str | None = None,
    ) -> None:
        self.definition = definition
        self.turn_id = turn_id
        self.emit = emit
        self.speech = Speech(turn_id, definition.name, emit, heard, streaming)
        model = (definition.provider, definition.model)
        self.account = Account(turn_id, self.speech, purse, model)
        self.attempt = 1
        self.finish_reason: str | None = None
        self.from_cache = False
        self.ended: CostEvent | None = None
        self.figures: Figures | None = None
        self.torn = torn
        self._parent = parent
        self._began = anyio.current_time()

    @property
    def model(self) -> tuple[str, str]:
        """Who is being asked, as provider and name."""
        return self.account.model

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell that the turn begins, and with the end of the block how it ended."""
        self._stage("started")
        try:
            yield
        except (anyio.get_cancelled_exc_class(), LimitError, StoppedError):
            self._end("stopped", paid=True)
            raise
        except TurnError as error:
            error.text = str(self.speech.text)
            self._end(_ENDINGS.get(error.reason, "failed"), paid=error.reason not in UNPAID)
            self.account.spend()
            raise
        except BaseException:
            self._end("failed", paid=True)
            raise
        self._tell_cost("completed")
        self._stage("completed")
        self.account.spend(last=True)

    def restart(self, reason: Literal["retry", "fallback", "repair"]) -> None:
        """What the present model call has said is void; it is told that it is asked anew."""
        self.attempt = self.attempt + 1 if reason == "retry" else 1
        self.speech.restart(reason, self.attempt, self.model)

    def cost_event(self, stage: Ending) -> CostEvent:
        """The event that tells what the turn has used."""
        speech, bill = self.speech, self.account.bill
        streaming, usage = speech.streaming, bill.usage
        figures = self.figures or self.measured()
        provider, model = self.model
        return CostEvent(
            turn_id=self.turn_id,
            agent_name=self.definition.name,
            provider=provider,
            model=model,
            stage=stage,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            total_tokens=usage.total_tokens,
            cached_tokens=usage.cached_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            total_cost=bill.cost,
            duration_ms=figures.duration_ms,
            time_to_first_token_ms=figures.time_to_first_token_ms,
            gap_p50_ms=figures.gap_p50_ms,
            gap_p99_ms=figures.gap_p99_ms,
            finish_reason=self.finish_reason,
            total_chunks=speech.chunks if streaming else None,
            model_calls=bill.calls,
            response=str(speech.text),
            estimated=bill.estimated,
            from_cache=self.from_cache,
        )

    def measured(self) -> Figures:
        """How long the turn has taken by now."""
        first = self.speech.first if self.speech.streaming else None
        return Figures(
            duration_ms=(anyio.current_time() - self._began) * 1000,
            time_to_first_token_ms=None if first is None else (first - self._began) * 1000,
            gap_p50_ms=self.speech.gap_ms(50),
            gap_p99_ms=self.speech.gap_ms(99),
        )

    def _end(self, stage: Ending, *, paid: bool) -> None:
        """Tell an end without an answer, and what was used all the same."""
        self.account.lose(paid=paid)
        if self.account.bill.calls:
            self._tell_cost(stage)
        self._stage(stage)

    def _tell_cost(self, stage: Ending) -> None:
        self.ended = self.cost_event(stage)
        if self.emit is not None:
            self.emit(self.ended)

    def _stage(self, stage: Literal["started"] | Ending) -> None:
        if self.emit is not None:
            provider, model = self.model
            self.emit(
                AgentTurnEvent(
                    stage=stage,
                    turn_id=self.turn_id,
                    agent_name=self.definition.name,
                    provider=provider,
                    model=model,
                    streaming=self.speech.streaming,
                    attempt=self.attempt,
                    parent_turn_id=self._parent,
                )
            )
