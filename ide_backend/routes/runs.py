"""Runs: start, stop, run again, look at, and forget."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from ide_backend.backend import Backend, backend_of
from ide_backend.problem import Problem, json_response
from ide_backend.routes.asked import (
    NothingBody,
    RerunBody,
    RunBody,
    body_of,
    number_of,
    word_of,
)
from ide_backend.supervisor import Order
from tactus.dspy.redact import MASK
from tactus.store import history
from tactus.store.rows import to_json

_DAY = 86_400_000  # ms


async def start_run(request: Request) -> Response:
    """Start a run; it belongs to the server and goes on when the page is closed."""
    body = await body_of(request, RunBody)
    backend = backend_of(request)
    text = await source_of(backend, body.path, body.text)
    order = Order(body.path, text, body.params, body.model, body.goal_id)
    return await _started(backend, order)


async def list_runs(request: Request) -> Response:
    """Runs, the latest first, filtered and searched; and how many there are of each status."""
    log = backend_of(request).log
    before = number_of(request, "before", 0)
    runs = await log.query(
        partial(
            history.list_runs,
            status=word_of(request, "status"),
            procedure=word_of(request, "procedure"),
            q=word_of(request, "q"),
            goal=word_of(request, "goal"),
            before=before or None,
            limit=number_of(request, "limit", 50, least=1, most=500),
        )
    )
    return json_response({"runs": runs, "counts": await log.query(history.count_runs)})


async def one_run(request: Request) -> Response:
    """A run, whole, and the source that it ran."""
    run = dict(await run_of(request))
    source = run.pop("source")
    return json_response({"run": run, "source": source})


async def stop_run(request: Request) -> Response:
    """Stop a run; a stop before its first word counts, too."""
    await body_of(request, NothingBody)
    run = await run_of(request)
    if not backend_of(request).supervisor.stop(run["id"]):
        raise Problem(409, "ended", "the run has ended already")
    return json_response({"run": history.small(run)}, 202)


async def rerun(request: Request) -> Response:
    """Run the same source again, with the same inputs or others."""
    body = await body_of(request, RerunBody)
    run = await run_of(request)
    params: Mapping[str, Any] = run["params"] if body.params is None else body.params
    if any(MASK in kept for kept in (run["source"], to_json(params), run["model"] or "")):
        raise Problem(
            409,
            "masked",
            "the run had a key in its source or inputs, which was not kept",
            "Run its file again, with the inputs.",
        )
    order = Order(run["procedure"], run["source"], params, run["model"], run["goal_id"])
    return await _started(backend_of(request), order)


async def delete_run(request: Request) -> Response:
    """Forget a run that has ended."""
    run = await run_of(request)
    log = backend_of(request).log
    if log.is_live(run["id"]):
        raise Problem(409, "live", "the run is live", "Stop it first.")
    await log.delete(run["id"])
    return Response(status_code=204)


async def list_turns(request: Request) -> Response:
    """Turns of all runs, the latest first, with their text so far."""
    log = backend_of(request).log
    turns = await log.query(
        partial(
            history.list_turns,
            status=word_of(request, "status"),
            run_id=word_of(request, "run"),
            limit=number_of(request, "limit", 50, least=1, most=200),
        )
    )
    return json_response({"turns": turns, "counts": await log.query(history.count_turns)})


async def run_of(request: Request) -> dict[str, Any]:
    """The run that the path names.

    Raises:
        Problem: there is none.
    """
    run_id = request.path_params["id"]
    run = await backend_of(request).log.query(partial(history.run_with_id, run_id=run_id))
    if run is None:
        raise Problem(404, "no_run", f"there is no run {run_id[:64]!r}")
    return run


async def source_of(backend: Backend, path: str, text: str | None) -> str:
    """The source: as given, or as the file at `path` has it."""
    if text is not None:
        return text
    return (await anyio.to_thread.run_sync(backend.workspace.read, path)).text


async def _started(backend: Backend, order: Order) -> Response:
    run_id = await backend.supervisor.start(order)
    run = await backend.log.query(partial(history.run_with_id, run_id=run_id))
    assert run is not None  # noqa: S101  # it has just been written
    return json_response({"run": history.small(run)}, 201)
