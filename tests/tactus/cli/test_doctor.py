import json
import platform
from pathlib import Path

import anyio.to_thread
import pytest

from tests.tactus.cli.command import tactus
from tests.tactus.runtime.test_servers import answering

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


def test_the_settings_in_force_are_shown_with_what_set_them(tmp_path: Path) -> None:
    (tmp_path / "tactus.toml").write_text(
        'engine = "litellm"\nretries = 1\n[limits]\nmemory = 128\n[api_base]\nopenai = "http://a/v1"\n'
    )
    env = {"TACTUS_MODEL": "demo", "TACTUS_RETRIES": "0", "GROQ_API_KEY": KEY}
    given = json.loads(tactus("doctor", "--json", folder=tmp_path, env=env).stdout)
    details = {each["detail"] for each in given["findings"] if each["name"] == "setting"}
    assert {
        "engine = litellm (from tactus.toml)",
        "limits.memory = 128 (from tactus.toml)",
        "model = demo (from TACTUS_MODEL)",
        "retries = 0 (from TACTUS_RETRIES)",
    } <= details
    assert not [detail for detail in details if "cpu" in detail or "api_base" in detail]


def test_a_secret_in_a_base_url_is_not_shown(tmp_path: Path) -> None:
    env = {
        "OPENAI_BASE_URL": "https://gateway.example/v1?api-key=hunter2",
        "TACTUS_API_BASE_FOR_ALL": "https://gateway.example/v1?api-key=hunter2",
    }
    shown = tactus("doctor", folder=tmp_path, env=env)
    assert "✓ base URL: openai: https://gateway.example/v1?…\n" in shown.stdout
    assert "✓ setting: api_base_for_all = https://gateway.example/v1?… (from " in shown.stdout
    assert "hunter2" not in shown.stdout + shown.stderr


@pytest.mark.parametrize("url", ["https://user:hunter2@host/v1", "https://user:hunter2/3@host/v1"])
def test_a_password_in_a_base_url_is_not_shown(url: str, tmp_path: Path) -> None:
    shown = tactus("doctor", folder=tmp_path, env={"OPENAI_BASE_URL": url})
    assert "hunter2" not in shown.stdout + shown.stderr


def test_wrong_settings_are_a_failure_with_2(tmp_path: Path) -> None:
    (tmp_path / "tactus.toml").write_text("modle = 1\n")
    shown = tactus("doctor", folder=tmp_path)
    assert "✗ settings: tactus.toml: modle" in shown.stdout
    assert "✓ Lua" in shown.stdout
    assert shown.returncode == 2


async def test_what_the_settings_name_of_the_outside_is_looked_at(tmp_path: Path) -> None:
    listed = json.dumps({"data": [{"id": "qwen3"}]})
    async with answering(listed) as port:
        (tmp_path / "tactus.toml").write_text(
            f"""
            [models]
            fast = "openai/gpt-4o-mini"
            [providers.mine]
            api_base = "http://127.0.0.1:{port}/v1"
            [providers.far]
            api_base = "https://far.example/v1?key=hunter2"
            key = "FAR_PASS"
            [tools]
            http_hosts = ["api.example.com"]
            files = "notes"
            [mcp.gone]
            command = "no-such-program-here"
            args = ["--token", "hunter2"]
            [mcp.near]
            command = "sh"
            env = {{ A = "hunter2", B = "${{THE_TOKEN}}" }}
            [mcp.web]
            url = "https://mcp.example/mcp?key=hunter2"
            headers = {{ Authorization = "hunter2" }}
            """
        )
        shown = await anyio.to_thread.run_sync(lambda: tactus("doctor", folder=tmp_path))
    lines = shown.stdout.splitlines()
    for line in (
        "✓ model name: fast = openai/gpt-4o-mini",
        f"✓ own provider: mine: openai at http://127.0.0.1:{port}/v1",
        "· own provider: far: openai at https://far.example/v1?…, without FAR_PASS",
        "    Set its key: tactus keys set FAR_PASS",
        "✓ http.get: may ask api.example.com",
        f"· files.*: {tmp_path / 'notes'} is no folder",
        "· MCP server: gone: no-such-program-here, which is no program here",
        "· MCP server: near: sh, without THE_TOKEN",
        "    Set it: tactus keys set THE_TOKEN",
        "✓ MCP server: web: https://mcp.example/mcp?…",
        f"✓ local server: mine at http://127.0.0.1:{port}/v1: qwen3",
        "    Its models are mine/NAME, as mine/qwen3.",
    ):
        assert line in lines
    assert "hunter2" not in shown.stdout + shown.stderr
    assert shown.returncode == 0
