"""The questions of a run, asked on a terminal."""

from pathlib import Path

import pytest

from tactus.cli.question import read_answer
from tactus.runtime.questions import Question
from tests.tactus.cli.command import on_terminal, tactus

ASK = """\
local tone = Human.choose { message = "Which tone?", options = { "warm", "dry" } }
local title = Human.input { message = "A title?", default = "Rain" }
local good = Human.approve { message = "Good?" }
return { answer = tone .. "/" .. title .. "/" .. tostring(good) }
"""
WAIT = 'Human.approve { message = "Good?" }\nreturn "not reached"'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ask.lua").write_text(ASK, encoding="utf-8")
    (tmp_path / "wait.lua").write_text(WAIT, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("flags", [(), ("--stream",)])
def test_a_person_at_the_terminal_answers(folder: Path, flags: tuple[str, ...]) -> None:
    with on_terminal("run", "ask.lua", *flags, folder=folder) as terminal:
        terminal.read_until("2. dry")
        terminal.type("3\n")
        terminal.read_until("That is not one of warm, dry.")
        terminal.type("2\n")
        terminal.read_until("[Rain] >")
        terminal.type("\n")
        terminal.read_until("y/n >")
        terminal.type("no\n")
        assert "dry/Rain/false" in terminal.read_all()
    assert terminal.process.returncode == 0


def test_what_was_typed_ahead_answers_the_next_questions(folder: Path) -> None:
    with on_terminal("run", "ask.lua", folder=folder) as terminal:
        terminal.read_until("Which tone?")
        terminal.type("warm\nSnow\nyes\n")
        assert "warm/Snow/true" in terminal.read_all()


def test_ctrl_c_ends_a_run_that_waits_for_an_answer(folder: Path) -> None:
    with on_terminal("run", "wait.lua", folder=folder) as terminal:
        terminal.read_until("y/n >")
        terminal.type("\x03")
        terminal.read_all()
    assert terminal.process.returncode == 130


def test_the_end_of_the_input_is_no_answer(folder: Path) -> None:
    with on_terminal("run", "wait.lua", folder=folder) as terminal:
        terminal.read_until("y/n >")
        terminal.type("\x04")
        assert "the terminal was closed before the answer" in terminal.read_all()
    assert terminal.process.returncode == 1


def test_a_timeout_takes_the_default_while_the_terminal_waits(folder: Path) -> None:
    text = 'return { good = Human.approve { message = "Good?", timeout = 0.2, default = true } }'
    (folder / "soon.lua").write_text(text, encoding="utf-8")
    with on_terminal("run", "soon.lua", folder=folder) as terminal:
        assert '"good": true' in terminal.read_all()
    assert terminal.process.returncode == 0


def test_where_there_is_no_terminal_nobody_is_asked(folder: Path) -> None:
    done = tactus("run", "wait.lua", folder=folder, stdin="y\n")
    assert done.returncode == 1
    assert "wait.lua:1: procedure: Human.approve: nobody can be asked here" in done.stderr


def test_the_error_of_a_procedure_that_another_runs_is_shown_without_the_lines_of_the_other(
    folder: Path,
) -> None:
    (folder / "outer.lua").write_text('local x = 1\nrun_procedure("inner.lua")', encoding="utf-8")
    (folder / "inner.lua").write_text('local y = 2\nerror("no ink")', encoding="utf-8")
    done = tactus("run", str(folder / "outer.lua"), folder=folder.parent)
    assert f"{folder / 'inner.lua'}:2: procedure: no ink" in done.stderr
    assert "run_procedure" not in done.stderr


@pytest.mark.parametrize(
    ("kind", "default", "line", "value"),
    [
        ("approve", None, " YES ", True),
        ("approve", None, "n", False),
        ("approve", None, "", None),
        ("approve", False, "", False),
        ("approve", None, "perhaps", None),
        ("choose", None, "dry", "dry"),
        ("choose", None, "1", "warm"),
        ("choose", None, "0", None),
        ("choose", None, "3", None),
        ("input", None, " as it is ", " as it is "),
        ("input", "Rain", "", "Rain"),
    ],
)
def test_a_line_is_read_by_the_kind_of_the_question(
    kind: str, default: bool | str | None, line: str, value: bool | str | None
) -> None:
    options = ("warm", "dry") if kind == "choose" else ()
    question = Question("q", "r", kind, "?", options, default=default)  # type: ignore[arg-type]
    assert read_answer(question, line) == value
