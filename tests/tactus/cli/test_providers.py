"""The command against servers on this machine that speak a provider's wire."""

import json
import signal
import subprocess
from pathlib import Path

import anyio
import anyio.to_thread

from tests.providers.openai import Answer, openai_server
from tests.tactus.cli.command import COMMAND, environment, tactus
from tests.tactus.runtime.test_servers import answering

ASK = 'a = Agent { model = "openai/gpt-4o" }\nreturn { text = a("hi").response }'
KEY = "sk-live-0123456789abcdefWXYZ"


async def run(
    *args: str, folder: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    (folder / "ask.lua").write_text(ASK)
    return await anyio.to_thread.run_sync(
        lambda: tactus("run", "ask.lua", *args, folder=folder, env=env)
    )


async def test_api_base_is_for_the_providers_of_the_agents(tmp_path: Path) -> None:
    async with openai_server(Answer(pieces=("Hé", "llo"))) as server:
        shown = await run("--api-base", server.base_url, "--stream", folder=tmp_path)
    assert json.loads(shown.stdout) == {"text": "Héllo"}
    assert "   Héllo\n   openai/gpt-4o · " in shown.stderr
    assert server.requests[0].body["stream"] is True


async def test_api_base_holds_for_agents_that_no_placeholder_reaches(tmp_path: Path) -> None:
    text = f"input {{ n = field.integer{{}} }}\nlocal share = 10 // input.n\n{ASK}"
    (tmp_path / "share.lua").write_text(text)
    async with openai_server(Answer(pieces=("Hello",))) as server:
        args = ("run", "share.lua", "-p", "n=2", "--api-base", server.base_url)
        shown = await anyio.to_thread.run_sync(lambda: tactus(*args, folder=tmp_path))
    assert json.loads(shown.stdout) == {"text": "Hello"}
    assert len(server.requests) == 1


async def test_api_base_is_for_the_model_that_overrides_them(tmp_path: Path) -> None:
    async with openai_server(Answer()) as server:
        args = ("--api-base", server.base_url, "--model", "hosted_vllm/qwen")
        shown = await run(*args, folder=tmp_path)
    assert json.loads(shown.stdout) == {"text": "Once upon a time."}
    assert server.requests[0].body["model"] == "qwen"


async def test_nothing_is_streamed_without_a_listener(tmp_path: Path) -> None:
    async with openai_server(Answer()) as server:
        await run("--api-base", server.base_url, folder=tmp_path)
        await run("--api-base", server.base_url, "--json", folder=tmp_path)
    assert [request.body.get("stream") for request in server.requests] == [None, None]


async def test_a_key_that_is_refused_is_not_shown(tmp_path: Path) -> None:
    answer = Answer(status=401, error=f"Incorrect API key provided: {KEY}")
    async with openai_server(answer) as server:
        args = ("--api-base", server.base_url, "--jsonl", "--stream", "--verbose")
        shown = await run(*args, folder=tmp_path, env={"OPENAI_API_KEY": KEY})
    assert "turn.auth" in shown.stderr
    assert KEY not in shown.stdout + shown.stderr
    assert shown.returncode == 4


async def test_ctrl_c_closes_the_providers_connection(tmp_path: Path) -> None:
    (tmp_path / "ask.lua").write_text(ASK)
    async with openai_server(Answer(pieces=("Once ", "upon"), hold_after=1)) as server:
        command = [*COMMAND, "run", "ask.lua", "--api-base", server.base_url, "--stream"]
        async with await anyio.open_process(command, cwd=tmp_path, env=environment()) as process:
            await server.holding.wait()
            process.send_signal(signal.SIGINT)
            with anyio.fail_after(10):
                await server.gone.wait()
    assert process.returncode == 130


async def test_a_missing_key_offers_the_models_of_this_machine(tmp_path: Path) -> None:
    tags = json.dumps({"models": [{"name": "llama3:latest"}]})
    async with answering(tags) as port:
        shown = await run(folder=tmp_path, env={"OLLAMA_HOST": f"127.0.0.1:{port}"})
    command = "tactus run ask.lua --model ollama/llama3:latest --api-base"
    assert f"  {command} http://127.0.0.1:{port}/v1\n" in shown.stderr
    assert "  tactus run ask.lua --model demo --stream\n" in shown.stderr
    assert shown.returncode == 4
