import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tactus as package
from tests.tactus.cli.command import GREETING, environment, tactus

HEAVY = ("dspy", "litellm", "openai", "tactus.dspy.models", "mcp", "httpx", "httpx2", "httpcore2")


def imported(*args: str, folder: Path) -> set[str]:
    """The modules that `tactus args` had imported when it exited."""
    code = (
        "import atexit, json, sys;"
        "atexit.register(lambda: open('modules.json', 'w').write(json.dumps(list(sys.modules))));"
        "from tactus.__main__ import main; main()"
    )
    subprocess.run([sys.executable, "-c", code, *args], cwd=folder, env=environment(), check=True)
    return set(json.loads((folder / "modules.json").read_text()))


def test_the_version_is_shown(tmp_path: Path) -> None:
    shown = tactus("--version", folder=tmp_path)
    assert shown.stdout == f"tactus {package.__version__}\n"
    assert shown.returncode == 0


@pytest.mark.parametrize("args", [["--help"], ["-h"], []])
def test_help_names_every_command(args: list[str], tmp_path: Path) -> None:
    shown = tactus(*args, folder=tmp_path)
    words = re.findall(r"^  (\w+) ", shown.stdout + shown.stderr, re.MULTILINE)
    assert {"run", "check", "new", "models", "keys", "doctor"} <= set(words)


@pytest.mark.parametrize("command", ["run", "check", "new", "models", "keys", "doctor"])
def test_every_command_explains_itself(command: str, tmp_path: Path) -> None:
    shown = tactus(command, "--help", folder=tmp_path)
    assert shown.stdout.startswith(f"Usage: tactus {command}")


def test_a_misspelt_command_gets_the_nearest_name(tmp_path: Path) -> None:
    shown = tactus("chekc", folder=tmp_path)
    assert "check" in shown.stderr
    assert shown.returncode == 2


def test_a_shell_can_be_given_completion(tmp_path: Path) -> None:
    env = {"_TACTUS_COMPLETE": "complete_bash", "COMP_WORDS": "tactus do", "COMP_CWORD": "1"}
    assert tactus(folder=tmp_path, env=env).stdout.split() == ["doctor"]


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_import_next_to_nothing(option: str, tmp_path: Path) -> None:
    unwanted = {*HEAVY, "pydantic", "lupa", "anyio", "rich", "starlette", "tactus.settings"}
    assert not unwanted & imported(option, folder=tmp_path)


@pytest.mark.parametrize("command", ["check", "new", "keys", "doctor", "run"])
def test_a_command_without_a_model_imports_no_model_library(command: str, tmp_path: Path) -> None:
    (tmp_path / "greeting.lua").write_text(GREETING)
    args = {
        "check": ["check", "greeting.lua"],
        "new": ["new", "other"],
        "keys": ["keys"],
        "doctor": ["doctor"],
        "run": ["run", "greeting.lua", "-p", "name=Ada"],
    }
    assert not set(HEAVY) & imported(*args[command], folder=tmp_path)
