"""Every example runs, with the demo model, and does what its header says."""

from pathlib import Path
from typing import Any

import pytest

from tactus.errors import LimitError
from tactus.runtime.files import below
from tactus.runtime.questions import Answer, Question, Questions
from tactus.runtime.run import RunResult
from tactus.runtime.runtime import Runtime
from tactus.settings import Limits, Settings

FOLDER = Path(__file__).parents[1] / "procedures"
FAST = {"tokens_per_second": 100_000, "time_to_first_token": 0}


async def run(
    file: str,
    limits: Limits | None = None,
    model: str = "demo",
    questions: Questions | None = None,
    **params: Any,
) -> RunResult:
    settings = Settings.model_validate({"model": model, "demo": FAST})
    settings = settings.model_copy(update={"limits": limits or Limits()})
    runtime = Runtime(settings, questions=questions)
    text, read = (FOLDER / file).read_text(encoding="utf-8"), below(FOLDER)
    return await runtime.prepare(text, file, params, handler=lambda _: None, read=read).drive()


async def test_storyteller_returns_its_story() -> None:
    result = await run("storyteller.lua")
    assert result.error is None
    assert len(result.value["story"]) > 100


async def test_pipeline_gives_each_agent_what_the_one_before_it_wrote() -> None:
    result = await run("pipeline.lua", interest="rainy days")
    assert result.error is None
    assert [step.name for step in result.steps] == ["greeter", "analyzer", "summarizer"]
    assert set(result.value) == {"greeting", "analysis", "summary", "tokens"}
    assert result.value["tokens"] > 0


async def test_structured_returns_typed_values() -> None:
    result = await run("structured.lua", city="Lisbon")
    assert result.error is None
    assert isinstance(result.value["score"], int)
    assert all(isinstance(tag, str) for tag in result.value["tags"])
    assert isinstance(result.value["river"], str)


@pytest.mark.parametrize(("model", "calls"), [("demo", ["look_up", "taste"]), ("demo/echo", [])])
async def test_tools_are_called_by_a_model_that_calls_tools(model: str, calls: list[str]) -> None:
    result = await run("tools.lua", model=model, dish="soup")
    assert result.error is None
    assert result.value["calls"] == calls
    assert result.value["looked"] is bool(calls)
    assert "taster" in [step.name for step in result.steps] or not calls


async def test_parallel_brings_all_lines_and_one_title() -> None:
    result = await run("parallel.lua", topic="rain")
    assert result.error is None
    assert all("rain" in line for line in result.value["lines"].values())
    assert result.value["chosen_by"] in ("bold", "brief")
    assert len(result.value["number"]) == 8


async def test_approval_takes_its_defaults_where_nobody_can_be_asked() -> None:
    result = await run("approval.lua")
    assert result.error is None
    assert "warm" in result.value["announcement"]
    assert (result.value["published"], result.value["rounds"]) == (False, 1)


async def test_approval_goes_on_until_the_person_is_content() -> None:
    class Person:
        def __init__(self) -> None:
            self.said: list[bool | str] = ["dry", False, "More rain.", True, True]

        async def ask(self, _: Question) -> Answer:
            return Answer(self.said.pop(0))

    result = await run("approval.lua", questions=Person())
    assert result.error is None
    assert "More rain." in result.value["announcement"]
    assert (result.value["published"], result.value["rounds"]) == (True, 2)


async def test_nested_runs_two_other_procedures_as_its_parts() -> None:
    result = await run("nested.lua", city="Lisbon")
    assert result.error is None
    assert len(result.value["story"]) > 100
    assert result.value["waited"] is True
    assert {step.name for step in result.steps} == {"storyteller", "extractor"}


async def test_conversation_remembers_until_it_is_told_to_forget() -> None:
    result = await run("conversation.lua", name="Grace")
    assert result.error is None
    assert "Grace" in result.value["remembered"]
    assert "Grace" not in result.value["forgotten"]


@pytest.mark.parametrize(
    ("attempt", "limit"),
    [
        ("instructions", "instructions"),
        ("memory", "memory"),
        ("recursion", "stack"),
        ("pattern", "instructions"),
        ("coroutines", "coroutines"),
    ],
)
async def test_limits_stops_each_attempt_by_name(attempt: str, limit: str) -> None:
    limits = Limits(instructions=20_000_000)
    params: dict[str, Any] = {"try": attempt}
    result = await run("limits.lua", limits, **params)
    assert isinstance(result.error, LimitError)
    assert result.error.limit == limit


async def test_limits_does_nothing_by_default() -> None:
    assert (await run("limits.lua")).value == {"survived": "nothing"}


def test_every_procedure_is_run_by_a_test() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in FOLDER.glob("*.lua") if f'"{path.name}"' not in text] == []
