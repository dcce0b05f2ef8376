import os
import stat
from functools import partial
from pathlib import Path

import anyio
import pytest

from tactus.errors import StoreError
from tactus.events import AgentStreamChunkEvent, EventRecord, LogEvent, Text
from tactus.store import history
from tactus.store.ledger import AHEAD
from tactus.store.log import EventLog, open_log
from tests.tactus.store.story import WORDS, Story, began, keep, text_in


async def read_all(log: EventLog, after: int = 0, upto: int | None = None) -> list[EventRecord]:
    return await log.read("r1", after, upto, most=10_000)


async def test_chunks_that_follow_each_other_are_one_row(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        await keep(log, Story().whole())
        records = await read_all(log)
    chunks = [record for record in records if isinstance(record.event, AgentStreamChunkEvent)]
    assert len(chunks) == 1
    assert chunks[0].seq == 2 + len(WORDS)
    event = chunks[0].event
    assert isinstance(event, AgentStreamChunkEvent)
    assert (event.index, event.chunk_count) == (0, len(WORDS))
    assert event.chunk_text == event.accumulated_text == "".join(WORDS)


async def test_reading_on_after_any_event_repeats_and_misses_nothing(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        story = Story()
        told = await keep(log, [story.started(), story.turn()])
        for piece in range(60):  # two turns that talk at once, and a log line now and then
            told += await keep(log, [story.chunk(f"a{piece} 🌧", count=2)])
            told += await keep(log, [story.chunk(f"b{piece}é", "turn-2")])
            told += await keep(log, [story.chunk("x" * piece), story.chunk("yy")])
            if piece % 7 == 0:
                told += await keep(log, [story.log("still going")])
        for after in range(len(told) + 1):
            read = await read_all(log, after)
            for turn in ("turn-1", "turn-2"):
                assert text_in(read, turn) == text_in(told[after:], turn)
            assert [r.seq for r in read] == sorted({r.seq for r in read})
            logs = [r.seq for r in read if isinstance(r.event, LogEvent)]
            assert logs == [r.seq for r in told[after:] if isinstance(r.event, LogEvent)]
            for record in read:
                if isinstance(record.event, AgentStreamChunkEvent):
                    original = told[record.seq - 1].event
                    assert isinstance(original, AgentStreamChunkEvent)
                    assert record.event.accumulated_text == original.accumulated_text
                    end = record.event.index + record.event.chunk_count
                    assert end == original.index + original.chunk_count


async def test_a_reader_who_goes_on_has_the_whole_text_so_far(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        story = Story()
        told = await keep(log, [story.turn()])
        for number in range(30):
            told += await keep(log, [story.chunk(f"{number} "), story.chunk("é🌧")])
        for step in range(1, 9):
            texts: dict[str, Text] = {}
            seq, pieces = 0, ""
            while seq < len(told):
                upto = min(seq + step, len(told))
                for record in await log.read("r1", seq, upto, most=2, texts=texts):
                    seq = record.seq
                    if isinstance(record.event, AgentStreamChunkEvent):
                        pieces += record.event.chunk_text
                        assert record.event.accumulated_text == pieces
                        assert record.event.accumulated_length == len(pieces)
            assert pieces == text_in(told)


async def test_an_ended_turn_takes_as_few_rows_as_it_can(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        story = Story()
        told = await keep(log, [story.turn()])
        for number in range(100):
            told += await keep(log, [story.chunk(f"{number} ", count=1 + number % 2)])
            told += await keep(log, [story.log("…")] if number == 50 else [])
        assert len(await read_all(log)) == 102
        told += await keep(log, [story.cost(), story.turn("completed")])
        assert [record.event.event_type for record in await read_all(log)] == [
            *("agent_turn", "agent_stream_chunk", "log", "agent_stream_chunk", "cost"),
            "agent_turn",
        ]
        for after in range(len(told)):
            read = await read_all(log, after)
            assert text_in(read) == text_in(told[after:])
            for record in read:
                original = told[record.seq - 1].event
                if isinstance(record.event, AgentStreamChunkEvent):
                    assert isinstance(original, AgentStreamChunkEvent)
                    end = record.event.index + record.event.chunk_count
                    assert end == original.index + original.chunk_count
                    assert record.event.accumulated_text == original.accumulated_text


async def test_the_text_of_a_turn_that_started_again_is_what_it_kept_and_said_anew(
    tmp_path: Path,
) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        story = Story()
        told = await keep(log, [story.turn(), story.chunk("Once "), story.chunk("upom")])
        told += await keep(log, [story.restarted(5)])
        (turn,) = await log.query(history.list_turns)
        assert turn["text"] == "Once "
        told += await keep(log, [story.chunk("upon "), story.chunk("a time"), story.restarted(0)])
        told += await keep(log, [story.chunk("There "), story.chunk("was", count=0)])
        (turn,) = await log.query(history.list_turns)
        assert turn["text"] == "There was"
        for live in (True, False):
            for after in range(len(told) + 1):
                for record in await read_all(log, after):
                    original = told[record.seq - 1].event
                    if isinstance(record.event, AgentStreamChunkEvent):
                        assert isinstance(original, AgentStreamChunkEvent)
                        assert record.event.accumulated_text == original.accumulated_text
                        end = record.event.index + record.event.chunk_count
                        assert end == original.index + original.chunk_count
            if live:  # and again when its rows are fewer
                told += await keep(log, [story.turn("failed")])
        (turn,) = await log.query(history.list_turns)
        assert (turn["status"], turn["text"]) == ("failed", "There was")


@pytest.mark.parametrize("ending", ["failed", "refused", "blocked", "truncated"])
async def test_a_turn_without_its_answer_counts_as_failed(tmp_path: Path, ending: str) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        story = Story()
        await keep(log, [story.turn(), story.turn(ending)])
        assert (await log.query(history.count_turns))["failed"] == 1
        (turn,) = await log.query(partial(history.list_turns, status="failed"))
        assert turn["status"] == ending


async def test_reading_stops_within_merged_chunks_where_it_is_told_to(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        told = await keep(log, Story().whole())
        for upto in range(1, len(told)):
            assert text_in(await read_all(log, 0, upto)) == text_in(told[:upto])
            assert (await read_all(log, 0, upto))[-1].seq == upto


async def test_a_listener_is_told_every_record_as_it_comes(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        heard: list[EventRecord] = []
        assert log.listen("r1", heard.append)
        told = list(Story().whole())
        for record in told:
            log.append(record)
            assert heard[-1] is record
        assert heard == told
        assert not log.listen("r1", heard.append)
        assert not log.listen("another", heard.append)


async def test_nothing_is_told_beyond_what_the_disk_knows_of(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        heard: list[EventRecord] = []
        log.listen("r1", heard.append)
        story = Story()
        told = [story.log(f"line {number}") for number in range(3 * AHEAD)]
        for record in told:
            log.append(record)
        assert len(heard) == AHEAD
        await log.flush()
        last = story.log("the last line")
        log.append(last)
        with anyio.fail_after(20):
            while heard[-1] is not last:
                await anyio.lowlevel.checkpoint()
        assert [record.seq for record in heard] == list(range(1, 3 * AHEAD + 2))


async def test_a_run_and_its_turns_carry_their_figures(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began(goal_id="g1"))
        story = Story()
        await keep(log, [story.started(), story.turn(), story.chunk("Once "), story.chunk("upon")])
        (active,) = await log.query(partial(history.list_turns, status="active"))
        assert (active["text"], active["chunks"]) == ("Once upon", 2)
        await keep(log, [story.cost(), story.turn("completed"), story.finished()])
        run = await log.query(partial(history.run_with_id, run_id="r1"))
        (turn,) = await log.query(history.list_turns)
        assert await log.query(history.count_turns) == {"active": 0, "completed": 1, "failed": 0}
    assert run is not None
    assert run["status"] == "completed"
    assert (run["turns"], run["input_tokens"], run["output_tokens"]) == (1, 3, 8)
    assert (run["cost"], run["duration_ms"], run["result"]) == (0.5, 950, {"story": "…"})
    assert (run["goal_id"], run["params"], run["source"]) == ("g1", {"topic": "rain"}, "return {}")
    assert (turn["status"], turn["text"], turn["chunks"]) == ("completed", "Once upon", 2)
    assert (turn["time_to_first_token_ms"], turn["duration_ms"], turn["cost"]) == (120, 900, 0.5)


async def test_an_unknown_price_makes_the_price_of_the_run_unknown(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        story = Story()
        records = [story.turn(), story.cost(cost=None), story.turn("started", "turn-2")]
        await keep(log, [*records, story.cost("turn-2", cost=1.0)])
        run = await log.query(partial(history.run_with_id, run_id="r1"))
    assert run is not None
    assert run["cost"] is None
    assert run["output_tokens"] == 16


async def test_a_failed_turn_keeps_the_text_that_came(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        story = Story()
        await keep(log, [story.turn(), story.chunk("Once "), story.turn("failed")])
        (turn,) = await log.query(history.list_turns)
    assert (turn["status"], turn["text"], turn["chunks"]) == ("failed", "Once ", 1)


async def test_runs_are_found_by_status_goal_procedure_and_words(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        for number in range(4):
            await log.begin(began(f"r{number}", goal_id=f"g{number % 2}", started_ms=number))
        await keep(log, Story("r2").whole())

        async def found(**wanted: object) -> list[str]:
            runs = await log.query(partial(history.list_runs, **wanted))  # type: ignore[arg-type]
            return [run["id"] for run in runs]

        assert await found() == ["r3", "r2", "r1", "r0"]
        assert await found(status="completed") == ["r2"]
        assert await found(goal="g1", before=3) == ["r1"]
        assert await found(q="RAIN", limit=1) == ["r3"]
        assert await found(q="100%") == []
        assert await found(procedure="other.lua") == []
        counts = await log.query(history.count_runs)
    assert counts == {"running": 3, "completed": 1, "failed": 0, "stopped": 0, "interrupted": 0}


async def test_a_deleted_run_leaves_nothing(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        await keep(log, Story().whole())
        await log.delete("r1")
        assert await read_all(log) == []
        assert await log.query(history.list_runs) == []
        assert await log.query(history.list_turns) == []


async def test_text_that_utf_8_cannot_carry_keeps_its_length(tmp_path: Path) -> None:
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        story = Story()
        await keep(log, [story.turn(), story.chunk("a\ud83db"), story.chunk("cd")])
        assert text_in(await read_all(log)) == "a?bcd"
        assert text_in(await read_all(log, 2)) == "cd"


async def test_the_log_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    folder.mkdir(mode=0o755)
    async with open_log(folder) as log:
        await log.begin(began())
        await keep(log, Story().whole())
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for file in folder.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_second_owner_is_refused_and_told_who_is_the_first(tmp_path: Path) -> None:
    async with open_log(tmp_path):
        with pytest.raises(StoreError, match=f"in use by process {os.getpid()}, which started at"):
            async with open_log(tmp_path):
                pass
    async with open_log(tmp_path) as log:
        assert log.failure is None


@pytest.mark.parametrize("damage", ["text", "hole"])
async def test_a_damaged_log_is_refused_by_name(tmp_path: Path, damage: str) -> None:
    async with open_log(tmp_path) as log:
        await log.begin(began())
        await keep(log, Story().whole([f"word {number} " for number in range(2_000)]))
    file = tmp_path / "events.db"
    content = file.read_bytes()
    broken = b"not a database" if damage == "text" else content[:8192] + b"\xff" * 4096
    file.write_bytes(broken + (b"" if damage == "text" else content[len(broken) :]))
    with pytest.raises(StoreError, match=r"events\.db is damaged") as refused:
        async with open_log(tmp_path):
            pass
    assert refused.value.hint is not None
    with pytest.raises(StoreError):  # and the lock was given back: the same message again
        async with open_log(tmp_path):
            pass
