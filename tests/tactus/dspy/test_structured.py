"""Answers that are tables, on every wire: asked for, read, checked, asked for once more."""

import json
from typing import Any

import pytest

from tactus.events import StepRestartedEvent, ValidationEvent
from tests.providers import Answer, Call, Request
from tests.tactus.dspy.outcomes import A_SKY, SKY, WEATHER, outcome, slices
from tests.tactus.dspy.speaking import SPEAKERS, scene

WHOLE = pytest.mark.parametrize("whole", [False, True])
EVERYWHERE = pytest.mark.parametrize("wire", SPEAKERS)
JSON = json.dumps(A_SKY)
_SCHEMAS = ("json_schema", "JsonSchema", "responseSchema")


def has_schema(request: Request) -> bool:
    return any(word in str(request.body) for word in _SCHEMAS)


@WHOLE
@EVERYWHERE
async def test_a_provider_that_keeps_to_schemas_is_given_one(wire: str, whole: bool) -> None:
    async with scene(
        Answer(slices(A_SKY, 7)), wire=wire, output=SKY, disable_streaming=whole
    ) as it:
        came = await outcome(it)

        assert (came.response, came.text) == (A_SKY, JSON)
        (request,) = it.server.requests
        assert has_schema(request)
        assert "Answer with one JSON object" not in str(request.body)
        assert not it.server.breaches


@WHOLE
@EVERYWHERE
async def test_one_that_does_not_is_told_in_words_and_remembered(wire: str, whole: bool) -> None:
    def choose(request: Request) -> Answer:
        if has_schema(request):
            return Answer(status=400, error="Invalid parameter: json_schema is not supported.")
        return Answer(slices(A_SKY, 7))

    async with scene(wire=wire, choose=choose, output=SKY, disable_streaming=whole) as it:
        for number in (2, 3):
            came = await outcome(it.another())
            assert (came.ending, came.response) == ("completed", A_SKY)
            assert len(it.server.requests) == number
        asked = str(it.server.requests[-1].body)
        assert "Answer with one JSON object" in asked
        assert "speed" in asked


@pytest.mark.parametrize(
    "text",
    [
        JSON,
        json.dumps(A_SKY, indent=2),
        f"```json\n{JSON}\n```",
        f"```\n{json.dumps(A_SKY, indent=1)}\n```\n",
        f"Here you are:\n\n```json\n{JSON}\n```\nAnything else?",
        f"Here you are: {JSON}",
        JSON[:-1] + ",}",
        JSON.replace('"', "'"),
        json.dumps({**A_SKY, "wind": {"speed": 3.5, "from": "west"}}),
    ],
)
@WHOLE
async def test_the_small_slips_of_models_do_no_harm(text: str, whole: bool) -> None:
    pieces = tuple(text[at : at + 11] for at in range(0, len(text), 11))
    async with scene(Answer(pieces), output=SKY, disable_streaming=whole) as it:
        came = await outcome(it)

        assert (came.ending, came.response, came.text) == ("completed", A_SKY, text)
        assert len(it.server.requests) == 1


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({**A_SKY, "sky": "snow"}, "sky: "),
        ({**A_SKY, "wind": {"speed": "fast"}}, "wind.speed: "),
        ({**A_SKY, "wind": {}}, "wind.speed: "),
        ({**A_SKY, "days": [1, "two"]}, "days[2]: "),
        ({"sky": "rain"}, "wind: "),
        ("It rains.", "not a JSON object"),
    ],
)
@WHOLE
@EVERYWHERE
async def test_what_does_not_fit_is_told_with_its_path_and_asked_for_once_more(
    wire: str, whole: bool, said: Any, problem: str
) -> None:
    wrong = said if isinstance(said, str) else json.dumps(said)
    answers = (Answer((wrong[:9], wrong[9:])), Answer(slices(A_SKY, 7)), Answer(("{}",)))
    async with scene(*answers, wire=wire, output=SKY, disable_streaming=whole) as it:
        came = await outcome(it)

        assert (came.ending, came.response, came.text) == ("completed", A_SKY, JSON)
        assert came.model_calls == len(it.server.requests) == 2
        assert problem in it.server.requests[1].prompt
        validations = [event for event in it.events if isinstance(event, ValidationEvent)]
        assert [event.ok for event in validations] == [False, True]
        assert any(problem in error for error in validations[0].errors)
        (restart,) = [event for event in it.events if isinstance(event, StepRestartedEvent)]
        assert (restart.reason, restart.kept_length, restart.attempt) == ("repair", 0, 1)
        assert not it.server.breaches


@WHOLE
@EVERYWHERE
async def test_the_wrong_answer_leaves_no_trace_in_the_conversation(wire: str, whole: bool) -> None:
    answers = (Answer(('{"sky": "snow"}',)), Answer(slices(A_SKY, 7)))
    async with scene(*answers, wire=wire, output=SKY, disable_streaming=whole) as it:
        await outcome(it)
        await it.agent.turn("And now?", turn_id="u")

        asked = json.dumps(it.server.requests[-1].body)
        assert "snow" not in asked
        assert "does not fit" not in asked
        assert "3.5" in asked
        assert not it.server.breaches


@WHOLE
@EVERYWHERE
async def test_tools_may_come_before_the_table(wire: str, whole: bool) -> None:
    answers = (Answer(("I look.", Call("weather", {"city": "Oslo"}))), Answer(slices(A_SKY, 7)))
    async with scene(*answers, wire=wire, output=SKY, disable_streaming=whole) as it:
        came = await outcome(it, (WEATHER,))

        assert (came.response, came.text) == (A_SKY, f"I look.\n\n{JSON}")
        assert len(came.calls) == 1
        assert not it.server.breaches


@WHOLE
@pytest.mark.parametrize(
    ("wire", "message"),
    [
        ("gemini", "Function calling with a response mime type: 'application/json' is unsupported"),
        ("openai", "json mode cannot be combined with tool/function calling"),
    ],
)
async def test_where_tools_and_a_schema_exclude_each_other_the_tools_stay(
    wire: str, message: str, whole: bool
) -> None:
    def choose(request: Request) -> Answer:
        if request.tools and has_schema(request):
            return Answer(status=400, error=message)
        if request.results:
            return Answer(slices(A_SKY, 7))
        return Answer((Call("weather", {"city": "Oslo"}),))

    async with scene(wire=wire, choose=choose, output=SKY, disable_streaming=whole) as it:
        came = await outcome(it, (WEATHER,))

        assert (came.ending, came.response, len(came.calls)) == ("completed", A_SKY, 1)
        assert [request.tools for request in it.server.requests] == [("weather",)] * 3
