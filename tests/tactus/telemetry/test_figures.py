"""What a run is on OpenTelemetry: its figures."""

import pytest
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics

from tactus.events import AgentReasoningChunkEvent, EventRecord, ToolCallEvent
from tests.tactus.runtime.conftest import open_runtime
from tests.tactus.telemetry.conftest import Told, chunk, cost, started, turn

SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
TEXT = """
teller = Agent { model = "demo/demo" }
return teller("rain").response .. teller("snow").response
"""


async def test_every_turn_counts_in_the_histograms(told: Told) -> None:
    handle, chunks = told.handler(), 0

    def count_chunks(record: EventRecord) -> None:
        nonlocal chunks
        chunks += record.event.event_type == "agent_stream_chunk"
        handle(record)

    async with open_runtime(demo={"tokens_per_second": 500, "time_to_first_token": 0}) as runtime:
        result = await runtime.prepare(TEXT, "story.lua", {}, handler=count_chunks).drive()
    assert result.status == "completed"
    (duration,) = told.points("operation.duration")
    (first,) = told.points("operation.time_to_first_chunk")
    (gap,) = told.points("operation.time_per_output_chunk")
    assert (duration.count, first.count) == (2, 2)
    assert gap.count == chunks - 2 > 10
    for point in (duration, first, gap):
        assert tuple(point.explicit_bounds) == SECONDS
        labels = dict(point.attributes or {})
        assert labels == {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.provider.name": "demo",
            "gen_ai.request.model": "demo",
        }
    tokens = {
        (point.attributes or {})["gen_ai.token.type"]: point for point in told.points("token.usage")
    }
    assert tokens["input"].sum == result.totals.input_tokens
    assert tokens["output"].sum == result.totals.output_tokens
    assert tuple(tokens["input"].explicit_bounds) == TOKENS


def test_the_histograms_are_called_as_the_conventions_call_them(told: Told) -> None:
    told.tell(
        (0, turn("started")),
        (1, chunk()),
        (2, chunk()),
        (3, cost(time_to_first_token_ms=1, input_tokens=1)),
        (3, turn("completed")),
    )
    for name in (
        gen_ai_metrics.GEN_AI_CLIENT_OPERATION_DURATION,
        gen_ai_metrics.GEN_AI_CLIENT_OPERATION_TIME_TO_FIRST_CHUNK,
        gen_ai_metrics.GEN_AI_CLIENT_OPERATION_TIME_PER_OUTPUT_CHUNK,
        gen_ai_metrics.GEN_AI_CLIENT_TOKEN_USAGE,
    ):
        assert len(told.points(name.removeprefix("gen_ai.client."))) == 1


def test_a_gap_is_the_time_between_two_pieces_of_text_with_nothing_between(told: Told) -> None:
    tool = ToolCallEvent(turn_id="turn-1", stage="started", tool_name="now")
    thought = AgentReasoningChunkEvent(turn_id="turn-1", agent_name="teller", chunk_text="Hm.")
    told.tell(
        (0, started()),
        (1, turn("started")),
        (100, chunk()),
        (120, chunk()),
        (150, chunk()),
        (151, tool),
        (5_000, chunk()),
        (5_001, thought),
        (9_000, chunk()),
        (8_999, chunk()),  # the machine's clock was set back
    )
    (gap,) = told.points("operation.time_per_output_chunk")
    assert gap.count == 3
    assert gap.sum == pytest.approx(0.05)


@pytest.mark.parametrize("told_of", [{"estimated": True}, {"from_cache": True}])
def test_tokens_that_nobody_bills_are_not_counted(told: Told, told_of: dict[str, bool]) -> None:
    used = cost(input_tokens=5, output_tokens=5, **told_of)
    told.tell((0, turn("started")), (1, used), (2, turn("completed")))
    assert told.points("token.usage") == []
    (span,) = told.spans
    assert (span.attributes or {})["gen_ai.usage.input_tokens"] == 5


def test_a_turn_that_was_not_streamed_has_no_first_chunk(told: Told) -> None:
    told.tell((0, turn("started")), (1, cost(output_tokens=5)), (2, turn("completed")))
    assert told.points("operation.time_to_first_chunk") == []
    (tokens,) = told.points("token.usage")
    assert (tokens.attributes or {})["gen_ai.token.type"] == "output"
