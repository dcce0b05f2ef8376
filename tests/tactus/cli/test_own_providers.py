"""Providers of the user's own and servers of this machine, over real sockets on every wire."""

import json
from pathlib import Path

import anyio.to_thread
import pytest

from tests.providers import Answer, Request, Server, provider_server
from tests.tactus.cli.command import tactus

OURS = {
    name: f"sk-ours-{name.lower()}-0123456789"
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")
}
THEIRS = "sk-theirs-0123456789"


def sent(request: Request) -> str:
    return json.dumps([request.path, request.headers, request.body])


async def ask(model: str, folder: Path, env: dict[str, str]) -> str:
    """What the model says, streamed."""
    text = f'a = Agent {{ model = "{model}" }}\nreturn {{ text = a("hi").response }}'
    (folder / "ask.lua").write_text(text)
    args = ("run", "ask.lua", "--stream")
    shown = await anyio.to_thread.run_sync(lambda: tactus(*args, folder=folder, env=env))
    assert shown.returncode == 0, shown.stderr
    return str(json.loads(shown.stdout)["text"])


def declare(folder: Path, server: Server, wire: str, key: str = "") -> None:
    (folder / "tactus.toml").write_text(
        f'[providers.mine]\nwire = "{wire}"\napi_base = "{server.base_url}"\n{key}'
    )


@pytest.mark.parametrize("wire", ["openai", "responses", "anthropic", "gemini"])
class TestAnOwnProvider:
    async def test_is_sent_its_own_key(self, wire: str, tmp_path: Path) -> None:
        async with provider_server(wire, Answer(("Hé", "llo"))) as server:
            declare(tmp_path, server, wire, 'key = "MINE_PASS"\n')
            env = {**OURS, "MINE_PASS": THEIRS}
            assert await ask("mine/big", tmp_path, env) == "Héllo"
        (request,) = server.requests
        assert request.model == "big"
        assert THEIRS in sent(request)
        assert "sk-ours" not in sent(request)

    async def test_without_a_key_is_sent_none_of_the_others(
        self, wire: str, tmp_path: Path
    ) -> None:
        async with provider_server(wire, Answer(("Hello",))) as server:
            declare(tmp_path, server, wire)
            assert await ask("mine/big", tmp_path, OURS) == "Hello"
        assert "sk-ours" not in sent(server.requests[0])


@pytest.mark.parametrize("provider", ["llamacpp", "lmstudio", "vllm"])
async def test_a_server_of_this_machine_is_asked_without_a_key(
    provider: str, tmp_path: Path
) -> None:
    async with provider_server("llamacpp", Answer(("Hello",))) as server:
        env = {**OURS, f"{provider.upper()}_BASE_URL": server.base_url}
        assert await ask(f"{provider}/qwen", tmp_path, env) == "Hello"
    assert "sk-ours" not in sent(server.requests[0])


async def test_the_address_of_openai_holds_for_its_other_wire(tmp_path: Path) -> None:
    async with provider_server("responses", Answer(("Hello",))) as server:
        env = {**OURS, "OPENAI_BASE_URL": server.base_url}
        assert await ask("openai_responses/gpt-4o", tmp_path, env) == "Hello"
    assert server.requests[0].route.endswith("/responses")
