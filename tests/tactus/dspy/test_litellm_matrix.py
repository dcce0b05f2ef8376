"""The matrix through LiteLLM: what it can do at all comes out as it does natively."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest

from tests.tactus.dspy.speaking import KEY
from tests.tactus.dspy.test_matrix import CALLS, CASES

USUAL = [
    "plain",
    "one byte at a time",
    "crlf",
    "escaped",
    "a tool",
    "a tool called wrongly",
    "parallel tools",
    "parallel tools in one event",
    "huge arguments",
    "structured",
    "structured, repaired",
    "structured, with a tool",
    "structured, by a model without",
    "cut for length",
    "cannot stream",
    "cannot call tools",
    "bad request",
    "no such key",
    "nothing said",
]
THOUGHTS = ["reasoning", "tools, thoughts and text"]
COUNTED = ["counted", "uncounted"]
ASKED = {  # in what else there is, LiteLLM has slips of its own, or the wire no words
    "openai": [*USUAL, *THOUGHTS, *COUNTED],
    "ollama": USUAL,
    "anthropic": [*USUAL, "reasoning", "counted"],
    "gemini": [*USUAL, *THOUGHTS, "counted"],
}


def told(wire: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.tactus.dspy.litellm_wires", wire, *ASKED[wire]]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert KEY not in ended.stdout + ended.stderr
    return (json.loads(line) for line in ended.stdout.splitlines())


@pytest.mark.timeout(180)  # LiteLLM alone takes seconds to import
@pytest.mark.parametrize("wire", ASKED)
def test_a_turn_through_litellm_is_the_same(wire: str) -> None:
    seen = 0
    for came in told(wire):
        name = came["case"]
        expected = replace(CASES[name].outcome, calls=CALLS.get(name, ()))
        wanted = json.loads(json.dumps(asdict(expected)))
        wanted["cost"] = came["cost"]
        where = f"{name}, {'whole' if came['whole'] else 'streamed'}"
        assert {field: came[field] for field in wanted} == wanted, where
        assert came["engines"] == ["LiteLLMEngine"]
        if name != "no such key":
            assert not came["breaches"], where
        seen += 1
    assert seen == 2 * len(ASKED[wire])
