"""What a run is on OpenTelemetry: its spans."""

import logging
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.trace import StatusCode

from tactus.events import ErrorEvent, EventRecord, StepRestartedEvent, ToolCallEvent
from tactus.runtime.run import Run
from tests.tactus.runtime.conftest import open_runtime
from tests.tactus.telemetry.conftest import START, TURN, Told, cost, finished, started, turn

STORY = """
teller = Agent { model = "MODEL", system_prompt = "canary-system" }
input { topic = field.string {} }
local ok, answer = pcall(function() return teller("canary-prompt " .. input.topic).response end)
if not ok and input.topic ~= "caught" then error(answer) end
return { ok = ok }
"""


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


async def drive(told: Told, model: str = "demo/demo", topic: str = "rain") -> None:
    text = STORY.replace("MODEL", model)
    async with open_runtime(retries=0) as runtime:
        run = runtime.prepare(text, "story.lua", {"topic": topic}, handler=told.handler())
        await run.drive()


async def test_a_run_is_a_span_and_each_turn_is_one_within_it(told: Told) -> None:
    await drive(told)
    run, taken = told.span("invoke_workflow story.lua"), told.span("invoke_agent teller")
    assert told.parent("invoke_workflow story.lua") is None
    assert told.parent("invoke_agent teller") == "invoke_workflow story.lua"
    assert len(told.spans) == 2
    assert run.start_time <= taken.start_time <= taken.end_time <= run.end_time  # type: ignore[operator]
    assert (run.status.status_code, taken.status.status_code) == (StatusCode.UNSET,) * 2
    workflow, agent = attributes(run), attributes(taken)
    assert workflow["gen_ai.operation.name"] == "invoke_workflow"
    assert (workflow["tactus.status"], workflow["tactus.run.turns"]) == ("completed", 1)
    assert workflow["tactus.run.output_tokens"] == agent["gen_ai.usage.output_tokens"] > 0
    assert agent["gen_ai.operation.name"] == "invoke_agent"
    assert agent["gen_ai.provider.name"] == "demo"
    assert agent["gen_ai.request.model"] == agent["gen_ai.response.model"] == "demo"
    assert agent["gen_ai.response.finish_reasons"] == ("stop",)
    assert agent["gen_ai.usage.input_tokens"] > 0
    assert 0 < agent["gen_ai.response.time_to_first_chunk"] < 10
    assert agent["gen_ai.request.stream"] is True
    assert agent["tactus.cost_usd"] == 0
    assert agent["tactus.stage"] == "completed"


async def test_the_attributes_are_called_as_the_conventions_call_them(told: Told) -> None:
    await drive(told)
    told.tell((0, started()), (1, turn("started")), (2, call("started")), (3, call("completed")))
    names = {value for name, value in vars(gen_ai_attributes).items() if name.startswith("GEN_AI_")}
    used = {name for span in told.spans for name in attributes(span)}
    assert {name for name in used if name.startswith("gen_ai.")} <= names
    assert {name for name in used if not name.startswith(("gen_ai.", "tactus."))} <= {"error.type"}


async def test_a_failed_turn_and_its_run_say_why(told: Told) -> None:
    await drive(told, "demo/error-500")
    for name in ("invoke_agent teller", "invoke_workflow story.lua"):
        span = told.span(name)
        assert span.status.status_code is StatusCode.ERROR
        assert "error.type" in attributes(span)
        (event,) = span.events
        assert event.name == "exception"
        assert set(event.attributes or {}) == {"exception.type"}
    assert attributes(told.span("invoke_agent teller"))["error.type"] == "turn.server"


async def test_a_failure_that_the_procedure_caught_is_no_failure_of_the_run(told: Told) -> None:
    await drive(told, "demo/error-500", topic="caught")
    assert told.span("invoke_agent teller").status.status_code is StatusCode.ERROR
    assert told.span("invoke_workflow story.lua").status.status_code is StatusCode.UNSET


async def test_a_stopped_run_closes_all_its_spans(told: Told) -> None:
    runs: list[Run] = []
    handle = told.handler()

    def stop_at_the_first_word(record: EventRecord) -> None:
        handle(record)
        if record.event.event_type == "agent_stream_chunk":
            runs[0].stop()

    async with open_runtime() as runtime:
        text = STORY.replace("MODEL", "demo/slow")
        handler = stop_at_the_first_word
        runs.append(runtime.prepare(text, "story.lua", {"topic": "rain"}, handler=handler))
        await runs[0].drive()
    assert attributes(told.span("invoke_agent teller"))["error.type"] == "turn.stopped"
    assert attributes(told.span("invoke_workflow story.lua"))["error.type"] == "stopped"


@pytest.mark.parametrize("stage", ["refused", "blocked", "truncated", "failed", "stopped"])
def test_a_turn_that_does_not_complete_says_how_it_ended(told: Told, stage: Any) -> None:
    told.tell((0, started()), (5, turn("started")), (25, turn(stage)), (99, finished("failed")))
    span = told.span("invoke_agent teller")
    assert (span.start_time, span.end_time) == ((START + 5) * 10**6, (START + 25) * 10**6)
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, f"turn.{stage}")
    assert attributes(span)["tactus.stage"] == stage
    (point,) = told.points("operation.duration")
    assert (point.attributes or {})["error.type"] == f"turn.{stage}"
    assert point.sum == pytest.approx(0.02)


