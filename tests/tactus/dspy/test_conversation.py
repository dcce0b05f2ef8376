"""What a failure, a repair or an odd call leaves behind in an agent's conversation and account."""

from typing import Any

import pytest

from tactus.errors import TurnError
from tests.providers import Answer, Call, Failure, Refusal, Thought, Usage
from tests.tactus.dspy.outcomes import WEATHER
from tests.tactus.dspy.speaking import SPEAKERS, scene

SKY = {"sky": {"type": "string"}}
OSLO = Call("weather", {"city": "Oslo"})


class Purse:
    """Remembers what each turn has told last."""

    def __init__(self) -> None:
        self.tokens: dict[str, int | None] = {}

    def spend(
        self, turn_id: str, tokens: int | None, cost: float | None, *, model: str, last: bool
    ) -> None:
        self.tokens[turn_id] = tokens


@pytest.mark.parametrize("whole", [False, True])
async def test_a_turn_that_fails_has_spent_what_it_used(whole: bool) -> None:
    refusal = Answer((Refusal("No."),), usage=Usage(1_000, 200))
    async with scene(refusal, disable_streaming=whole) as it:
        purse = it.agent._purse = Purse()
        with pytest.raises(TurnError):
            await it.agent.turn("Hello.", turn_id="one")

        assert purse.tokens == {"one": 1_200}


@pytest.mark.parametrize("wire", SPEAKERS)
async def test_a_repair_that_calls_a_tool_beside_its_answer_leaves_a_sound_history(
    wire: str,
) -> None:
    answers = (Answer(("rain",)), Answer(('{"sky": "rain"}', OSLO)), Answer(('{"sky": "sun"}',)))
    async with scene(*answers, wire=wire, output=SKY) as it:
        first = await it.agent.turn("How is the sky?", turn_id="one", tools=(WEATHER,))
        second = await it.agent.turn("And now?", turn_id="two", tools=(WEATHER,))

        assert (first.response, second.response) == ({"sky": "rain"}, {"sky": "sun"})
        assert not it.server.breaches


async def test_a_refusal_of_something_else_changes_nothing_for_later_turns() -> None:
    odd = Answer(status=400, error="upstream rejected: temperature must not be 3")
    async with scene(odd, Answer()) as it:
        with pytest.raises(TurnError):
            await it.agent.turn("Hello.", turn_id="one")
        result = await it.agent.turn("Hello.", turn_id="two")

        assert result.total_chunks == 3
        assert it.server.requests[-1].body["stream"] is True


async def test_thoughts_of_a_torn_answer_are_void_with_it() -> None:
    torn = Answer((Thought("Torn."), "Half", Failure()))
    async with scene(
        torn,
        Answer((Thought("Whole."), "All.")),
        settings={"retries": 2},
        retry_mid_stream=True,
    ) as it:
        result = await it.agent.turn("Hello.", turn_id="one")

        assert (result.text, result.reasoning) == ("All.", "Whole.")


async def test_a_fallback_that_cannot_be_asked_does_not_hide_the_first_failure() -> None:
    async with scene(
        Answer(status=401),
        fallback=("mistral/large",),
        settings={"secrets": {"OPENAI_API_KEY": "k"}},
    ) as it:
        with pytest.raises(TurnError) as raised:
            await it.agent.turn("Hello.", turn_id="one")

        assert raised.value.reason == "auth"
        assert "openai" in raised.value.message


@pytest.mark.parametrize("arguments", [{"city": "Oslo", "day": 2**63}, {"city": "\ud83d"}])
async def test_arguments_that_nothing_can_hold_go_back_to_the_model(
    arguments: dict[str, Any],
) -> None:
    async with scene(
        Answer((Call("weather", arguments),), escape=True), Answer(("It rains.",))
    ) as it:
        result = await it.agent.turn("Hello.", turn_id="one", tools=(WEATHER,))

        assert result.response == "It rains."
        assert result.tool_calls[0].error is not None
        assert not it.server.breaches


async def test_a_call_without_a_name_goes_back_to_the_model() -> None:
    lacking = Answer(status=400, error="this model does not support tools")
    answers = (lacking, Answer(("<tool_call>oops</tool_call>",)), Answer(("It rains.",)))
    async with scene(*answers) as it:
        result = await it.agent.turn("Hello.", turn_id="one", tools=(WEATHER,))

        assert result.response == "It rains."


@pytest.mark.parametrize("whole", [False, True])
async def test_an_answer_cut_for_its_length_is_not_taken_for_a_shorter_one(whole: bool) -> None:
    cut = Answer(('{"sky": "Once upon a ti',), finish_reason="length")
    async with scene(cut, cut, output=SKY, disable_streaming=whole) as it:
        with pytest.raises(TurnError) as raised:
            await it.agent.turn("Hello.", turn_id="one")

        assert raised.value.reason == "output"
