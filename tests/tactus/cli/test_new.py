import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.tactus.cli.command import PROCEDURES, REPOSITORY, tactus

TEMPLATES = sorted(path.stem for path in PROCEDURES.glob("*.lua"))


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_procedure_is_right_from_the_start(template: str, tmp_path: Path) -> None:
    shown = tactus("new", "mine", "--template", template, folder=tmp_path)
    assert "tactus run mine.lua --model demo --stream" in shown.stderr
    text = (tmp_path / "mine.lua").read_text(encoding="utf-8")
    assert text.startswith("-- mine.lua: ")
    assert f"{template}.lua" not in text
    assert tactus("check", "mine.lua", folder=tmp_path).returncode == 0


def test_the_command_to_run_it_can_be_pasted(tmp_path: Path) -> None:
    shown = tactus("new", "my story", folder=tmp_path)
    assert "  tactus run 'my story.lua' --model demo --stream\n" in shown.stderr


@pytest.mark.parametrize("name", ["", " ", ".lua", "folder/"])
def test_a_procedure_without_a_name_is_not_made(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    shown = tactus("new", name, folder=tmp_path)
    assert "a procedure needs a name" in shown.stderr
    assert shown.returncode == 2
    assert not list(tmp_path.rglob("*.lua"))


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.lua").write_text("return 1")
    shown = tactus("new", "mine.lua", folder=tmp_path)
    assert "mine.lua is there already" in shown.stderr
    assert (tmp_path / "mine.lua").read_text() == "return 1"
    assert shown.returncode == 2


def test_a_misspelt_template_gets_the_nearest_name(tmp_path: Path) -> None:
    shown = tactus("new", "mine", "--template", "storytelle", folder=tmp_path)
    assert 'Did you mean "storyteller"?' in shown.stderr
    assert not list(tmp_path.iterdir())
    assert shown.returncode == 2


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    shown = tactus("new", "nowhere/mine", folder=tmp_path)
    assert "nowhere/mine.lua cannot be written" in shown.stderr
    assert shown.returncode == 2


def test_the_wheel_brings_the_templates(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    (tmp_path / "work").mkdir()
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    command = [sys.executable, "-m", "tactus", "new", "mine"]
    subprocess.run(command, cwd=tmp_path / "work", env=env, check=True, capture_output=True)
    assert "storyteller = Agent" in (tmp_path / "work" / "mine.lua").read_text(encoding="utf-8")
