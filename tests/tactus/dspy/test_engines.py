import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.tactus.dspy.speaking import KEY


def turns(*engines: str, **environment: str) -> dict[tuple[str, bool], dict[str, Any]]:
    """Turns told by a process of their own, by the kind of answer and whether it was streamed."""
    command = [sys.executable, "-m", "tests.tactus.dspy.litellm_turns", *engines]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    assert KEY not in ended.stdout + ended.stderr
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    return {(turn["answer"], turn["streamed"]): turn for turn in told}


@pytest.mark.timeout(180)
def test_litellm_gives_the_same_turns_when_it_is_asked_for() -> None:
    told = turns("litellm")

    for streamed in (True, False):
        whole = told["whole", streamed]
        assert whole["litellm"]
        assert (whole["text"], whole["tokens"]) == ("Once upon a time.", 18)
        assert whole["cost"] == pytest.approx(11 * 0.15e-6 + 7 * 0.6e-6)
        refused = told["refused", streamed]
        uncounted = told["uncounted", streamed]
        assert uncounted["text"] == "Once upon a time."
        assert (uncounted["tokens"], uncounted["input"], uncounted["cost"]) == (None, None, None)
        assert told["sliced", streamed]["text"] == "a😀b"
        assert refused["reason"] == "auth"
        assert refused["message"] == "openai refused the key: No such key: [hidden]"
    assert told["whole", True]["shown"] == "Once upon a time."
    assert told["whole", True]["chunks"] == 3
    cut = told["cut", True]
    assert (cut["reason"], cut["text"], cut["shown"]) == ("truncated", "Once upon ", "Once upon ")
    declined = told["declined", True]
    assert (declined["reason"], declined["text"]) == ("refused", "")
    assert declined["message"] == "gpt-4o-mini refused to answer: I cannot."


def test_a_base_url_in_the_environment_does_not_bring_litellm_in() -> None:
    told = turns("auto", OPENAI_BASE_URL="http://127.0.0.1:1/v1", OPENAI_API_BASE="http://x/v1")

    assert told["whole", True]["text"] == "Once upon a time."
    assert not any(turn["litellm"] for turn in told.values())


def test_turns_leave_no_cache_of_answers_behind(tmp_path: Path) -> None:
    turns("auto", HOME=str(tmp_path))

    assert list(tmp_path.iterdir()) == []
