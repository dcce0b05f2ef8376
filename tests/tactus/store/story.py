"""Runs made of events, without a runtime."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tactus.events import (
    AgentStreamChunkEvent,
    AgentTurnEvent,
    CostEvent,
    Event,
    EventRecord,
    LogEvent,
    RunFinishedEvent,
    RunStartedEvent,
    StepRestartedEvent,
    Text,
    Totals,
)
from tactus.store.ledger import Began
from tactus.store.log import EventLog

WORDS = ("Once ", "upon ", "a ", "time ", "— ", "there 🌧 ", "was ", "rain.")


def began(run_id: str = "r1", *, goal_id: str | None = None, started_ms: int = 1_000) -> Began:
    return Began(run_id, "story.lua", "return {}", {"topic": "rain"}, None, goal_id, started_ms)


@dataclass
class Story:
    """Makes the records of one run, one after another."""

    run_id: str = "r1"
    seq: int = 0
    now: int = 1_000
    texts: dict[str, Text] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def record(self, event: Event) -> EventRecord:
        self.seq += 1
        self.now += 10
        return EventRecord.of(event, seq=self.seq, run_id=self.run_id, timestamp=self.now)

    def started(self) -> EventRecord:
        return self.record(RunStartedEvent(procedure="story.lua", source_sha256="0" * 64))

    def turn(self, stage: str = "started", turn_id: str = "turn-1") -> EventRecord:
        return self.record(
            AgentTurnEvent.model_validate(
                {
                    "stage": stage,
                    "turn_id": turn_id,
                    "agent_name": "teller",
                    "provider": "demo",
                    "model": "demo",
                    "streaming": True,
                }
            )
        )

    def chunk(self, piece: str, turn_id: str = "turn-1", count: int = 1) -> EventRecord:
        index = self.counts.get(turn_id, 0)
        self.counts[turn_id] = index + count
        text = self.texts.setdefault(turn_id, Text())
        return self.record(
            AgentStreamChunkEvent.grown(
                text, piece, turn_id=turn_id, agent_name="teller", index=index, count=count
            )
        )

    def restarted(self, kept: int, turn_id: str = "turn-1") -> EventRecord:
        """The turn goes on behind `kept` characters: the rest of what was told is void."""
        text = self.texts.get(turn_id, Text())
        self.texts[turn_id] = Text()
        self.texts[turn_id].append(text.upto(kept))
        return self.record(
            StepRestartedEvent(
                turn_id=turn_id,
                attempt=2,
                kept_length=kept,
                reason="retry",
                provider="demo",
                model="demo",
            )
        )

    def log(self, message: str) -> EventRecord:
        return self.record(LogEvent(level="info", message=message))

    def cost(self, turn_id: str = "turn-1", cost: float | None = 0.5) -> EventRecord:
        return self.record(
            CostEvent(
                turn_id=turn_id,
                agent_name="teller",
                provider="demo",
                model="demo",
                input_tokens=3,
                output_tokens=8,
                total_tokens=11,
                total_cost=cost,
                duration_ms=900,
                time_to_first_token_ms=120,
                finish_reason="stop",
                total_chunks=self.counts.get(turn_id, 0),
                response=str(self.texts.get(turn_id, Text())),
            )
        )

    def finished(self) -> EventRecord:
        totals = Totals(turns=1, input_tokens=3, output_tokens=8, cost=0.5, duration_ms=950)
        return self.record(
            RunFinishedEvent(status="completed", result={"story": "…"}, totals=totals)
        )

    def turn_of(self, words: Iterable[str], turn_id: str = "turn-1") -> Iterator[EventRecord]:
        yield self.turn("started", turn_id)
        for word in words:
            yield self.chunk(word, turn_id)
        yield self.cost(turn_id)
        yield self.turn("completed", turn_id)

    def whole(self, words: Iterable[str] = WORDS) -> Iterator[EventRecord]:
        yield self.started()
        yield from self.turn_of(words)
        yield self.finished()


async def keep(log: EventLog, records: Iterable[EventRecord]) -> list[EventRecord]:
    kept = list(records)
    for record in kept:
        log.append(record)
    await log.flush()
    return kept


def text_in(records: Iterable[EventRecord], turn_id: str = "turn-1") -> str:
    return "".join(
        record.event.chunk_text
        for record in records
        if isinstance(record.event, AgentStreamChunkEvent) and record.event.turn_id == turn_id
    )
