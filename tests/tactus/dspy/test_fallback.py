"""Another provider goes on where the first one failed, and understands what was said."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import permutations
from typing import Any

import pytest

from tactus.events import AgentTurnEvent, CostEvent, StepRestartedEvent
from tests.providers import Answer, Call, Server, Thought, provider_server
from tests.tactus.dspy.outcomes import A_SKY, SKY, WEATHER, outcome, slices
from tests.tactus.dspy.speaking import SPEAKERS, Scene, scene

DOWN = Answer(status=500)
OSLO, BERGEN = Call("weather", {"city": "Oslo"}), Call("weather", {"city": "Bergen"}, size=4)
PAIRS = list(permutations(SPEAKERS, 2))


@asynccontextmanager
async def two(
    first: tuple[str, tuple[Answer, ...]],
    second: tuple[str, tuple[Answer, ...]],
    settings: dict[str, Any] | None = None,
    **definition: Any,
) -> AsyncIterator[tuple[Scene, Server]]:
    """An agent whose model speaks the first wire, and its fallback the second."""
    provider, model = SPEAKERS[second[0]]
    async with (
        provider_server(second[0], *second[1]) as other,
        provider_server(first[0], *first[1]) as server,
    ):
        bases = {SPEAKERS[first[0]][0]: server.base_url, provider: other.base_url}
        async with scene(
            wire=first[0],
            settings={"api_base": bases, **(settings or {})},
            fallback=(f"{provider}/{model}",),
            **definition,
        ) as it:
            it.server = server
            yield it, other


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_what_one_model_said_is_understood_by_the_other(
    first: str, second: str, whole: bool
) -> None:
    begun = Answer((Thought("Two. "), "I look.", OSLO, BERGEN))
    ended = (
        Answer((Thought("One more."), Call("weather", {"city": "Ås"}))),
        Answer(("It ", "rains.")),
    )
    again = Answer(("Still.",))
    async with two((first, (begun, DOWN, again)), (second, ended), disable_streaming=whole) as (
        it,
        other,
    ):
        came = await outcome(it, (WEATHER,))

        assert (came.ending, came.response) == ("completed", "It rains.")
        assert came.text == "I look.\n\nIt rains."
        assert [call[1]["city"] for call in came.calls] == ["Oslo", "Bergen", "Ås"]
        assert all(error is None for *_, error in came.calls)
        assert (it.server.breaches, other.breaches) == ([], [])
        asked = other.requests[0]
        assert [text for _, text in asked.results] != []
        assert len(asked.results) == 2
        (restart,) = [event for event in it.events if isinstance(event, StepRestartedEvent)]
        assert (restart.reason, restart.provider) == ("fallback", SPEAKERS[second][0])
        (cost,) = [event for event in it.events if isinstance(event, CostEvent)]
        ending = [event for event in it.events if isinstance(event, AgentTurnEvent)][-1]
        assert cost.provider == ending.provider == SPEAKERS[second][0]

        it.events.clear()
        came = await outcome(it, (WEATHER,), "And now?")  # by the first one, who is well again

        assert (came.ending, came.text) == ("completed", "Still.")
        assert (it.server.breaches, other.breaches) == ([], [])
        assert len(it.server.requests) == 3


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_who_goes_on_from_the_calls_of_another_is_not_asked_to_think(
    first: str, second: str
) -> None:
    begun = Answer((Thought("Two. "), OSLO))
    ended = (Answer((BERGEN,)), Answer(("It rains.",)))
    async with two((first, (begun, DOWN)), (second, ended), reasoning="low") as (it, other):
        came = await outcome(it, (WEATHER,))

        assert (came.ending, came.response, len(other.requests)) == ("completed", "It rains.", 2)
        assert (it.server.breaches, other.breaches) == ([], [])


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_a_table_may_come_from_the_other_model(first: str, second: str) -> None:
    async with two(
        (first, (DOWN,)), (second, (Answer((OSLO,)), Answer(slices(A_SKY, 9)))), output=SKY
    ) as (it, other):
        came = await outcome(it, (WEATHER,))

        assert (came.ending, came.response) == ("completed", A_SKY)
        assert (it.server.breaches, other.breaches) == ([], [])


async def test_models_are_asked_in_their_order_until_one_answers() -> None:
    order = ("gemini", "anthropic", "responses")
    async with (
        provider_server("gemini", DOWN) as second,
        provider_server("anthropic", DOWN) as third,
        provider_server("responses", Answer(("Well.",))) as fourth,
    ):
        servers = (second, third, fourth)
        bases = {
            SPEAKERS[wire][0]: server.base_url for wire, server in zip(order, servers, strict=True)
        }
        names = tuple("/".join(SPEAKERS[wire]) for wire in order)
        async with provider_server("openai", DOWN) as first:
            given = {"api_base": {"openai": first.base_url, **bases}}
            async with scene(settings=given, fallback=names) as it:
                came = await outcome(it)

        assert (came.ending, came.text) == ("completed", "Well.")
        assert [len(server.requests) for server in (first, *servers)] == [1, 1, 1, 1]
        restarts = [event for event in it.events if isinstance(event, StepRestartedEvent)]
        assert [(event.provider, event.attempt) for event in restarts] == [
            ("gemini", 1),
            ("anthropic", 1),
            ("openai_responses", 1),
        ]


@pytest.mark.parametrize("again", [False, True])
async def test_a_torn_answer_goes_to_the_other_model_only_where_the_agent_allows_it(
    again: bool,
) -> None:
    torn = Answer(("Once ", "upon "), cut="mid_body", cut_after=1)
    async with two(
        ("anthropic", (torn,)),
        ("gemini", (Answer(("Well.",)),)),
        retry_mid_stream=again,
    ) as (it, other):
        came = await outcome(it)

        if again:
            assert (came.ending, came.text, it.shown) == ("completed", "Well.", "Well.")
        else:
            assert (came.ending, came.reason, came.text) == ("truncated", "truncated", "Once ")
        assert len(other.requests) == again


async def test_a_model_that_refuses_is_not_replaced() -> None:
    refused = Answer(("I cannot.",), finish_reason="refusal")
    async with two(("anthropic", (refused,)), ("openai", (Answer(),))) as (it, other):
        came = await outcome(it)

        assert (came.ending, len(other.requests)) == ("refused", 0)


async def test_each_call_in_a_conversation_has_a_name_of_its_own_whoever_made_it() -> None:
    rounds = (Answer((OSLO, BERGEN)), Answer((OSLO,)), DOWN)  # Gemini names none of its calls
    async with two(("gemini", rounds), ("anthropic", (Answer(("It rains.",)),))) as (it, other):
        came = await outcome(it, (WEATHER,))

        assert came.response == "It rains."
        blocks = [
            block
            for message in other.requests[0].body["messages"]
            for block in message["content"]
            if isinstance(block, dict)
        ]
        called = [block["id"] for block in blocks if block["type"] == "tool_use"]
        told = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        assert called == told == ["call_1", "call_2", "call_3"]
