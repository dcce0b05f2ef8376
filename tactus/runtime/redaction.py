"""What a run tells: without keys, and in pieces that every reader can take."""

from collections.abc import Iterator
from typing import Any

from tactus.dspy.redact import MASK, Redactor
from tactus.errors import TactusError
from tactus.events import (
    AgentReasoningChunkEvent,
    AgentStreamChunkEvent,
    AgentTurnEvent,
    CostEvent,
    Event,
    StepRestartedEvent,
    Text,
    ToolCallEvent,
)

LONGEST = 8192  # characters of one chunk: as JSON it stays under 64 KiB whatever it holds
_TORN = 8  # characters with which a key begins and a text ends: from here on they are masked


class Redaction:
    """Masks the events of one run; the text of a turn across the borders of its chunks, too.

    The pieces of a turn still add up to its response: where a key was masked, it is in both.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._turns: dict[str, _Turn] = {}

    def of(self, event: Event) -> Iterator[Event]:
        """What to tell in place of `event`: nothing while its text may yet become a key."""
        if isinstance(event, AgentStreamChunkEvent):
            if self._redactor:
                yield from self._turn(event.turn_id, event.agent_name).text_of(event)
            else:
                yield from _cut(event)
        elif not self._redactor:
            yield event
        elif isinstance(event, AgentReasoningChunkEvent):
            yield from self._turn(event.turn_id, event.agent_name).thought_of(event)
        else:
            yield from self._other(event)

    def data(self, value: Any) -> Any:
        """JSON-ready `value` without keys."""
        return self._redactor.data(value)

    def error(self, error: TactusError) -> TactusError:
        """`error`, out of which keys are taken."""
        for name in ("message", "file", "hint", "traceback", "problems", "value"):
            if hasattr(error, name):
                setattr(error, name, self._redactor.data(getattr(error, name)))
        if text := getattr(error, "text", ""):
            told, tail = self._redactor.settled(text)
            setattr(error, "text", told + _ended(self._redactor, tail))  # noqa: B010
        return error

    def _turn(self, turn_id: str, agent_name: str) -> "_Turn":
        if turn_id not in self._turns:
            self._turns[turn_id] = _Turn(self._redactor, turn_id, agent_name)
        return self._turns[turn_id]

    def _other(self, event: Event) -> Iterator[Event]:
        turn = self._turns.get(getattr(event, "turn_id", None) or "")
        changes: dict[str, Any] = {}
        if turn is not None:
            if isinstance(event, StepRestartedEvent):
                changes["kept_length"] = turn.restarted(event.kept_length)
            else:
                yield from turn.rest()
            if turn.text is not None and isinstance(event, CostEvent):
                changes["response"] = str(turn.text)
            if turn.text is not None and isinstance(event, ToolCallEvent):
                changes["text_length"] = turn.text.length
            if isinstance(event, AgentTurnEvent) and event.stage != "started":
                del self._turns[turn.turn_id]
        for name, value in event.__dict__.items():
            if name not in changes and (name == "result" or isinstance(value, str | dict | tuple)):
                masked = self._redactor.data(value)
                if masked != value:
                    changes[name] = masked
        yield event.model_copy(update=changes) if changes else event


class _Turn:
    """The text of one turn as it is told; `text` is None as long as it is told as it comes."""

    def __init__(self, redactor: Redactor, turn_id: str, agent_name: str) -> None:
        self.turn_id = turn_id
        self.text: Text | None = None
        self._agent_name = agent_name
        self._redactor = redactor
        self._held = ""  # of the text: it may become a key
        self._index = 0  # of the first of the model's chunks that is not wholly told
        self._count = 0  # of those chunks
        self._last: AgentStreamChunkEvent | None = None
        self._thought = ""  # the same of what the model thinks

    def text_of(self, event: AgentStreamChunkEvent) -> Iterator[Event]:
        told, tail = self._redactor.settled(self._held + event.chunk_text)
        self._last = event
        if self.text is None:
            if not tail and told == event.chunk_text:
                yield from _cut(event)
                return
            self.text = Text()
            self.text.append(_before(event))
        count = self._count + event.chunk_count
        self._index = event.index - self._count
        self._held = tail
        self._count = min(count, 1) if tail and told else count if tail else 0
        yield from self._grown(told, count - self._count)

    def thought_of(self, event: AgentReasoningChunkEvent) -> Iterator[Event]:
        told, self._thought = self._redactor.settled(self._thought + event.chunk_text)
        yield from self._thoughts(told)

    def rest(self) -> Iterator[Event]:
        """What was held, when something else comes."""
        thought, self._thought = self._thought, ""
        yield from self._thoughts(_ended(self._redactor, thought))
        held, self._held = self._held, ""
        count, self._count = self._count, 0
        yield from self._grown(_ended(self._redactor, held), count)

    def restarted(self, kept_length: int) -> int:
        """The turn goes on behind `kept_length` characters of what came; of what was told."""
        self._thought = ""
        if self.text is None or self._last is None:
            return kept_length
        told, self._held = self._redactor.settled(self._last.accumulated_text[:kept_length])
        self._count = 0
        self.text = Text()
        self.text.append(told)
        return len(told)

    def _grown(self, told: str, count: int) -> Iterator[Event]:
        if told:
            assert self.text is not None  # noqa: S101  # it was made when text was first held
            yield from _pieces(self.text, told, self.turn_id, self._agent_name, self._index, count)
            self._index += count

    def _thoughts(self, told: str) -> Iterator[Event]:
        for at in range(0, len(told), LONGEST):
            yield AgentReasoningChunkEvent(
                turn_id=self.turn_id,
                agent_name=self._agent_name,
                chunk_text=told[at : at + LONGEST],
            )


def _ended(redactor: Redactor, tail: str) -> str:
    """What is told of `tail`, with which a key may begin but the text ends."""
    return MASK if len(tail) >= _TORN else redactor.text(tail)


def _before(event: AgentStreamChunkEvent) -> str:
    return event.accumulated_text[: event.accumulated_length - len(event.chunk_text)]


def _cut(event: AgentStreamChunkEvent) -> Iterator[Event]:
    """`event` in pieces of at most `LONGEST` characters."""
    said = event.chunk_text
    if len(said) <= LONGEST:
        yield event
        return
    text = Text()
    text.append(_before(event))
    yield from _pieces(text, said, event.turn_id, event.agent_name, event.index, event.chunk_count)


def _pieces(
    text: Text, said: str, turn_id: str, agent_name: str, index: int, count: int
) -> Iterator[Event]:
    """The events for `said`; the model's chunks are counted where they end, in the last one."""
    for at in range(0, len(said), LONGEST):
        ends = at + LONGEST >= len(said)
        yield AgentStreamChunkEvent.grown(
            text,
            said[at : at + LONGEST],
            turn_id=turn_id,
            agent_name=agent_name,
            index=index,
            count=count if ends else 0,
        )
