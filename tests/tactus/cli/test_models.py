import json
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from tests.tactus.cli.command import tactus
from tests.tactus.runtime.test_servers import answering

KEY = "sk-demo-0123456789abcdefWXYZ"
TOML = """\
[models]
fast = "openai/gpt-4o-mini"
own = "mine/big"
lost = "nonesuch/x"
test = "demo"
[providers.mine]
wire = "anthropic"
api_base = "https://gateway.example/v1?key=hunter2"
key = "MINE_PASS"
"""


def told(folder: Path, **env: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The providers by name, and all that was given."""
    given = json.loads(tactus("models", "--json", folder=folder, env=env).stdout)
    return {row["name"]: row for row in given["providers"]}, given


def test_the_table_says_what_is_missing_and_what_each_can_do(tmp_path: Path) -> None:
    (tmp_path / "tactus.toml").write_text(TOML)
    rows, given = told(tmp_path, OPENAI_API_KEY=KEY)
    assert rows["openai"] == {
        "name": "openai",
        "state": "ready",
        "engine": "native",
        "wire": "openai",
        "key_variables": ["OPENAI_API_KEY"],
        "missing": [],
        "api_base": None,
        "base_setting": "api_base.openai",
        "own": False,
        "supports": dict.fromkeys(("streaming", "tools", "schema", "reasoning", "usage"), True),
    }
    assert (rows["openai_responses"]["wire"], rows["openai_responses"]["state"]) == (
        "responses",
        "ready",
    )
    assert rows["anthropic"]["missing"] == ["ANTHROPIC_API_KEY"]
    assert rows["mine"]["missing"] == ["MINE_PASS"]
    assert rows["mine"]["wire"] == "anthropic"
    assert rows["llamacpp"]["api_base"] == "http://127.0.0.1:8080/v1"
    assert rows["mistral"]["engine"] == "litellm"
    assert rows["mistral"]["supports"]["usage"] is None
    assert rows["deepseek-anthropic"]["supports"]["schema"] is False
    assert {name["name"]: name["state"] for name in given["names"]} == {
        "fast": "ready",
        "own": "no key",
        "lost": "no such provider",
        "test": "ready",
    }
    assert KEY not in json.dumps(given)
    assert "hunter2" not in json.dumps(given)


async def test_servers_of_this_machine_are_found_where_the_settings_put_them(
    tmp_path: Path,
) -> None:
    listed = json.dumps({"data": [{"id": "qwen3"}]})
    async with answering(listed) as llama, answering(listed) as mine:
        (tmp_path / "tactus.toml").write_text(
            f'[providers.mine]\napi_base = "http://localhost:{mine}/api/v2"\n'
        )
        env = {"LLAMACPP_BASE_URL": f"http://127.0.0.1:{llama}/v1"}
        rows, given = await anyio.to_thread.run_sync(lambda: told(tmp_path, **env))
        shown = await anyio.to_thread.run_sync(lambda: tactus("models", folder=tmp_path, env=env))
    assert rows["llamacpp"]["state"] == "ready"
    assert {
        "name": "llama.cpp",
        "provider": "llamacpp",
        "base_url": f"http://127.0.0.1:{llama}/v1",
        "models": ["qwen3"],
        "is_known": True,
    } in given["local"]
    own = next(server for server in given["local"] if server["provider"] == "mine")
    assert own["base_url"] == f"http://127.0.0.1:{mine}/api/v2"
    assert "models: qwen3" in shown.stdout


def test_the_table_is_shown_in_groups(tmp_path: Path) -> None:
    (tmp_path / "tactus.toml").write_text(TOML)
    shown = tactus("models", folder=tmp_path, env={"GROQ_API_KEY": KEY})
    assert shown.returncode == 0
    usable, _, rest = shown.stdout.partition("With a key")
    assert "  demo " in usable
    assert "  groq " in usable
    assert "  openai " in rest
    assert "  mine " in rest
    assert "fast                  openai/gpt-4o-mini (no key)" in usable
    assert KEY not in shown.stdout


@pytest.mark.parametrize("command", ["models", "keys"])
def test_wrong_settings_are_told(command: str, tmp_path: Path) -> None:
    (tmp_path / "tactus.toml").write_text("modle = 1\n")
    shown = tactus(command, folder=tmp_path)
    assert "tactus.toml: modle: there is no such setting" in shown.stderr
    assert shown.returncode == 2
