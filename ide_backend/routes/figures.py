"""What turns took and cost, which models there are, and how the server is."""

import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from importlib import import_module
from typing import Any

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from ide_backend.backend import backend_of
from ide_backend.problem import json_response
from ide_backend.routes.asked import number_of
from tactus import __version__
from tactus.runtime.servers import LocalServer, candidates, find_servers
from tactus.settings import Settings
from tactus.store.analytics import analytics as ask_analytics

_DAY = 86_400_000  # ms
_HOUR = 3_600_000


async def analytics(request: Request) -> Response:
    """Time to first token, duration, tokens and cost: by model, by agent, and over time."""
    now = time.time_ns() // 1_000_000
    since = number_of(request, "since", now - 7 * _DAY)
    bucket = number_of(request, "bucket", _HOUR, least=1_000)
    ask = partial(ask_analytics, since=since, bucket=bucket)
    return json_response(await backend_of(request).log.query(ask))


async def models(request: Request) -> Response:
    """The providers and whether each is ready, and the model servers on this machine."""
    settings = backend_of(request).settings
    providers: list[dict[str, Any]] = []
    local: list[LocalServer] = []

    async def ask_providers() -> None:
        providers.extend(await anyio.to_thread.run_sync(_providers, settings))

    async def ask_servers() -> None:
        local.extend(await find_servers(candidates(settings=settings)))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_providers)
        tasks.start_soon(ask_servers)
    shown = [{"name": s.name, "base_url": s.base_url, "models": s.models} for s in local]
    return json_response({"providers": providers, "local": shown})


async def health(request: Request) -> Response:
    """Whether the server can run procedures and write their events."""
    backend = backend_of(request)
    failure = backend.log.failure
    state: dict[str, Any] = {"ok": failure is None, "version": __version__}
    state["runs"] = backend.supervisor.count
    if failure is not None:
        state["problem"] = failure.message
    return json_response(state)


def _providers(settings: Settings) -> list[dict[str, Any]]:
    module = import_module("tactus.dspy.providers")  # imports DSPy, which takes a second
    usual: Callable[[Settings], list[Any]] = module.usual_providers
    return [asdict(state) for state in usual(settings)]
