"""Questions of runs, answered through the API."""

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.ide_backend.serving import Served, serving
from tests.ide_backend.test_server import Process, running

ASKING = """\
local may = Human.approve { message = "Publish it?" }
local name = Human.input { message = "Whose name?", timeout = 3600, default = "nobody" }
local size = Human.choose { message = "How large?", options = { "small", "large" } }
return { may = may, name = name, size = size }
"""
ONE = 'return { said = Human.input { message = "What?" } }'


async def answer(ide: Served, question: dict[str, Any], value: object) -> tuple[int, Any]:
    response = await ide.post(f"/api/questions/{question['question_id']}", {"answer": value})
    return response.status_code, response.json()


async def test_a_run_waits_for_each_answer_and_ends_with_them(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        run_id = await ide.start(ASKING)
        first = await ide.asked(run_id)
        (listed,) = (await ide.get("/api/questions", run=run_id))["questions"]
        assert listed == {
            "question_id": first["question_id"],
            "run_id": run_id,
            "kind": "approve",
            "message": "Publish it?",
            "options": [],
            "until": None,
        }
        assert await answer(ide, first, True) == (200, {"answered": True})
        second = await ide.asked(run_id, first["seq"])
        assert second["until"] == pytest.approx(time.time() + 3600, abs=60)
        assert (await answer(ide, second, "Ada"))[0] == 200
        third = await ide.asked(run_id, second["seq"])
        (listed,) = (await ide.get("/api/questions"))["questions"]
        assert listed["options"] == ["small", "large"]
        assert (await answer(ide, third, "large"))[0] == 200
        end = (await ide.events(run_id))[-1].json
        assert end["result"] == {"may": True, "name": "Ada", "size": "large"}
        assert (await ide.get("/api/questions")) == {"questions": []}


async def test_a_second_answer_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        run_id = await ide.start(ONE)
        question = await ide.asked(run_id)
        assert (await answer(ide, question, "first"))[0] == 200
        status, refused = await answer(ide, question, "second")
        assert (status, refused["error"]["code"]) == (409, "answered")
        assert refused["error"]["message"] == "the question was answered already, with 'first'"
        assert (await ide.events(run_id))[-1].json["result"] == {"said": "first"}
        assert (await answer(ide, question, "third"))[0] == 409


@pytest.mark.parametrize("wrong", ["yes", 1, None, ["small"], {"a": 1}])
async def test_an_answer_that_does_not_fit_is_refused_and_the_question_waits(
    tmp_path: Path, wrong: object
) -> None:
    async with serving(tmp_path) as ide:
        question = await ide.asked(await ide.start(ASKING))
        assert (await answer(ide, question, wrong))[0] == 422
        assert len((await ide.get("/api/questions"))["questions"]) == 1
        assert (await answer(ide, question, False))[0] == 200


async def test_what_nobody_asked_cannot_be_answered(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        status, refused = await answer(ide, {"question_id": "none"}, True)
        assert (status, refused["error"]["code"]) == (404, "no_question")


async def test_the_questions_of_two_runs_are_two(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        runs = [await ide.start(ONE) for _ in range(2)]
        questions = [await ide.asked(run_id) for run_id in runs]
        assert len((await ide.get("/api/questions"))["questions"]) == 2
        for number, question in enumerate(questions):
            (listed,) = (await ide.get("/api/questions", run=runs[number]))["questions"]
            assert listed["question_id"] == question["question_id"]
            assert (await answer(ide, question, str(number)))[0] == 200
        for number, run_id in enumerate(runs):
            assert (await ide.events(run_id))[-1].json["result"] == {"said": str(number)}


async def test_a_run_that_is_stopped_takes_its_question_with_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        run_id = await ide.start(ONE)
        question = await ide.asked(run_id)
        await ide.post(f"/api/runs/{run_id}/stop", {})
        sent = [one.json for one in await ide.events(run_id)]
        assert sent[-1]["status"] == "stopped"
        told = [one["withdrawn"] for one in sent if one["event_type"] == "question"]
        assert told == [False, True]
        assert (await answer(ide, question, "late"))[0] == 404


async def test_a_key_in_a_question_is_shown_to_nobody(tmp_path: Path) -> None:
    key = "sk-canary-0123456789"
    async with serving(tmp_path, secrets={"OPENAI_API_KEY": key}) as ide:
        question = await ide.asked(await ide.start(f'Human.approve "Is it {key}?"'))
        assert question["message"] == "Is it [hidden]?"
        shown = await ide.client.get("/api/questions")
        assert "Is it [hidden]?" in shown.text
        refused = await ide.post(f"/api/questions/{question['question_id']}", {"answer": key})
        assert refused.status_code == 422
        assert key not in shown.text + refused.text


async def test_a_procedure_runs_another_file_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "part.lua").write_text("return { said = 'from the part' }", encoding="utf-8")
    async with serving(tmp_path) as ide:
        run_id = await ide.start('return run_procedure("part.lua", {})')
        assert (await ide.events(run_id))[-1].json["result"] == {"said": "from the part"}


def test_a_question_asked_before_a_kill_is_answered_after_it(tmp_path: Path) -> None:
    env = {"TACTUS_DURABLE": "true"}
    with running(tmp_path, env=env) as server:
        run_id = server.start(ASKING)
        first = _asked(server, run_id)
        _answer(server, first, True)
        before = _asked(server, run_id, int(first["seq"]))
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    with running(tmp_path, env=env) as server:
        again = _asked(server, run_id, int(before["seq"]))
        same = ("question_id", "message", "until")
        assert [again[name] for name in same] == [before[name] for name in same]
        _answer(server, again, "Ada")
        _answer(server, _asked(server, run_id, int(again["seq"])), "small")
        events = list(server.events(run_id))
        end = events[-1]
        assert (end["status"], end["result"]) == (
            "completed",
            {"may": True, "name": "Ada", "size": "small"},
        )
        answers = [
            event["answer"]
            for event in events
            if event["event_type"] == "question" and "answer" in event
        ]
        assert answers == [True, "Ada", "small"]


def _asked(server: Process, run_id: str, after: int = 0) -> dict[str, Any]:
    for event in server.events(run_id, after):
        if event["event_type"] == "question" and "answer" not in event:
            return event
    raise AssertionError("the run ended without a question")


def _answer(server: Process, question: dict[str, Any], value: bool | str) -> None:
    path = f"/api/questions/{question['question_id']}"
    assert server.client.post(path, json={"answer": value}).json() == {"answered": True}
