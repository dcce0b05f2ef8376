"""Turns with tools, where the wires have ways of their own."""

import json
from typing import Any

import pytest

from tests.providers import Answer, Call, Thought
from tests.providers.anthropic import SIGNATURE as ANTHROPICS
from tests.providers.gemini import SIGNATURE as GEMINIS
from tests.providers.openai import body, delta, stream
from tests.tactus.dspy.outcomes import WEATHER, outcome
from tests.tactus.dspy.speaking import SPEAKERS, scene

OSLO, BERGEN = Call("weather", {"city": "Oslo"}), Call("weather", {"city": "Bergen"}, size=4)
WHOLE = pytest.mark.parametrize("whole", [False, True])
EVERYWHERE = pytest.mark.parametrize("wire", SPEAKERS)


def cities(came: Any) -> list[str]:
    return [arguments.get("city") for _, arguments, _, _ in came.calls]


@WHOLE
async def test_anthropic_is_told_its_thoughts_again_as_it_signed_them(whole: bool) -> None:
    answers = (
        Answer((Thought("Two "), Thought("cities."), "I look.", OSLO, BERGEN)),
        Answer((Thought("One more."), Call("weather", {"city": "Ås"}))),
        Answer((Thought("Done."), "It rains.")),
        Answer(("Still.",)),
    )
    async with scene(*answers, wire="anthropic", disable_streaming=whole, reasoning="low") as it:
        came = await outcome(it, (WEATHER,))
        assert came.response == "It rains."
        await it.agent.turn("And now?", turn_id="u", tools=(WEATHER,))

        assert not it.server.breaches
        assert all("thinking" in request.body for request in it.server.requests)
        messages = it.server.requests[2].body["messages"]
        first, second = messages[1]["content"], messages[3]["content"]
        assert first[0] == {"type": "thinking", "thinking": "Two cities.", "signature": ANTHROPICS}
        assert second[0] == {"type": "thinking", "thinking": "One more.", "signature": ANTHROPICS}
        assert [block["type"] for block in first] == ["thinking", "text", "tool_use", "tool_use"]


