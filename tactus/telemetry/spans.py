"""The spans of one run: of itself, its turns, and the calls of tools in them."""

import logging

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Tracer

from tactus.events import (
    AgentReasoningChunkEvent,
    AgentStreamChunkEvent,
    AgentTurnEvent,
    CostEvent,
    ErrorEvent,
    Event,
    EventRecord,
    RunFinishedEvent,
    RunStartedEvent,
    StepRestartedEvent,
    ToolCallEvent,
)
from tactus.telemetry.attributes import as_json, fail, known, whole
from tactus.telemetry.figures import Figures
from tactus.telemetry.turn import TurnSpan

_LOGGER = logging.getLogger("tactus.telemetry")


class RunSpans:
    """Tells the records of one run as spans; with `content`, what was said in it, too."""

    def __init__(self, tracer: Tracer, figures: Figures, *, content: bool) -> None:
        self._tracer = tracer
        self._figures = figures
        self._content = content
        self._run: Span | None = None
        self._turns: dict[str, TurnSpan] = {}
        self._calls: dict[tuple[str, str], Span] = {}  # by turn and call
        self._error: ErrorEvent | None = None

    def handle(self, record: EventRecord) -> None:
        """Tell one record; a failure to do so is nothing that the run should notice."""
        try:
            self._tell(record, record.timestamp * 1_000_000)
        except Exception as error:  # noqa: BLE001
            # only its kind: a message may quote what must not be told
            kind = type(error).__name__
            _LOGGER.warning("%s was not told: %s", record.event.event_type, kind)

    def _tell(self, record: EventRecord, at: int) -> None:
        match record.event:
            case AgentStreamChunkEvent() as event:
                if event.turn_id in self._turns:
                    self._turns[event.turn_id].hear(at)
            case RunStartedEvent() as event:
                self._start(event, record.run_id, at)
            case RunFinishedEvent() as event:
                self._finish(event, at)
            case AgentTurnEvent(stage="started") as event:
                self._turns[event.turn_id] = TurnSpan(
                    self._tracer,
                    self._figures,
                    event,
                    within=_in(self._run),
                    at=at,
                    content=self._content,
                )
            case ToolCallEvent() as event:
                self._call(event, at)
            case event:
                self._tell_turn(event, at)

    def _tell_turn(self, event: Event, at: int) -> None:
        """What else is said of a turn that is open."""
        if isinstance(event, ErrorEvent):
            self._error = event
        turn_id = getattr(event, "turn_id", None)
        if turn_id is None or turn_id not in self._turns:
            return
        turn = self._turns[turn_id]
        is_over = False
        match event:
            case AgentTurnEvent():
                is_over = turn.end(event, at)
            case CostEvent():
                is_over = turn.use(event)
            case ErrorEvent():
                is_over = turn.fail(event)
            case StepRestartedEvent():
                turn.restart(event, at)
            case AgentReasoningChunkEvent():
                turn.pause()
        if is_over:
            self._close(turn_id, at)

    def _start(self, event: RunStartedEvent, run_id: str, at: int) -> None:
        self._run = self._tracer.start_span(
            whole(f"invoke_workflow {event.procedure}"),
            attributes=known(
                {
                    "gen_ai.operation.name": "invoke_workflow",
                    "gen_ai.workflow.name": event.procedure,
                    "gen_ai.conversation.id": run_id,
                    "tactus.params": as_json(event.params) if self._content else None,
                }
            ),
            start_time=at,
        )

    def _call(self, event: ToolCallEvent, at: int) -> None:
        turn, key = self._turns.get(event.turn_id), (event.turn_id, event.call_id)
        if turn is not None:
            turn.pause()
        if event.stage == "started":
            self._calls[key] = self._tracer.start_span(
                whole(f"execute_tool {event.tool_name}"),
                _in(self._run if turn is None else turn.span),
                attributes=known(
                    {
                        "gen_ai.operation.name": "execute_tool",
                        "gen_ai.tool.name": event.tool_name,
                        "gen_ai.tool.type": "function",
                        "gen_ai.tool.call.id": event.call_id or None,
                        "gen_ai.tool.call.arguments": (
                            as_json(event.arguments) if self._content else None
                        ),
                    }
                ),
                start_time=at,
            )
        elif (span := self._calls.pop(key, None)) is not None:
            if event.stage == "failed":
                fail(span, "tool", event.error if self._content else None, at)
            elif self._content:
                result = as_json(event.result)
                span.set_attributes(known({"gen_ai.tool.call.result": result}))
            span.end(at)

    def _close(self, turn_id: str, at: int) -> None:
        for key in [key for key in self._calls if key[0] == turn_id]:
            span = self._calls.pop(key)
            fail(span, "stopped", None, at)
            span.end(at)
        self._turns.pop(turn_id).close(at)

    def _finish(self, event: RunFinishedEvent, at: int) -> None:
        for turn_id in reversed(list(self._turns)):
            self._close(turn_id, at)
        if self._run is None:
            return
        if event.status != "completed":
            error = self._error if event.status == "failed" else None
            code = event.status if error is None else error.code
            fail(self._run, code, error.message if error and self._content else None, at)
        totals = event.totals
        self._run.set_attributes(
            known(
                {
                    "tactus.status": event.status,
                    "tactus.run.turns": totals.turns,
                    "tactus.run.input_tokens": totals.input_tokens,
                    "tactus.run.output_tokens": totals.output_tokens,
                    "tactus.run.cost_usd": totals.cost,
                    "tactus.result": as_json(event.result) if self._content else None,
                }
            )
        )
        self._run.end(at)


def _in(span: Span | None) -> Context | None:
    """The inside of `span`; without one, whatever is around Tactus."""
    return None if span is None else trace.set_span_in_context(span)
