"""What a batch of records changes in the tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, delete, insert, select, update

from tactus.events import (
    AgentTurnEvent,
    CostEvent,
    EventRecord,
    RunFinishedEvent,
)
from tactus.store.rows import CHUNK, RESTART, compacted, counts_of, rows_of, to_json
from tactus.store.seals import seal, sealed
from tactus.store.tables import EVENT, RUN, TURN

AHEAD = 4096  # events of a run that may be told before the next commit


@dataclass(frozen=True, slots=True)
class Began:
    """A run begins. `model` is what takes the place of every agent's, or None."""

    run_id: str
    procedure: str
    source: str
    params: dict[str, Any]
    model: str | None
    goal_id: str | None
    started_ms: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """A run is forgotten."""

    run_id: str


Item = EventRecord | Began | Deleted


class Ledger:
    """Writes batches; used by one thread. `fences` is how far each live run may be told."""

    def __init__(self, engine: Engine) -> None:
        self.fences: dict[str, int] = {}
        self._engine = engine

    def write(self, batch: Sequence[Item]) -> None:
        """Write `batch` in one transaction.

        What is deleted goes first, so that it makes room on a full disk for all the rest.
        """
        fences = dict(self.fences)
        deleted = {item.run_id for item in batch if isinstance(item, Deleted)}
        with self._engine.begin() as connection:
            for run_id in deleted:
                for table, column in ((EVENT, EVENT.c.run_id), (TURN, TURN.c.run_id)):
                    connection.execute(delete(table).where(column == run_id))
                connection.execute(delete(RUN).where(RUN.c.id == run_id))
            records: dict[str, list[EventRecord]] = {}
            for item in batch:
                if item.run_id in deleted:
                    continue
                if isinstance(item, EventRecord):
                    records.setdefault(item.run_id, []).append(item)
                elif isinstance(item, Began):
                    fences[item.run_id] = AHEAD
                    _begin(connection, item)
            for run_id, told in records.items():
                fence = fences.get(run_id, 0)
                if told[-1].seq + AHEAD // 2 > fence:
                    fence = told[-1].seq + AHEAD
                fences[run_id] = fence
                _add(connection, run_id, told, fence)
                if isinstance(told[-1].event, RunFinishedEvent):
                    del fences[run_id]
        self.fences = fences  # only now: the transaction stands


def text_of_turn(
    connection: Connection, run_id: str, turn_id: str, before: int | None = None
) -> tuple[str, int]:
    """The text of a turn in its chunks (up to the event `before`), and how many those were."""
    query = select(EVENT.c.event_type, EVENT.c.data).where(
        EVENT.c.run_id == run_id,
        EVENT.c.turn_id == turn_id,
        EVENT.c.event_type.in_((CHUNK, RESTART)),
    )
    if before is not None:
        query = query.where(EVENT.c.seq < before)
    pieces: list[str] = []
    count = 0
    for kind, data in connection.execute(query.order_by(EVENT.c.seq)):
        told = orjson.loads(data)
        if kind == RESTART:
            pieces = ["".join(pieces)[: told["kept_length"]]]
        else:
            pieces.append(told["text"])
            count += sum(counts_of(told))
    return "".join(pieces), count


def _begin(connection: Connection, began: Began) -> None:
    connection.execute(
        insert(RUN).values(
            id=began.run_id,
            procedure=began.procedure,
            source=began.source.encode("utf-8", "replace").decode(),
            params=to_json(began.params),
            model=began.model,
            goal_id=began.goal_id,
            status="running",
            started_ms=began.started_ms,
            turns=0,
            input_tokens=0,
            output_tokens=0,
            cost=0.0,
            last_seq=0,
            fence=AHEAD,
        )
    )
    seal(connection, RUN, RUN.c.id == began.run_id)


