import json
from pathlib import Path

import pytest

from tactus.cli.check import check_paths
from tests.tactus.cli.command import PROCEDURES, STORY, tactus


def test_a_good_procedure_passes_without_a_model(tmp_path: Path) -> None:
    (tmp_path / "story.lua").write_text(STORY)
    shown = tactus("check", folder=tmp_path)
    assert shown.stdout == ""
    assert shown.stderr == "1 procedure checked, no error\n"
    assert shown.returncode == 0


def test_every_example_passes(tmp_path: Path) -> None:
    shown = tactus("check", str(PROCEDURES), folder=tmp_path)
    assert (shown.stdout, shown.returncode) == ("", 0)


def test_an_error_has_its_line_its_code_and_its_source(tmp_path: Path) -> None:
    (tmp_path / "good.lua").write_text(STORY)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "bad.lua").write_text("local a = 1\nif a != 1 then end\n")
    shown = tactus("check", ".", folder=tmp_path)
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("sub/bad.lua:2: syntax: ")
    assert lines[1:3] == ["     1 | local a = 1", "     2 | if a != 1 then end"]
    assert "~=" in lines[3]
    assert shown.stderr == "2 procedures checked, 1 with an error\n"
    assert shown.returncode == 3


def test_json_lists_the_problems(tmp_path: Path) -> None:
    (tmp_path / "bad.lua").write_text("x = Agent { modle = 'a/b' }")
    (tmp_path / "bytes.lua").write_bytes(b"\xff")
    shown = tactus("check", "--json", folder=tmp_path)
    given = json.loads(shown.stdout)
    assert (given["ok"], given["checked"]) == (False, 2)
    first, second = given["problems"]
    assert (first["file"], first["line"], first["code"]) == ("bad.lua", 1, "definition")
    assert first["excerpt"] == "     1 | x = Agent { modle = 'a/b' }"
    assert (second["file"], second["code"]) == ("bytes.lua", "input")
    assert shown.returncode == 3


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "story.lua").write_text(STORY)
    shown = tactus("check", "stroy.lua", "story.lua", folder=tmp_path)
    assert 'there is no file stroy.lua. Did you mean "story.lua"?' in shown.stdout
    assert shown.stderr == "2 procedures checked, 1 with an error\n"
    assert shown.returncode == 2


def test_a_fault_at_one_file_leaves_the_others_to_be_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.lua").write_text("=")
    no_path = tmp_path / "a\0b.lua"  # reading it raises what nothing expects
    assert check_paths([no_path, tmp_path / "bad.lua"], verbose=True) == 3
    shown = capsys.readouterr()
    assert "b.lua: error: Tactus itself failed here: ValueError: " in shown.out
    assert "Please report this" in shown.out
    assert "in read_source" in shown.out
    assert "bad.lua:1: syntax: " in shown.out
    assert "2 procedures checked, 2 with an error" in shown.err


@pytest.mark.parametrize("end", ["\f", "\x85", "\u2028", "\x1c"])
def test_the_line_shown_is_the_one_that_lua_counts(end: str, tmp_path: Path) -> None:
    text = f"local s = [[a{end}b]]\nlocal t = nil\nerror('broken')\n"
    (tmp_path / "bad.lua").write_text(text, encoding="utf-8", newline="")
    shown = tactus("check", "bad.lua", folder=tmp_path)
    assert "\n     2 | local t = nil\n     3 | error('broken')\n" in shown.stdout


def test_a_long_line_is_cut(tmp_path: Path) -> None:
    (tmp_path / "bad.lua").write_text(f"x = '{'a' * 5000}' !")
    shown = tactus("check", "bad.lua", folder=tmp_path)
    assert f"     1 | x = '{'a' * 195} …\n" in shown.stdout


@pytest.mark.parametrize("folder", [".hidden", "node_modules"])
def test_folders_of_others_are_left_out(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "bad.lua").write_text("=")
    shown = tactus("check", folder=tmp_path)
    assert "there is no .lua file" in shown.stderr
    assert shown.returncode == 2


def test_inputs_are_stood_in_for(tmp_path: Path) -> None:
    text = "input { n = field.integer{} }\nlocal next = input.n + 1\nreturn { next = next }"
    (tmp_path / "n.lua").write_text(text)
    assert tactus("check", "n.lua", folder=tmp_path).returncode == 0


def test_wrong_settings_are_named(tmp_path: Path) -> None:
    (tmp_path / "tactus.toml").write_text("[limits]\nmemory = -1\n")
    (tmp_path / "story.lua").write_text(STORY)
    shown = tactus("check", folder=tmp_path)
    assert "tactus.toml: limits.memory" in shown.stderr
    assert shown.returncode == 2
