import json
import platform
from pathlib import Path

import pytest

from tests.tactus.cli.command import tactus

KEY = "sk-demo-0123456789abcdefWXYZ"


def findings(folder: Path, **env: str) -> dict[str, dict[str, str]]:
    given = json.loads(tactus("doctor", "--json", folder=folder, env=env).stdout)
    return {finding["name"]: finding for finding in given["findings"]}


def test_a_bare_folder_is_ready_and_each_lack_has_a_fix(tmp_path: Path) -> None:
    shown = tactus("doctor", folder=tmp_path)
    assert f"✓ Python: {platform.python_version()}" in shown.stdout
    assert "✓ Lua: 5.4" in shown.stdout
    assert "· keys: none" in shown.stdout
    assert "Set OPENAI_API_KEY" in shown.stdout
    assert "ready" in shown.stderr
    assert shown.returncode == 0


@pytest.mark.parametrize(
    ("key", "masked"), [(KEY, "…WXYZ"), ("hunter2", "…")], ids=["long", "short"]
)
def test_a_key_is_masked(key: str, masked: str, tmp_path: Path) -> None:
    shown = tactus("doctor", folder=tmp_path, env={"OPENAI_API_KEY": key})
    assert f"✓ keys: OPENAI_API_KEY={masked}\n" in shown.stdout
    assert key not in shown.stdout + shown.stderr


def test_what_is_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "tactus.toml").write_text('[api_base]\nopenai = "http://127.0.0.1:9/v1"\n')
    (tmp_path / ".env").write_text(f"GROQ_API_KEY={KEY}\n")
    found = findings(tmp_path, TACTUS_MODEL="demo")
    assert found["settings file"]["detail"] == str(tmp_path / "tactus.toml")
    assert found[".env"]["detail"] == str(tmp_path / ".env")
    assert "TACTUS_MODEL" in found["variables"]["detail"]
    assert found["base URL"]["detail"] == "openai: http://127.0.0.1:9/v1"
    assert found["keys"]["detail"] == "GROQ_API_KEY=…WXYZ"


def test_wrong_settings_are_a_failure_with_2(tmp_path: Path) -> None:
    (tmp_path / "tactus.toml").write_text("modle = 1\n")
    shown = tactus("doctor", folder=tmp_path)
    assert "✗ settings: tactus.toml: modle" in shown.stdout
    assert "✓ Lua" in shown.stdout
    assert shown.returncode == 2