def _add(connection: Connection, run_id: str, records: Iterable[EventRecord], fence: int) -> None:
    rows = rows_of(records)
    connection.execute(insert(EVENT), [sealed(EVENT, row) for row in rows])
    turns: set[str] = set()
    of_run = update(RUN).where(RUN.c.id == run_id)
    connection.execute(of_run.values(last_seq=rows[-1]["last_seq"], fence=fence))
    for record in records:
        match record.event:
            case AgentTurnEvent(stage="started") as turn:
                connection.execute(of_run.values(turns=RUN.c.turns + 1))
                _begin_turn(connection, record, turn)
                turns.add(turn.turn_id)
            case AgentTurnEvent() as turn:
                _end_turn(connection, record, turn)
                turns.add(turn.turn_id)
            case CostEvent() as cost:
                connection.execute(of_run.values(**_spent(cost)))
                _price_turn(connection, run_id, cost)
                turns.add(cost.turn_id)
            case RunFinishedEvent() as finished:
                connection.execute(of_run.values(**_ended(connection, record, finished)))
    seal(connection, RUN, RUN.c.id == run_id)
    if turns:
        seal(connection, TURN, TURN.c.run_id == run_id, TURN.c.turn_id.in_(turns))


def _begin_turn(connection: Connection, record: EventRecord, turn: AgentTurnEvent) -> None:
    this = (TURN.c.run_id == record.run_id, TURN.c.turn_id == turn.turn_id)
    connection.execute(delete(TURN).where(*this))  # one that is begun again, after a crash in it
    connection.execute(
        insert(TURN).values(
            run_id=record.run_id,
            turn_id=turn.turn_id,
            agent_name=turn.agent_name,
            provider=turn.provider,
            model=turn.model,
            status="active",
            started_ms=record.timestamp,
        )
    )


def _end_turn(connection: Connection, record: EventRecord, turn: AgentTurnEvent) -> None:
    of_turn = (TURN.c.run_id == record.run_id, TURN.c.turn_id == turn.turn_id)
    found = connection.execute(select(TURN).where(*of_turn)).one()
    values: dict[str, Any] = {"status": turn.stage}
    if found.text is None:  # it failed or was stopped: what had come is kept
        values["text"], values["chunks"] = text_of_turn(connection, record.run_id, turn.turn_id)
    if found.duration_ms is None:
        values["duration_ms"] = float(record.timestamp - found.started_ms)
    connection.execute(update(TURN).where(*of_turn).values(**values))
    _compact(connection, record.run_id, turn.turn_id)


def _compact(connection: Connection, run_id: str, turn_id: str) -> None:
    chunks = (
        EVENT.c.run_id == run_id,
        EVENT.c.turn_id == turn_id,
        EVENT.c.event_type == CHUNK,
    )
    rows = connection.execute(select(EVENT).where(*chunks).order_by(EVENT.c.seq)).all()
    fewer = compacted(rows)
    if len(fewer) < len(rows):
        connection.execute(delete(EVENT).where(*chunks))
        connection.execute(insert(EVENT), [sealed(EVENT, row) for row in fewer])


def _price_turn(connection: Connection, run_id: str, cost: CostEvent) -> None:
    connection.execute(
        update(TURN)
        .where(TURN.c.run_id == run_id, TURN.c.turn_id == cost.turn_id)
        .values(
            duration_ms=cost.duration_ms,
            time_to_first_token_ms=cost.time_to_first_token_ms,
            input_tokens=cost.input_tokens,
            output_tokens=cost.output_tokens,
            cost=cost.total_cost,
            chunks=cost.total_chunks,
            text=cost.response.encode("utf-8", "replace").decode(),
        )
    )


def _spent(cost: CostEvent) -> dict[str, Any]:
    """Sums in SQL: null, an unknown, stays null whatever is added."""
    return {
        "input_tokens": RUN.c.input_tokens + cost.input_tokens,
        "output_tokens": RUN.c.output_tokens + cost.output_tokens,
        "cost": RUN.c.cost + cost.total_cost,
    }


def _ended(
    connection: Connection, record: EventRecord, finished: RunFinishedEvent
) -> dict[str, Any]:
    error = None
    if finished.status in ("failed", "interrupted"):
        last = (
            select(EVENT.c.data)
            .where(EVENT.c.run_id == record.run_id, EVENT.c.event_type == "error")
            .order_by(EVENT.c.seq.desc())
            .limit(1)
        )
        told = orjson.loads(connection.scalars(last).first() or "null")
        if told is not None:
            error = to_json({name: told[name] for name in ("code", "message", "file", "line")})
    return {
        "status": finished.status,
        "ended_ms": record.timestamp,
        "duration_ms": finished.totals.duration_ms,
        "result": None if finished.result is None else to_json(finished.result),
        "error": error,
    }