def test_a_turn_that_was_cut_keeps_what_it_used(told: Told) -> None:
    error = ErrorEvent(code="turn.transport", message="gone", turn_id="turn-1")
    told.tell(
        (0, turn("started")),
        (9, cost(stage="failed", output_tokens=7, finish_reason=None)),
        (9, turn("failed")),
        (9, error),
    )
    span = told.span("invoke_agent teller")
    assert attributes(span)["gen_ai.usage.output_tokens"] == 7
    assert attributes(span)["error.type"] == "turn.transport"
    assert "gen_ai.response.finish_reasons" not in attributes(span)


def test_what_is_unknown_is_left_out(told: Told) -> None:
    told.tell((0, started()), (1, turn("started")), (2, cost()), (3, turn("completed")))
    found = attributes(told.span("invoke_agent teller"))
    assert not [name for name in found if "usage" in name or "cost" in name or "first" in name]


def call(stage: Any, number: int = 1, **more: Any) -> ToolCallEvent:
    return ToolCallEvent(
        turn_id="turn-1", call_id=f"call-{number}", tool_name=f"tool-{number}", stage=stage, **more
    )


def test_each_call_of_a_tool_is_a_span_within_its_turn(told: Told) -> None:
    told.tell(
        (0, started()),
        (1, turn("started")),
        (2, call("started", 1)),
        (3, call("started", 2)),
        (7, call("failed", 2, error="no")),
        (9, call("completed", 1, result=1)),
        (10, call("started", 3)),
        (11, cost(model_calls=2)),
        (11, turn("completed")),
        (12, finished()),
    )
    for name in ("execute_tool tool-1", "execute_tool tool-2"):
        assert told.parent(name) == "invoke_agent teller"
    first, second = told.span("execute_tool tool-1"), told.span("execute_tool tool-2")
    assert (first.start_time, first.end_time) == ((START + 2) * 10**6, (START + 9) * 10**6)
    assert first.status.status_code is StatusCode.UNSET
    assert attributes(first)["gen_ai.tool.call.id"] == "call-1"
    assert attributes(second)["error.type"] == "tool"
    assert attributes(told.span("execute_tool tool-3"))["error.type"] == "stopped"
    assert attributes(told.span("invoke_agent teller"))["tactus.model_calls"] == 2


def test_a_turn_says_which_model_answered_in_the_place_of_another(told: Told) -> None:
    there = {"provider": "mistral", "model": "m2"}
    restart = StepRestartedEvent(turn_id="turn-1", attempt=2, reason="fallback", **there)
    told.tell((0, turn("started")), (5, restart), (6, cost(**there)), (7, turn("completed")))
    span = told.span("invoke_agent teller")
    assert attributes(span)["gen_ai.provider.name"] == "mistral_ai"
    assert attributes(span)["gen_ai.request.model"] == "m2"
    (event,) = span.events
    assert (event.attributes or {})["tactus.reason"] == "fallback"
    (point,) = told.points("operation.duration")
    assert (point.attributes or {})["gen_ai.provider.name"] == "mistral_ai"


async def test_a_run_belongs_to_the_span_around_it(told: Told) -> None:
    with told.tracer_provider.get_tracer("host").start_as_current_span("request"):
        await drive(told)
    assert told.parent("invoke_workflow story.lua") == "request"


def test_half_a_character_does_not_reach_an_exporter(told: Told) -> None:
    half = "a\ud800b"
    error = ErrorEvent(code="turn.server", message=half, turn_id="turn-1")
    loud = Told(content=True)
    for telling in (told, loud):
        telling.tell(
            (0, started(half, {"text": half})),
            (1, turn("started", agent_name=half, model=half)),
            (2, cost(finish_reason=half, response=half)),
            (3, turn("failed")),
            (3, error),
            (4, finished("failed", result=half)),
        )
        assert len(telling.spans) == 2
        for span in telling.spans:
            texts = [span.name, span.status.description, *attributes(span).values()]
            texts += [list((event.attributes or {}).values()) for event in span.events]
            str(texts).encode()
            assert "\\ud800" not in repr(texts)


class _Broken(SpanProcessor):
    def on_start(self, span: Any, parent_context: Any = None) -> None:
        raise RuntimeError("canary-processor")


async def test_a_defect_of_telemetry_does_not_reach_the_run(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    told.tracer_provider.add_span_processor(_Broken())
    async with open_runtime() as runtime:
        run = runtime.prepare('return "fine"', "story.lua", {}, handler=told.handler())
        result = await run.drive()
    assert result.value == "fine"
    assert "run_started was not told: RuntimeError" in caplog.text
    assert "canary" not in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_turn_of_a_run_whose_beginning_was_missed_is_told_all_the_same(told: Told) -> None:
    told.tell((0, turn("started", **TURN)), (2, cost()), (3, turn("completed")), (4, finished()))
    assert [span.name for span in told.spans] == ["invoke_agent teller"]
