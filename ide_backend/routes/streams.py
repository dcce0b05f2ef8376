"""Events as they happen, as server-sent events."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from ide_backend.backend import backend_of
from ide_backend.follow import follow_run
from ide_backend.follow_all import Cursor, Wanted, follow_all
from ide_backend.problem import Problem
from ide_backend.routes.asked import StreamBody, body_of, word_of
from ide_backend.routes.runs import run_of, source_of
from ide_backend.sse import EventStream
from ide_backend.supervisor import Order
from ide_backend.views.formats import wanted_format


async def run_events(request: Request) -> ASGIApp:
    """The events of one run behind `after` or `Last-Event-ID`; 204 when there are no more."""
    run = await run_of(request)
    backend = backend_of(request)
    form = wanted_format(word_of(request, "format"), word_of(request, "text"))
    after = _after(request)
    ended = not backend.log.is_live(run["id"])
    if ended and after == run["last_seq"]:
        return Response(status_code=204)
    blocks = follow_run(backend.log, backend.hub, run["id"], after, form)
    return EventStream(backend.hub, blocks, form.headers, ended=ended)


async def all_events(request: Request) -> ASGIApp:
    """The events of all runs from now on, or behind a cursor; by `run`, `goal` and `type`."""
    backend = backend_of(request)
    form = wanted_format(word_of(request, "format"), word_of(request, "text"))
    types = word_of(request, "type")
    wanted = Wanted(
        run=word_of(request, "run"),
        goal=word_of(request, "goal"),
        types=None if types is None else frozenset(types.split(",")),
    )
    given = request.headers.get("last-event-id") or word_of(request, "after")
    cursor = None if given is None else Cursor.decoded(given)
    if given is not None and cursor is None:
        raise Problem(422, "cursor", "after must be an id that this stream has sent")
    blocks = follow_all(backend.log, backend.hub, form, wanted, cursor)
    return EventStream(backend.hub, blocks, form.headers)


async def run_and_stream(request: Request) -> ASGIApp:
    """Start a run and answer with its events; the run goes on when the reader leaves."""
    body = await body_of(request, StreamBody)
    backend = backend_of(request)
    form = wanted_format(body.format, None)
    if body.path is None and body.text is None:
        raise Problem(422, "body", "path or text is needed")
    path = body.path or "procedure.lua"
    text = await source_of(backend, path, body.text)
    order = Order(path, text, body.params, body.model, body.goal_id)
    run_id = await backend.supervisor.start(order)
    blocks = follow_run(backend.log, backend.hub, run_id, 0, form)
    return EventStream(backend.hub, blocks, (*form.headers, ("x-tactus-run", run_id)))


def _after(request: Request) -> int:
    """The last seq that the reader has: the header of a reconnect wins over the address."""
    given = request.headers.get("last-event-id") or word_of(request, "after") or "0"
    if not (given.isascii() and given.isdecimal() and len(given) <= 16):
        raise Problem(422, "after", "after must be the seq of an event")
    return int(given)
