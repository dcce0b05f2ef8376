import pytest

from tactus.errors import ProcedureError
from tactus.lua.lines import MOST_SHOWN, excerpt, lines_of
from tests.tactus.lua.machines import machine

ENDS = [
    "\n",
    "\r",
    "\r\n",
    "\n\r",
    "\n\n",
    "\r\r",
    "\r\n\r\n",
    "\n\r\n",
    "\f",
    "\v",
    "\x1c",
    "\x85",
]


@pytest.mark.parametrize("end", [*ENDS, "\u2028", "\u2029"])
def test_lines_are_counted_as_lua_counts_them(end: str) -> None:
    text = f"local s = [[{end}]] error('here')"
    with pytest.raises(ProcedureError) as raised:
        machine().load(text, "story.lua")
    line = raised.value.line
    assert line is not None
    assert "error('here')" in lines_of(text)[line - 1]
    assert len(lines_of(text)) == line


def test_an_excerpt_is_the_line_and_the_one_before_it() -> None:
    assert excerpt("a\nb\nc", 3) == [(2, "b"), (3, "c")]
    assert excerpt("a\nb\nc", 1) == [(1, "a")]


@pytest.mark.parametrize("line", [None, 0, -1, 4])
def test_no_excerpt_is_made_of_a_line_that_is_not_there(line: int | None) -> None:
    assert excerpt("a\nb\nc", line) == []


def test_a_long_line_is_cut() -> None:
    long = "x" * (MOST_SHOWN + 1)
    assert excerpt(f"{'y' * MOST_SHOWN}\n{long}", 2) == [
        (1, "y" * MOST_SHOWN),
        (2, f"{'x' * MOST_SHOWN} …"),
    ]
