"""Questions to the log: events, runs and turns, each asked on a connection, in a thread."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, func, or_, select

from tactus.events import EventRecord, Text
from tactus.store.ledger import text_of_turn
from tactus.store.rows import CHUNK, COST, records_of
from tactus.store.tables import EVENT, RUN, TURN

FAILED = ("failed", "refused", "blocked", "truncated")  # how a turn ends without its answer
STATUSES = ("running", "completed", "failed", "stopped", "interrupted")

_SMALL = 4096  # characters of JSON that a list still shows of a result or of inputs


def read_records(
    connection: Connection,
    run_id: str,
    after: int,
    upto: int | None,
    most: int,
    texts: dict[str, Text],
) -> list[EventRecord]:
    """The next records of a run with `after` < seq <= `upto`, from at most `most` rows.

    `texts` holds what the caller has read of each turn before; what it lacks is read.
    """
    last = 2**62 if upto is None else upto
    rows = connection.execute(
        select(EVENT, RUN.c.goal_id)
        .join(RUN, RUN.c.id == EVENT.c.run_id)
        .where(EVENT.c.run_id == run_id, EVENT.c.last_seq > after, EVENT.c.seq <= last)
        .order_by(EVENT.c.seq)
        .limit(most)
    ).all()
    checked: set[str] = set()
    for row in rows:
        if row.event_type != CHUNK or row.turn_id in checked:
            continue
        checked.add(row.turn_id)
        held = texts.get(row.turn_id)
        if (0 if held is None else held.length) < orjson.loads(row.data)["start"]:
            texts[row.turn_id] = text = Text()
            text.append(text_of_turn(connection, run_id, row.turn_id, before=row.seq)[0])
    costs = [row.turn_id for row in rows if row.event_type == COST]
    found = select(TURN.c.turn_id, TURN.c.text).where(
        TURN.c.run_id == run_id, TURN.c.turn_id.in_(costs)
    )
    responses = {row.turn_id: row.text for row in connection.execute(found)} if costs else {}
    return list(records_of(rows, texts, responses, after=after, upto=last))


def holds(connection: Connection, run_id: str, seq: int) -> bool:
    """Whether the log has the event `seq` of the run; before the first is held, too."""
    if seq <= 0:
        return True
    found = select(EVENT.c.seq).where(
        EVENT.c.run_id == run_id, EVENT.c.seq <= seq, EVENT.c.last_seq >= seq
    )
    return connection.execute(found).first() is not None


def run_with_id(connection: Connection, run_id: str) -> dict[str, Any] | None:
    """A run, with its source, or None."""
    row = connection.execute(select(RUN).where(RUN.c.id == run_id)).first()
    return None if row is None else _run(row)


def list_runs(
    connection: Connection,
    *,
    status: str | None = None,
    procedure: str | None = None,
    q: str | None = None,
    goal: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Runs, the latest first; a result of more than 4,096 characters is left to `run_with_id`."""
    query = select(RUN)
    for column, wanted in ((RUN.c.status, status), (RUN.c.procedure, procedure)):
        if wanted is not None:
            query = query.where(column == wanted)
    if goal is not None:
        query = query.where(RUN.c.goal_id == goal)
    if before is not None:
        query = query.where(RUN.c.started_ms < before)
    if q:
        searched = (RUN.c.procedure, RUN.c.id, RUN.c.params, RUN.c.result, RUN.c.error)
        query = query.where(or_(*(column.icontains(q, autoescape=True) for column in searched)))
    rows = connection.execute(query.order_by(RUN.c.started_ms.desc(), RUN.c.id).limit(limit))
    return [small(_run(row)) for row in rows]


def runs_since(
    connection: Connection, *, since: int, among: Sequence[str], most: int
) -> list[tuple[str, str | None, int]]:
    """Id, goal and start of the runs that began at `since` or later, and of those in `among`."""
    wanted = or_(RUN.c.started_ms >= since, RUN.c.id.in_(among))
    query = select(RUN.c.id, RUN.c.goal_id, RUN.c.started_ms).where(wanted)
    rows = connection.execute(query.order_by(RUN.c.started_ms).limit(most))
    return [(row.id, row.goal_id, row.started_ms) for row in rows]


def count_runs(connection: Connection) -> dict[str, int]:
    """How many runs there are of each status."""
    found = connection.execute(
        select(RUN.c.status, func.count().label("number")).group_by(RUN.c.status)
    )
    return {**dict.fromkeys(STATUSES, 0), **{row.status: row.number for row in found}}


def list_turns(
    connection: Connection,
    *,
    status: str | None = None,
    run_id: str | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Turns, the latest first, each with its text so far."""
    query = select(TURN)
    if status is not None:
        query = query.where(TURN.c.status.in_(FAILED if status == "failed" else (status,)))
    if run_id is not None:
        query = query.where(TURN.c.run_id == run_id)
    query = query.order_by(TURN.c.started_ms.desc(), TURN.c.turn_id.desc()).limit(limit)
    rows: Sequence[Row[Any]] = connection.execute(query).all()
    return [_turn(connection, row) for row in rows]


def count_turns(connection: Connection) -> dict[str, int]:
    """How many turns are active, completed, and failed."""
    found = connection.execute(
        select(TURN.c.status, func.count().label("number")).group_by(TURN.c.status)
    )
    counts = {row.status: row.number for row in found}
    failed = sum(counts.get(status, 0) for status in FAILED)
    return {
        "active": counts.get("active", 0),
        "completed": counts.get("completed", 0),
        "failed": failed,
    }


def small(run: dict[str, Any]) -> dict[str, Any]:
    """`run` as a list shows it: without its source, and without a large result or inputs."""
    kept = {name: value for name, value in run.items() if name != "source"}
    for name in ("result", "params"):
        if len(orjson.dumps(kept[name])) > _SMALL:
            kept[name] = None
            kept["abridged"] = True
    return kept


def _run(row: Row[Any]) -> dict[str, Any]:
    values = _plain(row)
    del values["fence"], values["crc"]
    for name in ("params", "result", "error"):
        if values[name] is not None:
            values[name] = orjson.loads(values[name])
    return values


def _turn(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    values = _plain(row)
    del values["crc"]
    if values["text"] is None:
        values["text"], values["chunks"] = text_of_turn(connection, row.run_id, row.turn_id)
    return values


def _plain(row: Row[Any]) -> dict[str, Any]:
    """The columns by name; SQLAlchemy's names are more than strings, and JSON wants just those."""
    return {str(name): value for name, value in row._asdict().items()}
