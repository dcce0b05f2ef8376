"""Model servers that run on this machine."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import anyio

_PATIENCE = 0.3  # seconds for all of them together
_LARGEST = 1_000_000  # bytes of an answer


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where a server may listen. `provider` is what Tactus calls its models by."""

    name: str
    provider: str
    port: int
    path: str = "/v1/models"
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that answered. `base_url` is what `--api-base` takes; `models` may be empty."""

    name: str
    provider: str
    base_url: str
    models: tuple[str, ...]


def candidates(environ: Mapping[str, str] | None = None) -> tuple[Candidate, ...]:
    """The usual servers at their usual ports; `OLLAMA_HOST` moves Ollama, on this machine only."""
    host, port = _ollama((os.environ if environ is None else environ).get("OLLAMA_HOST", ""))
    usual = (
        Candidate("LM Studio", "openai", 1234),
        Candidate("llama.cpp", "openai", 8080),
        Candidate("vLLM", "hosted_vllm", 8000),
    )
    if host is None:
        return usual
    return (Candidate("Ollama", "ollama_chat", port, "/api/tags", host), *usual)


async def find_servers(among: Sequence[Candidate] | None = None) -> list[LocalServer]:
    """The model servers that answer on this machine within 300 ms, asked all at once.

    Args:
        among: where to ask, `candidates()` unless given.
    """
    asked = candidates() if among is None else among
    found: dict[Candidate, LocalServer] = {}

    async def ask(candidate: Candidate) -> None:
        models = await _models(candidate)
        if models is not None:
            host = f"[{candidate.host}]" if ":" in candidate.host else candidate.host
            url = f"http://{host}:{candidate.port}/v1"
            found[candidate] = LocalServer(candidate.name, candidate.provider, url, models)

    with anyio.move_on_after(_PATIENCE):
        async with anyio.create_task_group() as tasks:
            for candidate in asked:
                tasks.start_soon(ask, candidate)
    return [found[candidate] for candidate in asked if candidate in found]


async def _models(candidate: Candidate) -> tuple[str, ...] | None:
    """The models that the server names; None when there is no such server."""
    try:
        async with await anyio.connect_tcp(candidate.host, candidate.port) as stream:
            # HTTP/1.0: the answer ends with the connection and is not chunked
            await stream.send(
                f"GET {candidate.path} HTTP/1.0\r\nHost: {candidate.host}\r\n\r\n".encode()
            )
            answer = b""
            async for piece in stream:
                answer += piece
                if len(answer) > _LARGEST:
                    return None
    except (OSError, anyio.BrokenResourceError):
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.split(b" ", 2)[1:2] != [b"200"]:
        return None
    try:
        return _names(json.loads(body))
    except ValueError:
        return None


def _names(listed: Any) -> tuple[str, ...] | None:
    if not isinstance(listed, dict):
        return None
    for key, name in (("models", "name"), ("data", "id")):
        if isinstance(listed.get(key), list):
            models = [model.get(name) for model in listed[key] if isinstance(model, dict)]
            return tuple(model for model in models if isinstance(model, str))
    return None


def _ollama(setting: str) -> tuple[str | None, int]:
    """Host and port of `OLLAMA_HOST`; no host when it is on another machine."""
    try:
        address = urlsplit(setting if "://" in setting else f"//{setting}")
        host, port = address.hostname or "127.0.0.1", address.port or 11434
        if host == "localhost":
            return "127.0.0.1", port
        parsed = ip_address(host)
    except ValueError:
        return None, 11434
    if parsed.is_unspecified:
        return ("127.0.0.1" if parsed.version == 4 else "::1"), port
    return (host if parsed.is_loopback else None), port
