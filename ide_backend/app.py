"""The application: its parts for as long as it serves, and its routes."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from ide_backend.backend import Backend, backend_of
from ide_backend.hub import Hub
from ide_backend.problem import Problem
from ide_backend.routes import descriptions, figures, files, page, questions, runs, streams
from ide_backend.security import Door, Security
from ide_backend.supervisor import Supervisor
from ide_backend.workspace import Workspace
from tactus.errors import TactusError
from tactus.settings import Settings
from tactus.store.log import LogFiles, open_log

_LOGGER = logging.getLogger("tactus.ide")
_LAST_WORDS = 1.0  # seconds that runs have to end when the server does

Endpoint = Callable[[Request], Any]


class Server:
    """What a server is told from outside while it serves; its parts come with the lifespan."""

    def __init__(self) -> None:
        self.backend: Backend | None = None

    async def wind_down(self) -> None:
        """Stop the runs, then end every stream; each reader still gets the end of its run."""
        if self.backend is None:
            return
        with anyio.move_on_after(_LAST_WORDS):
            await self.backend.supervisor.stop_all()
        self.backend.hub.close()

    async def streams_ended(self, patience: float) -> None:
        """Wait until every stream has sent its last words, at most `patience` seconds."""
        if self.backend is not None:
            with anyio.move_on_after(patience):
                await self.backend.hub.quiet()


def create_app(
    *,
    settings: Settings,
    folder: Path,
    log_folder: Path | LogFiles,
    door: Door,
    server: Server | None = None,
) -> ASGIApp:
    """The IDE's application.

    Args:
        settings: those of every run.
        folder: the workspace.
        log_folder: where the event log is kept, or its files, already open; one server has it at
            a time.
        door: who may come in.
        server: told the parts while they live; for a clean end, call its `wind_down`.
    """
    told = server or Server()
    workspace = Workspace(folder)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Backend]]:
        async with open_log(log_folder) as log, anyio.create_task_group() as tasks:
            hub = Hub(log, tasks)
            supervisor = Supervisor(settings, workspace.root, log, hub, tasks)
            backend = Backend(settings, workspace, door, log, hub, supervisor)
            told.backend = backend
            if settings.durable:
                await _go_on(supervisor, log.folder)
            try:
                yield {"backend": backend}
            finally:
                await told.wind_down()
                await supervisor.aclose()
                tasks.cancel_scope.cancel()

    app = Starlette(
        routes=routes(),
        lifespan=lifespan,
        exception_handlers={
            Problem: _problem,
            TactusError: _error,
            HTTPException: _http,
            Exception: _defect,
        },
    )
    app.router.redirect_slashes = False
    return Security(app, door)


async def _go_on(supervisor: Supervisor, folder: Path) -> None:
    from tactus.engine.durable import FILE, DurableEngine  # takes half a second

    await supervisor.go_on(DurableEngine(folder / FILE, supervisor.drive))


def routes() -> list[BaseRoute]:
    """Every route of the server."""

    def route(path: str, endpoint: Endpoint, method: str = "GET") -> Route:
        return Route(path, endpoint, methods=[method], name=endpoint.__name__)

    return [
        route("/", page.page),
        Mount("/assets", page.assets(), name="assets"),
        route("/api/session", page.session, "POST"),
        route("/api/files", files.list_files),
        route("/api/files", files.new_file, "POST"),
        route("/api/files/{path:path}", files.read_file),
        route("/api/files/{path:path}", files.write_file, "PUT"),
        route("/api/files/{path:path}", files.delete_file, "DELETE"),
        route("/api/templates", files.list_templates),
        route("/api/check", files.check, "POST"),
        route("/api/language", files.language),
        route("/api/runs", runs.list_runs),
        route("/api/runs", runs.start_run, "POST"),
        route("/api/runs/{id}", runs.one_run),
        route("/api/runs/{id}", runs.delete_run, "DELETE"),
        route("/api/runs/{id}/stop", runs.stop_run, "POST"),
        route("/api/runs/{id}/rerun", runs.rerun, "POST"),
        route("/api/runs/{id}/events", streams.run_events),
        route("/api/events", streams.all_events),
        route("/api/stream", streams.run_and_stream, "POST"),
        route("/api/questions", questions.list_questions),
        route("/api/questions/{id}", questions.answer_question, "POST"),
        route("/api/turns", runs.list_turns),
        route("/api/analytics", figures.analytics),
        route("/api/models", figures.models),
        route("/api/health", figures.health),
        route("/api/openapi.json", descriptions.openapi),
        route("/api/schema/events.json", descriptions.event_schema),
    ]


async def _problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)  # noqa: S101
    problem.error = backend_of(request).supervisor.redactor.data(problem.error)
    return problem.response()


async def _error(request: Request, error: Exception) -> Response:
    assert isinstance(error, TactusError)  # noqa: S101
    return await _problem(request, Problem.of(error))


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = {404: "not_found", 405: "method"}.get(error.status_code, "http")
    return Problem(error.status_code, code, error.detail).response()


async def _defect(_: Request, error: Exception) -> Response:
    _LOGGER.error("a request met a defect of Tactus", exc_info=error)
    return Problem(500, "defect", "Tactus has a defect here; its log has the details").response()