@WHOLE
async def test_anthropic_is_told_again_what_it_thought_in_secret(whole: bool) -> None:
    hidden = {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix"}
    call: dict[str, Any] = {
        "type": "tool_use",
        "id": "toolu_1",
        "name": "weather",
        "input": {"city": "Oslo"},
    }
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m"}
    ended = {"stop_reason": "tool_use", "stop_sequence": None}
    usage = {"input_tokens": 1, "output_tokens": 1}
    if whole:
        content = {**message, "content": [hidden, call], **ended, "usage": usage}
        secret = body(json.dumps(content).encode(), "application/json")
    else:
        opened = {**call, "input": {}}
        said = {"type": "input_json_delta", "partial_json": json.dumps(call["input"])}
        frames: list[dict[str, Any]] = [
            {"type": "message_start", "message": {**message, "content": [], "usage": usage}},
            {"type": "content_block_start", "index": 0, "content_block": hidden},
            {"type": "content_block_stop", "index": 0},
            {"type": "content_block_start", "index": 1, "content_block": opened},
            {"type": "content_block_delta", "index": 1, "delta": said},
            {"type": "content_block_stop", "index": 1},
            {"type": "message_delta", "delta": ended, "usage": usage},
            {"type": "message_stop"},
        ]
        lines = (f"event: {frame['type']}\ndata: {json.dumps(frame)}\n\n" for frame in frames)
        secret = body("".join(lines).encode(), "text/event-stream")
    answers = (secret, Answer(("It rains.",)))
    async with scene(*answers, wire="anthropic", disable_streaming=whole, reasoning="low") as it:
        came = await outcome(it, (WEATHER,))

        assert (came.response, came.reasoning, cities(came)) == ("It rains.", "", ["Oslo"])
        assert not it.server.breaches
        assert it.server.requests[1].body["messages"][1]["content"][0] == hidden


@WHOLE
async def test_gemini_is_told_its_calls_again_as_it_signed_them(whole: bool) -> None:
    answers = (
        Answer((Thought("Two."), OSLO, Call("weather", {"city": "Bergen"})), together=True),
        Answer((Call("weather", {"city": "Ås"}),)),
        Answer(("It rains.",)),
        Answer(("Still.",)),
    )
    async with scene(
        *answers, wire="gemini", model="gemini-3-pro-preview", disable_streaming=whole
    ) as it:
        came = await outcome(it, (WEATHER,))
        assert (came.response, cities(came)) == ("It rains.", ["Oslo", "Bergen", "Ås"])
        await it.agent.turn("And now?", turn_id="u", tools=(WEATHER,))

        assert not it.server.breaches
        assert str(it.server.requests[2].body).count(GEMINIS) == 2


@WHOLE
@EVERYWHERE
async def test_many_rounds_keep_each_call_with_its_result(wire: str, whole: bool) -> None:
    towns = [f"Town {number}" for number in range(6)]
    rounds = [Answer((Call("weather", {"city": town}), BERGEN)) for town in towns]
    async with scene(*rounds, Answer(("Done.",)), wire=wire, disable_streaming=whole) as it:
        came = await outcome(it, (WEATHER,))

        assert (came.response, len(it.server.requests)) == ("Done.", 7)
        assert cities(came) == [city for town in towns for city in (town, "Bergen")]
        assert not it.server.breaches
        for town, request in zip(towns, it.server.requests[1:], strict=True):
            assert [town in text for _, text in request.results] == [True, False]


@WHOLE
@EVERYWHERE
async def test_a_turn_that_never_ends_calling_ends_at_the_agents_most(
    wire: str, whole: bool
) -> None:
    async with scene(Answer((OSLO,)), wire=wire, disable_streaming=whole, max_steps=3) as it:
        came = await outcome(it, (WEATHER,))

        assert (came.ending, came.reason, len(it.server.requests)) == ("failed", "steps", 3)
        assert not it.server.breaches


@WHOLE
@EVERYWHERE
async def test_a_tool_that_does_not_exist_is_answered_with_what_there_is(
    wire: str, whole: bool
) -> None:
    answers = (Answer((Call("wether", {"city": "Oslo"}),)), Answer(("Well.",)))
    async with scene(*answers, wire=wire, disable_streaming=whole) as it:
        came = await outcome(it, (WEATHER,))

        assert came.response == "Well."
        assert came.calls[0][3] == 'There is no tool "wether". Did you mean "weather"?'
        assert "Did you mean" in it.server.requests[1].results[0][1]
        assert not it.server.breaches


@WHOLE
@pytest.mark.parametrize("wire", [wire for wire in SPEAKERS if wire != "gemini"])
@pytest.mark.parametrize("text", ['{"city": "Os', "[1]", '"Oslo"', "none"])
async def test_arguments_that_are_no_json_object_go_back_to_the_model(
    wire: str, text: str, whole: bool
) -> None:
    if wire == "anthropic" and whole:
        return  # it sends the arguments of a whole call as an object, always
    answers = (Answer((Call("weather", text),)), Answer((OSLO,)), Answer(("It rains.",)))
    async with scene(*answers, wire=wire, disable_streaming=whole) as it:
        came = await outcome(it, (WEATHER,))

        assert (came.ending, came.response) == ("completed", "It rains.")
        assert came.calls[0][3] is not None
        assert cities(came)[1] == "Oslo"
        assert not it.server.breaches


def call(index: int, name: str | None, text: str, call_id: str | None) -> dict[str, Any]:
    function = {"arguments": text} | ({"name": name} if name else {})
    found = {"index": index, "type": "function", "function": function}
    return delta(tool_calls=[found | ({"id": call_id} if call_id else {})])


@pytest.mark.parametrize(
    "frames",
    [
        [  # all at one index, as some servers have it
            call(0, "weather", '{"city": "Oslo"}', "a"),
            call(0, "weather", '{"city": "Bergen"}', "b"),
        ],
        [  # the name and the id again with each piece
            call(0, "weather", '{"city":', "a"),
            call(0, "weather", ' "Oslo"}', "a"),
            call(1, "weather", '{"city":', "b"),
            call(1, "weather", ' "Bergen"}', "b"),
        ],
        [  # pieces of both in turn
            call(0, "weather", "", "a"),
            call(1, "weather", "", "b"),
            call(0, None, '{"city": "Os', None),
            call(1, None, '{"city": "Ber', None),
            call(0, None, 'lo"}', None),
            call(1, None, 'gen"}', None),
        ],
        [  # no id at all
            call(0, "weather", '{"city": "Oslo"}', None),
            call(1, "weather", '{"city": "Bergen"}', None),
        ],
    ],
)
async def test_calls_are_told_apart_however_a_server_numbers_them(
    frames: list[dict[str, Any]],
) -> None:
    async with scene(stream(*frames, delta("tool_calls")), Answer(("It rains.",))) as it:
        came = await outcome(it, (WEATHER,))

        assert (came.response, cities(came)) == ("It rains.", ["Oslo", "Bergen"])
        assert not it.server.breaches
