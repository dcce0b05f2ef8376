"""Answers that are tables, on every wire: asked for, read, checked, asked for once more."""

import json
import time
from typing import Any

import pytest

from tactus.dspy.structured import read
from tactus.events import StepRestartedEvent, ValidationEvent
from tactus.fields import FieldDefinition
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


NO_OBJECT: tuple[dict[str, Any], tuple[str, ...]] = ({}, ("the answer is not a JSON object",))
PLACE = {
    "sky": FieldDefinition(type="string", enum=("rain", "sun")),
    "wind": FieldDefinition(type="number", required=False),
    "within": FieldDefinition(type="object", required=False),
}
RAIN = '{"sky": "rain"}'


@pytest.mark.parametrize(
    "text",
    [
        f"I use {{curly}} form: {RAIN}",
        f"{RAIN} Note: {{ok}}",
        f"{RAIN} Note: {{note: this}}",
        f'<think>{{"x": 1}}</think>{RAIN}',
        f"```python\nx = {{1: 2}}\n```\n{RAIN}",
        f"```python\nx = {{1: 2}}\n```\n```json\n{RAIN}\n```",
        f'Not {{"sky": "sun"}} but {RAIN}, and not {{"sky": "snow"}}',
        'I use {curly} form: {"sky": "rain",}',
        '{"sky": "rain", "within": {"sky": "sun"},}',
        '{"sky": "rain", // not the other\n "within": {"sky": "sun"}}',
        '{"sky": "rain", "wind": null, "within": {"sky": "sun"}',
    ],
)
def test_the_last_object_that_fits_is_the_answer(text: str) -> None:
    value, problems = read(PLACE, text)
    assert (value["sky"], problems) == ("rain", ())


def test_where_no_object_fits_the_last_is_told_about() -> None:
    _, problems = read(PLACE, '{"sky": "hail"} or rather {"sky": "snow"}.')
    assert problems == ('sky: must be one of "rain", "sun"; "snow" came',)


@pytest.mark.parametrize(
    "text", ["", "It rains.", "[1]", f"[{RAIN}]", f"```json\n[{RAIN}, {RAIN}]\n```", '"rain"', "{"]
)
def test_what_is_no_object_is_told_as_such(text: str) -> None:
    assert read(PLACE, text) == NO_OBJECT


@pytest.mark.parametrize("end", ["", "1" + "}" * 3000])
@pytest.mark.parametrize("level", ['{"within":', '{"within": {within:', '{"within": ['])
def test_an_answer_of_thousands_of_levels_is_no_object(level: str, end: str) -> None:
    assert read(PLACE, level * 3000 + end) == NO_OBJECT


@pytest.mark.parametrize(
    "within", ['{"a": ' * 60 + "1" + "}" * 60, f'{{"n": {10**30}}}', r'{"half": "\ud83e"}']
)
def test_what_a_procedure_could_not_hold_does_not_fit(within: str) -> None:
    _, (problem,) = read(PLACE, f'{{"sky": "rain", "within": {within}}}')
    assert problem.startswith("the answer is nested too deeply, or has too large an integer")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_does_not_fit(number: str) -> None:
    _, (problem,) = read(PLACE, f'{{"sky": "rain", "wind": {number}}}')
    assert problem.startswith("wind: must be a number; ")


@pytest.mark.parametrize(
    "torn",
    [
        '{"sky": "rain"',
        '{"sky": "rain", "wi',
        '{"sky": "rain", "wind": 12',
        '{"sky": "rain", "within": {"sky": "sun"}, ',
        'First {"sky": "sun"}, then {"sky": "rain", "wi',
    ],
)
def test_what_a_cut_answer_breaks_off_in_is_not_mended(torn: str) -> None:
    assert read(PLACE, torn, whole=False) == NO_OBJECT
    assert read(PLACE, torn)[1] == ()


def test_what_a_cut_answer_had_ended_before_is_taken() -> None:
    assert read(PLACE, f"{RAIN} That is bec", whole=False) == ({"sky": "rain"}, ())


def test_a_long_answer_of_broken_objects_is_read_in_bounded_time() -> None:
    start = time.monotonic()
    assert read(PLACE, '{"a' * 10_000)[1]
    assert time.monotonic() - start < 5  # about 0.3 s; without the bound, minutes
