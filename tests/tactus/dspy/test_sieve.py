"""Calls that are written into text: found whatever the pieces, and never read out of a torn one."""

import json

import pytest

from tactus.dspy.sieve import Sieve, Written

OSLO = Written("weather", {"city": "Oslo"})
CALL = '<tool_call>{"name": "weather", "arguments": {"city": "Oslo"}}</tool_call>'


def sifted(text: str, size: int = 1, *, whole: bool = True) -> tuple[str, list[Written]]:
    sieve = Sieve()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return "".join(map(sieve.feed, pieces)) + sieve.close(whole=whole), sieve.calls


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_call_is_taken_out_of_the_text_around_it(size: int) -> None:
    assert sifted(f"I look. {CALL} < {CALL}", size) == ("I look.  < ", [OSLO, OSLO])
    assert sifted("2 <tool", size, whole=False) == ("2 <tool", [])


@pytest.mark.parametrize(
    "torn", ["", '{"name": "wea', '{"name": "weather", "arguments": {"city": "Os', f"{CALL[11:-1]}"]
)
def test_a_call_that_the_end_of_a_cut_answer_tears_has_no_arguments(torn: str) -> None:
    name = "weather" if "weather" in torn else ""
    assert sifted(f"{CALL}a<tool_call>{torn}", whole=False) == ("a", [OSLO, Written(name, None)])


def test_a_call_that_was_not_ended_by_a_whole_answer_is_read() -> None:
    assert sifted(CALL.removesuffix("</tool_call>")) == ("", [OSLO])


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        ('{"city": "Oslo"}', {"city": "Oslo"}),
        ('{"city": "Oslo",}', {"city": "Oslo"}),
        (" ", {}),
        ("Oslo", None),
        ('["Oslo"]', None),
    ],
)
def test_arguments_that_are_written_as_a_string_are_read(
    arguments: str, read: dict[str, str] | None
) -> None:
    body = json.dumps({"name": "weather", "arguments": arguments})
    assert sifted(f"<tool_call>{body}</tool_call>") == ("", [Written("weather", read)])


@pytest.mark.parametrize("size", [1, 1000])
def test_the_mark_in_a_string_does_not_end_the_call(size: int) -> None:
    code = f'print("{CALL}")'
    body = json.dumps({"name": "run", "arguments": {"code": code}})
    calls = [Written("run", {"code": code}), OSLO]
    assert sifted(f"<tool_call>{body}</tool_call> and {CALL}", size) == (" and ", calls)


@pytest.mark.parametrize("size", [1, 1000])
def test_a_quote_too_many_does_not_swallow_what_follows_the_call(size: int) -> None:
    body = '{"name": "weather", "arguments": {"city": "Oslo""}}'
    text, (first, second) = sifted(f"<tool_call>{body}</tool_call> and {CALL}.", size)
    assert (text, first.name, second) == (" and .", "weather", OSLO)


def test_a_call_of_thousands_of_levels_cannot_be_read() -> None:
    deep = '{"name": ' * 3000
    assert sifted(f"<tool_call>{deep}</tool_call>", 1000) == ("", [Written("", None)])
