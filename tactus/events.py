"""Events: what happens in a run, as frozen values.

The run's identity, the sequence number and the time live in the `EventRecord` around an event.
`None` never means zero: an unknown price, an unknown count is `None`.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    TypeAdapter,
)

from tactus.chunk import AgentStreamChunkEvent as AgentStreamChunkEvent
from tactus.chunk import Told, unchecked
from tactus.text import Text as Text


class RunStartedEvent(Told):
    """A run began."""

    event_type: Literal["run_started"] = "run_started"
    procedure: str
    params: dict[str, Any] = Field(default_factory=dict)
    source_sha256: str
    schema_version: int = 1


Ending = Literal["completed", "refused", "blocked", "truncated", "failed", "stopped"]
"""How a turn ends: with its answer; with a refusal of the model; blocked by the provider; with an
answer that broke off; with any other error; or stopped by whoever runs it."""


class AgentTurnEvent(Told):
    """An agent's turn began or ended: each ends once, in one of the ways of `Ending`.

    `parent_turn_id` is the turn in which it was begun, by a tool or by a listener.
    """

    event_type: Literal["agent_turn"] = "agent_turn"
    stage: Literal["started"] | Ending
    turn_id: str
    agent_name: str
    provider: str
    model: str
    streaming: bool
    attempt: int = 1
    parent_turn_id: str | None = None


class AgentReasoningChunkEvent(Told):
    """A piece of what a model thinks before it answers; no part of the turn's text."""

    event_type: Literal["agent_reasoning_chunk"] = "agent_reasoning_chunk"
    turn_id: str
    agent_name: str
    chunk_text: str


class StepRestartedEvent(Told):
    """What a turn had told is void beyond its first `kept_length` characters; it is told anew.

    A model is asked again because its answer tore (`retry`), in place of one that failed
    (`fallback`), or because the answer did not fit the declared output (`repair`).
    """

    event_type: Literal["step_restarted"] = "step_restarted"
    turn_id: str
    attempt: int
    kept_length: int = 0
    reason: Literal["retry", "fallback", "repair"]
    provider: str
    model: str


class CostEvent(Told):
    """What a turn used, over all its model calls.

    Tokens are counts, `total_cost` is in USD, times are in milliseconds; the gaps are those between
    one piece of text and the next. `estimated`: counted here, as the provider told nothing.
    `from_cache`: the answer was kept from an earlier turn, and cost nothing. A turn that did not
    complete tells its cost too, where anything had come; its `stage` says so.
    """

    event_type: Literal["cost"] = "cost"
    turn_id: str
    agent_name: str
    provider: str
    model: str
    stage: Ending = "completed"
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    total_cost: float | None = None
    duration_ms: float
    time_to_first_token_ms: float | None = None
    gap_p50_ms: float | None = None
    gap_p99_ms: float | None = None
    finish_reason: str | None = None
    total_chunks: int | None = None
    model_calls: int = 1
    response: str
    estimated: bool = False
    from_cache: bool = False


class ToolCallEvent(Told):
    """A tool was called by an agent; `call_id` tells the calls of a turn apart.

    `text_length` is how much of the turn's text came before it. A call that failed has `error`,
    which is what the model was told instead of a result.
    """

    event_type: Literal["tool_call"] = "tool_call"
    turn_id: str
    call_id: str = ""
    stage: Literal["started", "completed", "failed"]
    tool_name: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    result: Any = None
    error: str | None = None
    duration_ms: float | None = None
    text_length: int = 0


class QuestionEvent(Told):
    """A person is asked; told again with the `answer`, or once it is `withdrawn`.

    `until` is when the default is taken, in seconds since the epoch; None: it waits for ever. The
    last event of a question says how it stands.
    """

    event_type: Literal["question"] = "question"
    question_id: str
    kind: Literal["approve", "input", "choose"]
    message: str
    options: tuple[str, ...] = ()
    until: float | None = None
    answer: bool | str | None = None
    withdrawn: bool = False
    turn_id: str | None = None


class LogEvent(Told):
    """The procedure wrote to its log (`Log.info`, `print`)."""

    event_type: Literal["log"] = "log"
    level: Literal["debug", "info", "warn", "error"]
    message: str
    line: int | None = None


class ValidationEvent(Told):
    """A result was checked against its declared output: the procedure's, or that of a turn."""

    event_type: Literal["validation"] = "validation"
    ok: bool
    errors: tuple[str, ...] = ()
    turn_id: str | None = None


class ErrorEvent(Told):
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
    """What a run used; a figure that is unknown of any turn is None."""

    model_config = ConfigDict(frozen=True)

    turns: int = 0
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cached_tokens: int | None = 0
    reasoning_tokens: int | None = 0
    cost: float | None = 0.0
    estimated: bool = False
    duration_ms: float = 0.0


class RunFinishedEvent(Told):
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
    | AgentReasoningChunkEvent
    | StepRestartedEvent
    | CostEvent
    | ToolCallEvent
    | QuestionEvent
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
    _key: str | None = PrivateAttr(default=None)

    @property
    def key(self) -> str | None:
        """Names the event within its run, alike when the run is repeated; None for all others."""
        return self._key

    @classmethod
    def of(
        cls, event: Event, *, seq: int, run_id: str, timestamp: int, key: str | None = None
    ) -> "EventRecord":
        """The record around an event that is one already (nothing is validated again)."""
        values = {
            "seq": seq,
            "run_id": run_id,
            "timestamp": timestamp,
            "goal_id": None,
            "parent_run_id": None,
            "event": event,
        }
        return unchecked(cls, values, {"_key": key})

    def flat(self) -> dict[str, Any]:
        """One JSON-ready object: the record's fields beside the event's, nulls left out."""
        data = self.model_dump(mode="json", exclude={"event"}, exclude_none=True)
        return {**data, **self.event.model_dump(mode="json", exclude_none=True)}


LogHandler = Callable[[EventRecord], None]
"""Who listens to a run: one synchronous call a record, which must not block."""
