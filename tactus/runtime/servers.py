"""Model servers that run on this machine."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import anyio

from tactus.settings import Settings

_PATIENCE = 0.3  # seconds for all of them together
_LARGEST = 1_000_000  # bytes of an answer


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where a server may listen.

    `provider` is what Tactus calls its models by, `root` the path of its API, `path` that of its
    list of models. `is_known` says that a run finds it there without being told.
    """

    name: str
    provider: str
    port: int
    path: str = "/v1/models"
    host: str = "127.0.0.1"
    root: str = "/v1"
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that answered. `models` may be empty.

    `base_url` is what `--api-base` takes, needed only where it is not known already.
    """

    name: str
    provider: str
    base_url: str
    models: tuple[str, ...]
    is_known: bool = True


def candidates(
    environ: Mapping[str, str] | None = None, settings: Settings | None = None
) -> tuple[Candidate, ...]:
    """The usual servers, and the user's own providers, on this machine only.

    Each is at its usual port, or where `api_base` of the settings puts it; `OLLAMA_HOST` moves
    Ollama too.
    """
    given = Settings() if settings is None else settings
    usual = [
        Candidate("LM Studio", "lmstudio", 1234),
        Candidate("llama.cpp", "llamacpp", 8080),
        Candidate("vLLM", "vllm", 8000),
    ]
    host, port = _ollama((os.environ if environ is None else environ).get("OLLAMA_HOST", ""))
    if host is not None or "ollama" in given.api_base:
        is_usual = (host, port) == ("127.0.0.1", 11434)
        ollama = Candidate(
            "Ollama", "ollama", port, "/api/tags", host or "127.0.0.1", is_known=is_usual
        )
        usual.insert(0, ollama)
    own = [
        found
        for name, provider in given.providers.items()
        if (found := _at(Candidate(name, name, 0), given.base_of(name) or provider.api_base))
    ]
    moved = (_at(each, given.base_of(each.provider)) for each in usual)
    return (*(each for each in moved if each is not None), *own)


def _at(candidate: Candidate, url: str | None) -> Candidate | None:
    """`candidate`, moved to `url` if there is one; None when that is on another machine."""
    if url is None:
        return candidate
    try:
        place = urlsplit(url)
        host = "127.0.0.1" if place.hostname == "localhost" else place.hostname or ""
        if place.scheme != "http" or not ip_address(host).is_loopback:
            return None
        root, port = place.path.rstrip("/"), place.port or 80
    except ValueError:
        return None
    path = candidate.path if candidate.path == "/api/tags" else f"{root}/models"
    return replace(candidate, host=host, port=port, path=path, root=root, is_known=True)


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
            url = f"http://{host}:{candidate.port}{candidate.root}"
            found[candidate] = LocalServer(
                candidate.name, candidate.provider, url, models, candidate.is_known
            )

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
