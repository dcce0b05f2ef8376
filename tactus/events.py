"""Events: what happens in a run, as frozen values.

The run's identity, the sequence number and the time live in the `EventRecord` around an event.
`None` never means zero: an unknown price, an unknown count is `None`.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    TypeAdapter,
    computed_field,
    model_validator,
)


class Text:
    """Text that grows piece by piece; every chunk event of one turn shares one.

    Appending costs the same however long the text is; the whole is joined when somebody reads it.
    """

    __slots__ = ("_joined", "_pieces", "length")

    def __init__(self) -> None:
        self._joined = ""
        self._pieces: list[str] = []
        self.length = 0

    def append(self, piece: str) -> None:
        """Add `piece` at the end."""
        self._pieces.append(piece)
        self.length += len(piece)

    def upto(self, length: int) -> str:
        """The first `length` characters."""
        if self._pieces and length > len(self._joined):
            self._joined = "".join((self._joined, *self._pieces))
            self._pieces.clear()
        return self._joined if length == len(self._joined) else self._joined[:length]

    def __str__(self) -> str:
        return self.upto(self.length)


_Model = TypeVar("_Model", bound=BaseModel)


def _unchecked(
    model: type[_Model], values: dict[str, Any], private: dict[str, Any] | None
) -> _Model:
    """The model with these values, which are all of its fields and known to be right.

    As `model_construct` does, for a fifth of its cost, which is a tenth of a live chunk's.
    """
    made = model.__new__(model)
    object.__setattr__(made, "__dict__", values)
    object.__setattr__(made, "__pydantic_fields_set__", set(values))
    object.__setattr__(made, "__pydantic_extra__", None)
    object.__setattr__(made, "__pydantic_private__", private)
    return made


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class RunStartedEvent(_Event):
    """A run began."""

    event_type: Literal["run_started"] = "run_started"
    procedure: str
    params: dict[str, Any] = {}
    source_sha256: str
    schema_version: int = 1


class AgentTurnEvent(_Event):
    """An agent's turn began or ended."""

    event_type: Literal["agent_turn"] = "agent_turn"
    stage: Literal["started", "completed", "failed", "stopped"]
    turn_id: str
    agent_name: str
    provider: str
    model: str
    streaming: bool
    attempt: int = 1


class AgentStreamChunkEvent(_Event):
    """A piece of an agent's text.

    `index` is that of its first model chunk, from 0; `chunk_count` how many model chunks were
    merged into it. The sum of `chunk_text` is the last `accumulated_text` is the turn's response.
    """

    event_type: Literal["agent_stream_chunk"] = "agent_stream_chunk"
    turn_id: str
    agent_name: str
    index: int
    chunk_text: str
    chunk_count: int = 1
    accumulated_length: int
    _text: Text | None = PrivateAttr(default=None)

    @classmethod
    def grown(
        cls,
        text: Text,
        chunk_text: str,
        *,
        turn_id: str,
        agent_name: str,
        index: int,
        count: int = 1,
    ) -> "AgentStreamChunkEvent":
        """The event for `chunk_text`, which is appended to the turn's shared `text`.

        The fields are of known types here, so they are not validated: this is the hot path.
        """
        text.append(chunk_text)
        values = {
            "event_type": "agent_stream_chunk",
            "turn_id": turn_id,
            "agent_name": agent_name,
            "index": index,
            "chunk_text": chunk_text,
            "chunk_count": count,
            "accumulated_length": text.length,
        }
        return _unchecked(cls, values, {"_text": text})

    @model_validator(mode="wrap")
    @classmethod
    def _keep_accumulated_text(
        cls, data: Any, handler: ModelWrapValidatorHandler["AgentStreamChunkEvent"]
    ) -> "AgentStreamChunkEvent":
        event = handler(data)
        if isinstance(data, dict) and "accumulated_text" in data:
            event._text = Text()
            event._text.append(data["accumulated_text"])
        return event

    @computed_field  # type: ignore[prop-decorator]
    @property
    def accumulated_text(self) -> str:
        """The turn's text up to and with this chunk; joined when it is read."""
        return self.chunk_text if self._text is None else self._text.upto(self.accumulated_length)


class CostEvent(_Event):
    """What a turn used. Tokens are counts, `total_cost` is in USD, times are in milliseconds."""

    event_type: Literal["cost"] = "cost"
    turn_id: str
    agent_name: str
    provider: str
    model: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None
    total_cost: float | None = None
    duration_ms: float
    time_to_first_token_ms: float | None = None
    finish_reason: str | None = None
    total_chunks: int | None = None
    response: str
    estimated: bool = False


class ToolCallEvent(_Event):
    """A tool was called by an agent."""

    event_type: Literal["tool_call"] = "tool_call"
    turn_id: str
    stage: Literal["started", "completed", "failed"]
    tool_name: str
    arguments: dict[str, Any] = {}
    result: Any = None
    duration_ms: float | None = None


class LogEvent(_Event):
    """The procedure wrote to its log (`Log.info`, `print`)."""

    event_type: Literal["log"] = "log"
    level: Literal["debug", "info", "warn", "error"]
    message: str
    line: int | None = None


class ValidationEvent(_Event):
    """The procedure's result was checked against its declared output."""

    event_type: Literal["validation"] = "validation"
    ok: bool
    errors: tuple[str, ...] = ()


class ErrorEvent(_Event):
    """Something failed: what, where in the procedure, and the next step."""

    event_type: Literal["error"] = "error"
    code: str
    message: str
    file: str | None = None
    line: int | None = None
    excerpt: str | None = None
    traceback: str | None = None
    hint: str | None = None
    turn_id: str | None = None


class Totals(BaseModel):
    """What a run used; `cost` is None when the price of any turn is unknown."""

    model_config = ConfigDict(frozen=True)

    turns: int = 0
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cost: float | None = 0.0
    duration_ms: float = 0.0


class RunFinishedEvent(_Event):
    """A run ended; the last event of every run.

    `interrupted` is said afterwards, of a run whose process had died.
    """

    event_type: Literal["run_finished"] = "run_finished"
    status: Literal["completed", "failed", "stopped", "interrupted"]
    result: Any = None
    totals: Totals


Event = Annotated[
    RunStartedEvent
    | AgentTurnEvent
    | AgentStreamChunkEvent
    | CostEvent
    | ToolCallEvent
    | LogEvent
    | ValidationEvent
    | ErrorEvent
    | RunFinishedEvent,
    Field(discriminator="event_type"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)

Emit = Callable[[Event], None]


class EventRecord(BaseModel):
    """One event of one run.

    `seq` counts 1, 2, 3… within the run; `timestamp` is in milliseconds since the epoch.
    """

    model_config = ConfigDict(frozen=True)

    seq: int
    run_id: str
    timestamp: int
    goal_id: str | None = None
    parent_run_id: str | None = None
    event: Event

    @classmethod
    def of(cls, event: Event, *, seq: int, run_id: str, timestamp: int) -> "EventRecord":
        """The record around an event that is one already (nothing is validated again)."""
        values = {
            "seq": seq,
            "run_id": run_id,
            "timestamp": timestamp,
            "goal_id": None,
            "parent_run_id": None,
            "event": event,
        }
        return _unchecked(cls, values, None)

    def flat(self) -> dict[str, Any]:
        """One JSON-ready object: the record's fields beside the event's, nulls left out."""
        data = self.model_dump(mode="json", exclude={"event"}, exclude_none=True)
        return {**data, **self.event.model_dump(mode="json", exclude_none=True)}


LogHandler = Callable[[EventRecord], None]
"""Who listens to a run: one synchronous call a record, which must not block."""
