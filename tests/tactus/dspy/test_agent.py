from typing import Any

import dspy
import pytest
from dspy.clients.base_lm import GLOBAL_HISTORY

from tactus.dspy.agent import Agent, Usage
from tactus.events import AgentTurnEvent, CostEvent
from tests.providers.openai import Answer
from tests.tactus.dspy.speaking import scene

STORY = Answer(("Once ", "upon ", "a time."))


async def test_a_streamed_turn_tells_start_text_cost_and_end_in_this_order() -> None:
    async with scene(STORY) as it:
        result = await it.agent.turn("Tell a story.", turn_id="turn-1")

        assert it.kinds == ["started", "agent_stream_chunk", "cost", "completed"]
        assert it.shown == it.chunks[-1].accumulated_text == result.text == "Once upon a time."
        assert {event.model_dump()["turn_id"] for event in it.events} == {"turn-1"}
        assert {event.model_dump()["agent_name"] for event in it.events} == {"storyteller"}
        assert it.server.requests[0].body["stream"] is True


async def test_the_result_says_what_the_turn_used() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 40},
    }
    async with scene(Answer(usage=usage)) as it:
        result = await it.agent.turn("Tell a story.", turn_id="t")

        assert result.usage == Usage(100, 50, 150, 40)
        assert result.cost == pytest.approx(60 * 0.15e-6 + 40 * 0.075e-6 + 50 * 0.6e-6)
        assert (result.provider, result.model) == ("openai", "gpt-4o-mini")
        assert result.finish_reason == "stop"
        assert result.total_chunks == 3
        assert result.time_to_first_token_ms is not None
        assert 0 < result.time_to_first_token_ms <= result.duration_ms
        (cost,) = [event for event in it.events if isinstance(event, CostEvent)]
        assert (cost.input_tokens, cost.cached_tokens, cost.total_cost) == (100, 40, result.cost)
        assert cost.response == result.text
        assert cost.time_to_first_token_ms == result.time_to_first_token_ms


async def test_a_usage_that_nobody_told_is_unknown_and_not_zero() -> None:
    async with scene(Answer(usage=None)) as it:
        result = await it.agent.turn("Tell a story.", turn_id="t")

        assert result.usage == Usage(None, None, None, None)
        assert result.cost is None


async def test_a_model_without_a_known_price_has_no_cost() -> None:
    async with scene(STORY, model="my-own-model") as it:
        assert (await it.agent.turn("Hello.", turn_id="t")).cost is None


@pytest.mark.parametrize(
    ("listening", "settings", "definition"),
    [
        (False, {}, {}),
        (True, {}, {"disable_streaming": True}),
        (True, {"streaming": False}, {}),
    ],
)
async def test_a_turn_that_is_not_streamed_gives_the_same_result(
    listening: bool, settings: dict[str, bool], definition: dict[str, Any]
) -> None:
    async with (
        scene(STORY) as streamed,
        scene(STORY, listening=listening, settings=settings, **definition) as whole,
    ):
        told = await streamed.agent.turn("Tell a story.", turn_id="t")
        result = await whole.agent.turn("Tell a story.", turn_id="t")

        assert streamed.agent._should_stream()
        assert not whole.agent._should_stream()
        assert "stream" not in whole.server.requests[0].body
        assert (result.text, result.usage, result.cost) == (told.text, told.usage, told.cost)
        assert result.finish_reason == told.finish_reason
        assert (told.streamed, result.streamed) == (True, False)
        assert result.time_to_first_token_ms is None
        assert result.total_chunks is None
        assert whole.kinds == (["started", "cost", "completed"] if listening else [])


async def test_stage_events_say_whether_the_turn_streams() -> None:
    async with scene(STORY, disable_streaming=True) as it:
        await it.agent.turn("Tell a story.", turn_id="t")

        stages = [event for event in it.events if isinstance(event, AgentTurnEvent)]
        assert [event.streaming for event in stages] == [False, False]


async def test_what_the_definition_says_is_what_the_provider_is_asked() -> None:
    async with scene(STORY, system_prompt="Be brief.", temperature=0.3, max_tokens=50) as it:
        await it.agent.turn("Tell a story.", turn_id="t")

        body = it.server.requests[0].body
        assert body["model"] == "gpt-4o-mini"
        assert body["temperature"] == 0.3
        assert 50 in (body.get("max_tokens"), body.get("max_completion_tokens"))
        assert [message["content"] for message in body["messages"]] == [
            "Be brief.",
            "Tell a story.",
        ]


async def test_a_conversation_remembers_its_turns_until_it_is_cleared() -> None:
    async with scene(Answer(("One.",)), Answer(("Two.",)), Answer(("Three.",))) as it:
        await it.agent.turn("First?", turn_id="1")
        await it.agent.turn("Second?", turn_id="2")
        it.agent.clear_history()
        await it.agent.turn("Third?", turn_id="3")

        said = [
            [(message["role"], message["content"]) for message in request.body["messages"]]
            for request in it.server.requests
        ]
        assert said[1] == [("user", "First?"), ("assistant", "One."), ("user", "Second?")]
        assert said[2] == [("user", "Third?")]


async def test_a_failed_turn_leaves_no_trace_in_the_conversation() -> None:
    async with scene(Answer(status=500), Answer(("Well.",))) as it:
        with pytest.raises(Exception, match="openai failed"):
            await it.agent.turn("First?", turn_id="1")
        await it.agent.turn("Second?", turn_id="2")

        assert [m["content"] for m in it.server.requests[1].body["messages"]] == ["Second?"]


async def test_an_agent_is_a_dspy_module_and_leaves_nothing_in_dspys_global_history() -> None:
    async with scene(STORY) as it:
        before = len(GLOBAL_HISTORY)
        for number in range(3):
            await it.agent.turn("Tell a story.", turn_id=str(number))

        assert isinstance(it.agent, Agent)
        assert isinstance(it.agent, dspy.Module)
        assert len(GLOBAL_HISTORY) == before
        assert dspy.settings.send_stream is None


async def test_turns_of_one_process_share_a_connection() -> None:
    async with scene(STORY) as it:
        for number in range(3):
            await it.agent.turn("Tell a story.", turn_id=str(number))

        assert it.server.connections == 1


async def test_the_demo_model_streams_through_the_same_path() -> None:
    demo = {"tokens_per_second": 5_000, "time_to_first_token": 0}
    async with scene(provider="demo", model="demo", settings={"demo": demo}) as it:
        result = await it.agent.turn("Write a short story.", turn_id="t")

        assert it.kinds == ["started", "agent_stream_chunk", "cost", "completed"]
        assert it.shown == result.text
        assert result.usage.output_tokens
        assert not it.server.requests
