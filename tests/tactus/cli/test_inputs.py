"""What comes from outside is JSON, or it ends at the border."""

import json
from pathlib import Path

import pytest

from tests.tactus.cli.command import on_terminal, tactus

TEXT = """\
input {
    text = field.string{required = false},
    count = field.integer{required = false},
    list = field.array{required = false},
}
return { text = input.text, count = input.count }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "taking.lua").write_text(TEXT)
    return tmp_path


@pytest.mark.parametrize(
    ("param", "said"),
    [
        (f"count={'9' * 400}", "count is an integer of more than 64 bits"),
        ("count=NaN", "count: is nan, a number that JSON does not have"),
        ("count=1e999", "count: is inf, a number that JSON does not have"),
        ("list=[1, -Infinity]", "list[2]: is -inf"),
        (f"list={'[' * 100_000}", "list: is nested too deeply"),
        (f"list={'[' * 200}{']' * 200}", "is nested deeper than"),
        ("text=a\udcff", "text: holds '\\udcff', which is no character of UTF-8"),
        ('list=["\\ud800"]', "list: holds '\\ud800', which is no character of UTF-8"),
        ("te\udcffxt=a", "which is no character of UTF-8"),
    ],
    ids=lambda value: value[:20].encode("ascii", "replace").decode(),
)
@pytest.mark.parametrize("option", ["--jsonl", "--json"])
def test_a_param_that_is_no_json_is_refused(
    option: str, param: str, said: str, folder: Path
) -> None:
    shown = tactus("run", "taking.lua", option, "-p", param, folder=folder)
    assert said in shown.stderr
    assert "Traceback" not in shown.stderr
    assert shown.returncode == 2
    if option == "--json":
        assert json.loads(shown.stdout)["error"]["code"] == "input"


def test_a_param_is_refused_also_where_no_input_is_declared(tmp_path: Path) -> None:
    (tmp_path / "none.lua").write_text("return 1")
    shown = tactus("run", "none.lua", "--jsonl", "-p", "a=\udcff", folder=tmp_path)
    assert "a: holds '\\udcff', which is no character of UTF-8" in shown.stderr
    assert shown.returncode == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('{"list": ' + "[" * 100_000, "is nested too deeply"),
        ('{"count": NaN}', "count: is nan"),
        ('{"count": ' + "9" * 400 + "}", "count is an integer of more than 64 bits"),
        ('{"text": "a\\ud800b"}', "text: holds '\\ud800', which is no character of UTF-8"),
    ],
    ids=["deep", "nan", "large", "half a character"],
)
def test_a_file_of_inputs_is_json_too(data: str, said: str, folder: Path) -> None:
    (folder / "in.json").write_text(data)
    shown = tactus("run", "taking.lua", "--params", "in.json", folder=folder)
    assert f"--params in.json{'' if 'nested' in said else ':'} {said}" in shown.stderr
    assert shown.returncode == 2


def test_a_file_of_inputs_may_begin_with_a_byte_order_mark(folder: Path) -> None:
    (folder / "in.json").write_text('{"text": "é"}', encoding="utf-8-sig")
    shown = tactus("run", "taking.lua", "--params", "in.json", folder=folder)
    assert json.loads(shown.stdout) == {"text": "é"}


def test_an_answer_that_is_no_json_is_asked_for_again(tmp_path: Path) -> None:
    text = "input { n = field.number{}, s = field.string{} } return { n = input.n, s = input.s }"
    (tmp_path / "asking.lua").write_text(text)
    with on_terminal("run", "asking.lua", folder=tmp_path) as terminal:
        for question, answer in (
            ("n (number)", "NaN"),
            ("n: is nan", "9" * 400),
            ("more than 64 bits", "7"),
            ("s (string)", "\udcff"),
            ("no character of UTF-8", "é"),
        ):
            terminal.read_until(question)
            terminal.type(f"{answer}\n")
        shown = terminal.read_all()
    assert '"n": 7' in shown
    assert '"s": "é"' in shown


@pytest.mark.parametrize("name", ["st\udcffry.lua", "störy.lua"])
def test_a_file_may_have_any_name(name: str, tmp_path: Path) -> None:
    said = name.replace("\udcff", "\\xff")
    made = tactus("new", name, "--template", "storyteller", folder=tmp_path)
    assert made.returncode == 0
    (tmp_path / name).write_text("error('broken')")
    shown = tactus("run", name, "--jsonl", folder=tmp_path)
    started, failed, _ = (json.loads(line) for line in shown.stdout.splitlines())
    assert started["procedure"] == failed["file"] == said
    assert f"{said}:1: procedure: broken" in shown.stderr
    checked = tactus("check", name, "--json", folder=tmp_path)
    assert json.loads(checked.stdout)["problems"][0]["file"] == said
