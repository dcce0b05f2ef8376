import json
import stat
import subprocess
from pathlib import Path

import pytest

from tests.tactus.cli.command import on_terminal, tactus

KEY = "sk-demo-0123456789abcdefWXYZ"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a settings file, and one below it, where the command is called."""
    (tmp_path / "tactus.toml").write_text(
        '[providers.mine]\napi_base = "http://a/v1"\nkey = "MINE"'
    )
    (tmp_path / "below").mkdir()
    return tmp_path / "below"


def test_a_key_is_written_next_to_the_settings_file_for_its_owner_alone(project: Path) -> None:
    shown = tactus("keys", "set", "OPENAI_API_KEY", folder=project, stdin=f"{KEY}\n")
    file = project.parent / ".env"
    assert (shown.returncode, shown.stdout) == (0, "")
    assert f"OPENAI_API_KEY is set in {file}" in shown.stderr
    assert KEY not in shown.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    listed = tactus("keys", folder=project)
    assert listed.stdout == f"OPENAI_API_KEY  …WXYZ  from {file}\n"


def test_other_lines_stay_and_the_file_is_closed_to_others(project: Path) -> None:
    file = project.parent / ".env"
    file.write_text("# mine\nTACTUS_MODEL=demo\nGROQ_API_KEY=old\n")
    file.chmod(0o644)
    tactus("keys", "set", "GROQ_API_KEY", folder=project, stdin="it's-\\new")
    tactus("keys", "set", "MINE", folder=project, stdin=KEY)
    text = file.read_text()
    assert text.startswith("# mine\nTACTUS_MODEL=demo\nGROQ_API_KEY=")
    assert "old" not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    given = json.loads(tactus("keys", "--json", folder=project).stdout)
    assert given == {
        "keys": [
            {"name": "GROQ_API_KEY", "from": str(file), "key": "…"},
            {"name": "MINE", "from": str(file), "key": "…WXYZ"},
        ],
        "env_file": str(file),
    }


@pytest.mark.parametrize(
    ("provider", "variable"),
    [("anthropic", "ANTHROPIC_API_KEY"), ("mistral", "MISTRAL_API_KEY"), ("mine", "MINE")],
)
def test_a_provider_stands_for_its_variable(provider: str, variable: str, project: Path) -> None:
    shown = tactus("keys", "set", provider, folder=project, stdin=KEY)
    assert f"{variable} is set in" in shown.stderr
    assert f"{variable}='{KEY}'\n" in (project.parent / ".env").read_text()


def test_a_person_types_the_key_unseen(project: Path) -> None:
    with on_terminal("keys", "set", "OPENAI_API_KEY", folder=project) as terminal:
        terminal.read_until("OPENAI_API_KEY: ")
        terminal.type(f"{KEY}\n")
        shown = terminal.read_all()
    assert "is set in" in shown
    assert KEY not in shown
    assert KEY in (project.parent / ".env").read_text()


def test_nothing_changes_when_a_person_thinks_better_of_it(project: Path) -> None:
    with on_terminal("keys", "set", "OPENAI_API_KEY", folder=project) as terminal:
        terminal.read_until("OPENAI_API_KEY: ")
        terminal.type("\x03")
        assert "no key was given; nothing is changed" in terminal.read_all()
    assert not (project.parent / ".env").exists()


@pytest.mark.parametrize(
    "args",
    [
        ["OPENAI_API_KEY", KEY],
        [f"OPENAI_API_KEY={KEY}"],
        ["OPENAI_API_KEY", f"--key={KEY}"],
        [KEY],
        [KEY.upper().replace("-", "_")],
    ],
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(
    args: list[str], project: Path
) -> None:
    shown = tactus("keys", "set", *args, folder=project, stdin=f"{KEY}\n")
    assert shown.returncode == 2
    assert "error" in shown.stderr or "input" in shown.stderr
    assert not any(secret in shown.stdout + shown.stderr for secret in (KEY, "ABCDEFWXYZ"))
    assert not (project.parent / ".env").exists()


@pytest.mark.parametrize("typed", ["", "\n", "two words\n", "kéy\n", "k\x00ey\n"])
def test_what_cannot_be_a_key_is_refused(typed: str, project: Path) -> None:
    shown = tactus("keys", "set", "OPENAI_API_KEY", folder=project, stdin=typed)
    assert shown.returncode == 2
    assert not (project.parent / ".env").exists()


def test_a_key_is_removed_from_the_file(project: Path) -> None:
    tactus("keys", "set", "OPENAI_API_KEY", folder=project, stdin=KEY)
    assert tactus("keys", "rm", "openai", folder=project).returncode == 0
    assert tactus("keys", folder=project).stdout == ""
    again = tactus("keys", "rm", "openai", folder=project, env={"OPENAI_API_KEY": KEY})
    assert "does not stand in" in again.stderr
    assert "it is set in the environment" in again.stderr
    assert again.returncode == 2


def test_the_environment_wins_and_it_is_said(project: Path) -> None:
    env = {"OPENAI_API_KEY": "sk-another-0123456789"}
    shown = tactus("keys", "set", "OPENAI_API_KEY", folder=project, stdin=KEY, env=env)
    assert "The environment sets OPENAI_API_KEY to another key, which wins." in shown.stderr
    listed = tactus("keys", folder=project, env=env)
    assert listed.stdout == "OPENAI_API_KEY  …6789  from the environment\n"


def test_a_file_that_git_would_take_up_is_told(project: Path) -> None:
    subprocess.run(["git", "init", "-q", str(project.parent)], check=True)
    hint = "Add .env to .gitignore"
    assert hint in tactus("keys", "set", "MINE", folder=project, stdin=KEY).stderr
    (project.parent / ".gitignore").write_text(".env\n")
    assert hint not in tactus("keys", "set", "MINE", folder=project, stdin=KEY).stderr


def test_a_file_that_cannot_be_written_is_told(project: Path) -> None:
    (project.parent / ".env").mkdir()
    shown = tactus("keys", "set", "MINE", folder=project, stdin=KEY)
    assert f"{project.parent / '.env'} cannot be written: " in shown.stderr
    assert shown.returncode == 2
