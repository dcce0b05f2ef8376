"""What to do without a key: the models on this machine, and the demo."""

import shlex
from pathlib import Path

import anyio

from tactus.cli.terminal import say
from tactus.runtime.servers import LocalServer, candidates, find_servers
from tactus.settings import Settings


def offer_models(file: Path, settings: Settings | None = None) -> None:
    """Say which local servers could run `file`, and how to run it with the demo model."""
    servers = anyio.run(find_servers, candidates(settings=settings))
    if not servers:
        say("\nNo local model server answered (Ollama, LM Studio, llama.cpp, vLLM).")
    for server in servers:
        say(f"\n{server.name} runs on this machine{_models(server)}:")
        say(f"  {command_for(server, file)}")
    say("\nOr try it with the demo model, which needs no key:")
    say(f"  {shlex.join(['tactus', 'run', str(file), '--model', 'demo', '--stream'])}")


def command_for(server: LocalServer, file: Path) -> str:
    """The command line that runs `file` on `server`."""
    model = f"{server.provider}/{server.models[0] if server.models else 'MODEL'}"
    words = ["tactus", "run", str(file), "--model", model]
    return shlex.join(words if server.is_known else [*words, "--api-base", server.base_url])


def _models(server: LocalServer) -> str:
    return f" with {', '.join(server.models[:5])}" if server.models else ", without a model"
