"""Runs that were live when their process died: marked, and given an end."""

from collections.abc import Collection

from sqlalchemy import Engine, select

from tactus.events import (
    AgentTurnEvent,
    ErrorEvent,
    Event,
    EventRecord,
    RunFinishedEvent,
    Totals,
)
from tactus.store.ledger import Ledger, text_of_turn
from tactus.store.tables import EVENT, RUN, TURN
from tactus.store.told import Told


def take_over(engine: Engine, ledger: Ledger, run_id: str) -> Told:
    """What a run had told whose process died; its next events go on behind its fence."""
    with engine.connect() as connection:
        fence = connection.scalars(select(RUN.c.fence).where(RUN.c.id == run_id)).one()
        named = select(EVENT.c.key).where(EVENT.c.run_id == run_id, EVENT.c.key.is_not(None))
        keys = frozenset(connection.scalars(named))
        turns = connection.scalars(select(TURN.c.turn_id).where(TURN.c.run_id == run_id)).all()
        texts = {turn: len(text_of_turn(connection, run_id, turn)[0]) for turn in turns}
    ledger.fences[run_id] = fence
    return Told(fence, keys, texts)


def interrupt_live_runs(engine: Engine, ledger: Ledger, but: Collection[str] = ()) -> int:
    """End each run that is still marked as running, as `interrupted`; returns how many.

    Those of `but` are left: somebody goes on with them.

    Their last events may have been told to somebody and never been written. So the numbers of the
    closing events go on behind the run's fence, where none of those can have been.
    """
    with engine.connect() as connection:
        runs = connection.execute(select(RUN).where(RUN.c.status == "running")).all()
    for run in [run for run in runs if run.id not in but]:
        with engine.connect() as connection:
            last = select(EVENT.c.timestamp).where(EVENT.c.run_id == run.id)
            times = connection.scalars(last.order_by(EVENT.c.seq.desc()).limit(1)).all()
            active = (TURN.c.run_id == run.id, TURN.c.status == "active")
            turns = connection.execute(select(TURN).where(*active)).all()
        alive = times[0] if times else run.started_ms
        events: list[Event] = [
            AgentTurnEvent(
                stage="stopped",
                turn_id=turn.turn_id,
                agent_name=turn.agent_name,
                provider=turn.provider,
                model=turn.model,
                streaming=True,
            )
            for turn in turns
        ]
        events.append(
            ErrorEvent(
                code="interrupted",
                message="the server ended while the run was live",
                file=run.procedure,
                hint="What had come is kept. Run it again.",
            )
        )
        totals = Totals(
            turns=run.turns,
            input_tokens=run.input_tokens,
            output_tokens=run.output_tokens,
            cost=run.cost,
            duration_ms=float(alive - run.started_ms),
        )
        events.append(RunFinishedEvent(status="interrupted", totals=totals))
        ledger.write(
            [
                EventRecord.of(event, seq=seq, run_id=run.id, timestamp=alive)
                for seq, event in enumerate(events, run.fence + 1)
            ]
        )
    return len(runs)
