"""Every wire, every kind of turn, streamed and not: the same results."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tactus.tool import Tool
from tests.providers import Answer, Call, Request, Thought, Usage
from tests.tactus.dspy.outcomes import A_SKY, SKY, WEATHER, Outcome, outcome, slices
from tests.tactus.dspy.speaking import SPEAKERS, scene

WIRES = list(SPEAKERS)
TEXT = ("Once ", "upon ", "a «time» — 😀.")
SAID = "".join(TEXT)
OSLO, BERGEN = Call("weather", {"city": "Oslo"}), Call("weather", {"city": "Bergen"})
HUGE = "Å" * 70_000
TOOL = (WEATHER,)


def rain(city: str, **given: Any) -> tuple[str, dict[str, Any], Any, str | None]:
    """A call of the tool, as it should have been made."""
    return "weather", {"city": city, **given}, {"city": city, "sky": "rain"}, None


@dataclass(frozen=True)
class Case:
    """A turn: what the server says, what the agent is, and how the turn comes out."""

    answers: tuple[Answer, ...]
    outcome: Outcome
    definition: dict[str, Any] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    choose: Callable[[Request], Answer] | None = None
    requests: int | None = None


def completed(response: Any, *, calls: int = 1, **told: Any) -> Outcome:
    given = {"text": response, "usage": (11 * calls, 7 * calls, 18 * calls, 0, 0), **told}
    return Outcome("completed", None, response, finish="stop", model_calls=calls, **given)


def cannot_stream(request: Request) -> Answer:
    if request.stream:
        return Answer(status=400, error="Streaming is not supported for this model.")
    return Answer(TEXT)


def cannot_call(request: Request) -> Answer:
    if request.tools:
        return Answer(status=400, error="This model does not support tools.")
    if "tool_result" in request.prompt:
        return Answer(("It ", "rains."))
    return Answer(
        (
            "I look. <tool",
            '_call>{"name": "weather", "argu',
            'ments": {"city": "Oslo"}}</tool_call>',
        )
    )


def cannot_keep_to_a_schema(request: Request) -> Answer:
    asked = str(request.body)
    if any(word in asked for word in ("json_schema", "JsonSchema", "responseSchema")):
        return Answer(status=400, error="This model does not support response_format json_schema.")
    return Answer(slices(A_SKY, 7))


CASES = {
    "plain": Case((Answer(TEXT),), completed(SAID)),
    "one byte at a time": Case((Answer(TEXT, write_size=1),), completed(SAID)),
    "seven bytes at a time": Case((Answer(TEXT, write_size=7),), completed(SAID)),
    "crlf": Case((Answer(TEXT, line_end="\r\n"),), completed(SAID)),
    "escaped": Case((Answer(TEXT, escape=True),), completed(SAID)),
    "comments": Case((Answer(TEXT, comment="keep-alive"),), completed(SAID)),
    "byte order mark": Case((Answer(TEXT, before=b"\xef\xbb\xbf"),), completed(SAID)),
    "a tool": Case(
        (Answer(("I look.", replace(OSLO, size=3))), Answer(("It ", "rains."))),
        completed("It rains.", text="I look.\n\nIt rains.", calls=2),
        tools=TOOL,
    ),
    "a tool, one byte at a time": Case(
        (Answer(("I look.", OSLO), write_size=1), Answer(("It ", "rains."), write_size=1)),
        completed("It rains.", text="I look.\n\nIt rains.", calls=2),
        tools=TOOL,
    ),
    "a tool without arguments": Case(
        (Answer((Call("weather", {}),)), Answer(("Where?",))),
        completed("Where?", calls=2),
        tools=TOOL,
    ),
    "a tool called wrongly": Case(
        (Answer((Call("weather", {"town": "Oslo"}),)), Answer((OSLO,)), Answer(("It rains.",))),
        completed("It rains.", calls=3),
        tools=TOOL,
    ),
    "parallel tools": Case(
        (Answer((replace(OSLO, size=4), BERGEN)), Answer(("It rains.",))),
        completed("It rains.", calls=2),
        tools=TOOL,
    ),
    "parallel tools in one event": Case(
        (Answer((OSLO, BERGEN), together=True), Answer(("It rains.",))),
        completed("It rains.", calls=2),
        tools=TOOL,
    ),
    "tools, thoughts and text": Case(
        (
            Answer((Thought("Oslo, "), Thought("I guess."), "I look.", OSLO)),
            Answer((Thought("Hm."), "It rains.")),
        ),
        completed("It rains.", text="I look.\n\nIt rains.", reasoning="Oslo, I guess.Hm.", calls=2),
        tools=TOOL,
        definition={"reasoning": "low"},
    ),
    "huge arguments": Case(
        (Answer((Call("weather", {"city": HUGE}),)), Answer(("It rains.",))),
        completed("It rains.", calls=2),
        tools=TOOL,
    ),
    "structured": Case(
        (Answer(slices(A_SKY, 7)),),
        completed(A_SKY, text="".join(slices(A_SKY, 7))),
        {"output": SKY},
    ),
    "structured, repaired": Case(
        (Answer(slices({"sky": "snow"}, 5)), Answer(slices(A_SKY, 7))),
        completed(A_SKY, text="".join(slices(A_SKY, 7)), calls=2),
        {"output": SKY},
    ),
    "structured, and wrong again": Case(
        (Answer(slices({"sky": "snow"}, 5)),),
        Outcome("failed", "output", text='{"sky": "snow"}'),
        {"output": SKY},
    ),
    "structured, with a tool": Case(
        (Answer((OSLO,)), Answer(slices(A_SKY, 7))),
        completed(A_SKY, text="".join(slices(A_SKY, 7)), calls=2),
        {"output": SKY},
        TOOL,
    ),
    "structured, by a model without": Case(
        (),
        completed(A_SKY, text="".join(slices(A_SKY, 7))),
        {"output": SKY},
        choose=cannot_keep_to_a_schema,
        requests=2,
    ),
    "reasoning": Case(
        (Answer((Thought("Let me "), Thought("see."), *TEXT), usage=Usage(11, 7, reasoning=4)),),
        completed(SAID, reasoning="Let me see.", usage=(11, 7, 18, 0, 4)),
        {"reasoning": "low"},
    ),
    "reasoning that was not asked for": Case(
        (Answer((Thought("Let me "), Thought("see."), *TEXT)),),
        completed(SAID, reasoning="Let me see."),
    ),
    "counted": Case(
        (Answer(TEXT, usage=Usage(120, 30, cached=100, reasoning=20)),),
        completed(SAID, usage=(120, 30, 150, 100, 20)),
    ),
    "uncounted": Case((Answer(TEXT, usage=None),), completed(SAID, usage=(None, None, None, 0, 0))),
    "cut for length": Case(
        (Answer(TEXT, finish_reason="length"),),
        replace(completed(SAID), finish="length"),
    ),
    "cannot stream": Case((), completed(SAID), choose=cannot_stream),
    "cannot call tools": Case(
        (),
        completed("It rains.", text="I look. \n\nIt rains.", calls=2),
        tools=TOOL,
        choose=cannot_call,
        requests=3,
    ),
    "bad request": Case((Answer(status=400, error="No."),), Outcome("failed", "invalid_request")),
    "no such key": Case((Answer(status=401, error="No."),), Outcome("failed", "auth")),
    "nothing said": Case((Answer(()),), Outcome("failed", "empty")),
}
CALLS = {
    "a tool": (rain("Oslo"),),
    "a tool, one byte at a time": (rain("Oslo"),),
    "a tool without arguments": (
        (
            "weather",
            {},
            None,
            "The arguments do not fit: city: is required (string), nothing came. Call again.",
        ),
    ),
    "a tool called wrongly": (
        (
            "weather",
            {"town": "Oslo"},
            None,
            "The arguments do not fit: town: is not declared.; city: is required (string), "
            "nothing came. Call again.",
        ),
        rain("Oslo"),
    ),
    "parallel tools": (rain("Oslo"), rain("Bergen")),
    "parallel tools in one event": (rain("Oslo"), rain("Bergen")),
    "huge arguments": (rain(HUGE),),
    "tools, thoughts and text": (rain("Oslo"),),
    "structured, with a tool": (rain("Oslo"),),
    "cannot call tools": (rain("Oslo"),),
}


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("name", CASES)
async def test_a_turn_is_the_same_on_every_wire_streamed_and_not(name: str, wire: str) -> None:
    case = CASES[name]
    expected = replace(case.outcome, calls=CALLS.get(name, ()))
    costs = []
    for whole in (False, True):
        async with scene(
            *case.answers,
            wire=wire,
            choose=case.choose,
            disable_streaming=whole,
            **case.definition,
        ) as it:
            came = await outcome(it, case.tools)
            costs.append(came.cost)
            if name != "no such key":
                assert not it.server.breaches
            assert replace(came, cost=None) == expected
            if case.requests:
                assert len(it.server.requests) == case.requests
            asked = [request.stream for request in it.server.requests]
            assert asked[-1] is (not whole and name != "cannot stream")
    assert costs[0] == costs[1]
    if wire not in ("ollama", "llamacpp") and expected.ending == "completed":
        assert (costs[0] is None) == (name == "uncounted")
