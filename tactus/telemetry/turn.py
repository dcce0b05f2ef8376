"""The span and the figures of one turn."""

from opentelemetry.context import Context
from opentelemetry.trace import Span, Tracer
from opentelemetry.util.types import AttributeValue

from tactus.events import AgentTurnEvent, CostEvent, ErrorEvent, StepRestartedEvent
from tactus.telemetry.attributes import as_json, fail, known, provider_name, whole
from tactus.telemetry.figures import Figures

_OPERATION = "invoke_agent"  # a turn is one model call or several, with tools between them


class TurnSpan:
    """One turn; moments are in nanoseconds since the epoch.

    How it ended and what it used come in records of their own: it is open until both have come.
    """

    def __init__(
        self,
        tracer: Tracer,
        figures: Figures,
        event: AgentTurnEvent,
        *,
        within: Context | None,
        at: int,
        content: bool,
    ) -> None:
        self._figures = figures
        self._content = content
        self._began = at
        self._heard: int | None = None
        self._end: AgentTurnEvent | None = None
        self._ended: int | None = None
        self._cost: CostEvent | None = None
        self._error: ErrorEvent | None = None
        self._labels: dict[str, AttributeValue] = known(
            {
                "gen_ai.operation.name": _OPERATION,
                "gen_ai.provider.name": provider_name(event.provider),
                "gen_ai.request.model": event.model,
            }
        )
        more = known(
            {
                "gen_ai.agent.name": event.agent_name,
                "gen_ai.request.stream": event.streaming,
                "tactus.turn_id": event.turn_id,
            }
        )
        self.span: Span = tracer.start_span(
            whole(f"{_OPERATION} {event.agent_name}"),
            within,
            attributes={**self._labels, **more},
            start_time=at,
        )

    def hear(self, at: int) -> None:
        """A piece of its text came."""
        if self._heard is not None:
            self._figures.gap.record(max(at - self._heard, 0) / 1e9, self._labels)
        self._heard = at

    def pause(self) -> None:
        """Something else came: the time to the next piece of text is no gap of the stream."""
        self._heard = None

    def restart(self, event: StepRestartedEvent, at: int) -> None:
        """A model is asked again, or another one in its place."""
        self.pause()
        self._labels["gen_ai.provider.name"] = provider_name(event.provider)
        self._labels["gen_ai.request.model"] = whole(event.model)
        self.span.set_attributes(self._labels)
        told = known({"tactus.reason": event.reason, "tactus.attempt": event.attempt})
        self.span.add_event("tactus.step_restarted", {**told, **self._labels}, timestamp=at)

    def use(self, event: CostEvent) -> bool:
        """Note what it used; true when nothing more is to come."""
        self._cost = event
        return self._end is not None and self._end.stage == "completed"

    def end(self, event: AgentTurnEvent, at: int) -> bool:
        """Note how it ended; true when nothing more is to come."""
        self._end, self._ended = event, at
        return event.stage == "completed" and self._cost is not None

    def fail(self, event: ErrorEvent) -> bool:
        """Note why it failed; true when nothing more is to come."""
        self._error = event
        return self._end is not None

    def close(self, at: int) -> None:
        """Tell what is known of it; `at` counts where its end was not told."""
        ended = at if self._ended is None else self._ended
        stage = "stopped" if self._end is None else self._end.stage
        labels = self._labels
        if stage != "completed":
            code = f"turn.{stage}" if self._error is None else self._error.code
            message = self._error.message if self._error is not None and self._content else None
            fail(self.span, code, message, ended)
            labels = {**labels, "error.type": code}
        attempts = None if self._end is None else self._end.attempt
        self.span.set_attributes(known({"tactus.stage": stage, "tactus.attempts": attempts}))
        seconds = (ended - self._began) / 1e9
        if self._cost is not None:
            self._tell_cost(self._cost)
            seconds = self._cost.duration_ms / 1000
        self._figures.duration.record(max(seconds, 0), labels)
        self.span.end(ended)

    def _tell_cost(self, cost: CostEvent) -> None:
        first = cost.time_to_first_token_ms
        self.span.set_attributes(
            known(
                {
                    "gen_ai.response.model": cost.model,
                    "gen_ai.response.time_to_first_chunk": None if first is None else first / 1000,
                    "gen_ai.usage.input_tokens": cost.input_tokens,
                    "gen_ai.usage.output_tokens": cost.output_tokens,
                    "gen_ai.usage.cache_read.input_tokens": cost.cached_tokens,
                    "gen_ai.usage.reasoning.output_tokens": cost.reasoning_tokens,
                    "tactus.cost_usd": cost.total_cost,
                    "tactus.gap_p50_ms": cost.gap_p50_ms,
                    "tactus.gap_p99_ms": cost.gap_p99_ms,
                    "tactus.model_calls": cost.model_calls,
                    "tactus.estimated": cost.estimated,
                    "tactus.from_cache": cost.from_cache,
                }
            )
        )
        if cost.finish_reason is not None:
            reasons = [whole(cost.finish_reason)]
            self.span.set_attribute("gen_ai.response.finish_reasons", reasons)
        if self._content:
            self._tell_answer(cost)
        if first is not None:
            self._figures.first_chunk.record(first / 1000, self._labels)
        if not (cost.estimated or cost.from_cache):  # the metric is for what is billed
            self._figures.tokens(cost.input_tokens, cost.output_tokens, self._labels)

    def _tell_answer(self, cost: CostEvent) -> None:
        message = {
            "role": "assistant",
            "parts": [{"type": "text", "content": cost.response}],
            "finish_reason": cost.finish_reason or "unknown",
        }
        self.span.set_attributes(known({"gen_ai.output.messages": as_json([message])}))
