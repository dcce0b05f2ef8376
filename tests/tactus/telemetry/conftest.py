"""Telemetry into memory, and records to tell."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tactus.events import (
    AgentStreamChunkEvent,
    AgentTurnEvent,
    CostEvent,
    Event,
    EventRecord,
    LogHandler,
    RunFinishedEvent,
    RunStartedEvent,
    Totals,
)
from tactus.settings import TelemetrySettings
from tactus.telemetry.telemetry import Telemetry

START = 1_700_000_000_000  # ms since the epoch
TURN: dict[str, Any] = {
    "turn_id": "turn-1",
    "agent_name": "teller",
    "provider": "gemini",
    "model": "gemini-x",
}


class Told:
    """Telemetry whose spans and metrics stay here."""

    def __init__(self, *, content: bool) -> None:
        self._spans = InMemorySpanExporter()
        self._metrics = InMemoryMetricReader()
        self.tracer_provider = TracerProvider()
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self._telemetry = Telemetry(
            TelemetrySettings(enabled=True, content=content),
            self.tracer_provider,
            MeterProvider([self._metrics]),
        )

    def handler(self) -> LogHandler:
        handler = self._telemetry.handler()
        assert handler is not None
        return handler

    def tell(self, *events: tuple[int, Event]) -> None:
        """Tell one run: each event with its moment, in milliseconds after the start."""
        handle = self.handler()
        for number, (moment, event) in enumerate(events, 1):
            handle(EventRecord.of(event, seq=number, run_id="run-1", timestamp=START + moment))

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._spans.get_finished_spans()

    def span(self, name: str) -> ReadableSpan:
        (span,) = [span for span in self.spans if span.name == name]
        return span

    def parent(self, name: str) -> str | None:
        parent = self.span(name).parent
        if parent is None:
            return None
        return next(span.name for span in self.spans if span.context.span_id == parent.span_id)

    def points(self, metric: str) -> list[HistogramDataPoint]:
        """The data points of a metric, whose name is `gen_ai.client.` and this."""
        data = self._metrics.get_metrics_data()
        if data is None:
            return []
        return [
            point
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for found in scope.metrics
            if found.name == f"gen_ai.client.{metric}"
            for point in found.data.data_points
            if isinstance(point, HistogramDataPoint)
        ]

    def everything(self) -> str:
        data = self._metrics.get_metrics_data()
        return "\n".join([*(span.to_json() for span in self.spans), data.to_json() if data else ""])


TellIn = Callable[[bool], Told]


@pytest.fixture
def told() -> Told:
    return Told(content=False)


def started(procedure: str = "story.lua", params: Mapping[str, Any] | None = None) -> Event:
    return RunStartedEvent(procedure=procedure, params=dict(params or {}), source_sha256="")


def finished(status: Any = "completed", result: Any = None) -> Event:
    return RunFinishedEvent(status=status, result=result, totals=Totals(turns=1, cost=None))


def turn(stage: Any, **changed: Any) -> Event:
    return AgentTurnEvent(stage=stage, streaming=True, **{**TURN, **changed})


def cost(**changed: Any) -> Event:
    return CostEvent(**{"duration_ms": 100, "response": "", **TURN, **changed})


def chunk(text: str = "word ", turn_id: str = "turn-1") -> Event:
    return AgentStreamChunkEvent(
        turn_id=turn_id, agent_name="teller", index=0, chunk_text=text, accumulated_length=len(text)
    )
