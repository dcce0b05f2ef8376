"""The log when its process dies, and when its disk is full."""

import os
import random
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import anyio
import pytest

from tactus.errors import StoreError
from tactus.events import AgentTurnEvent, ErrorEvent, EventRecord, RunFinishedEvent
from tactus.store import history
from tactus.store.ledger import AHEAD
from tactus.store.log import open_log
from tests.tactus.store.kills import WORDS
from tests.tactus.store.story import Story, began, keep, text_in

REPOSITORY = Path(__file__).parents[3]

WRITES_UNTIL_KILLED = """
import sys
from pathlib import Path
import anyio
from tactus.store.log import open_log
from tests.tactus.store.story import Story, began

async def main():
    async with open_log(Path(sys.argv[1])) as log:
        await log.begin(began())
        told = []
        log.listen("r1", lambda record: told.append(record.seq))
        story = Story()
        log.append(story.started())
        log.append(story.turn())
        for number in range(10**9):
            log.append(story.chunk(f"{number} "))
            if number % 50 == 0:
                await log.flush()
                print(told[-1], flush=True)
            await anyio.lowlevel.checkpoint()

anyio.run(main)
"""


async def test_a_kill_loses_nothing_that_was_flushed_and_the_run_says_it_was_interrupted(
    tmp_path: Path,
) -> None:
    process = subprocess.Popen(  # noqa: ASYNC220  # nothing else runs on this loop
        [sys.executable, "-c", WRITES_UNTIL_KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    flushed = 0
    for _ in range(6):
        flushed = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    more = [int(line) for line in process.stdout.read().split()]
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    flushed = max([flushed, *more])
    async with open_log(tmp_path) as log:
        records = await log.read("r1", 0, most=10_000)
        run = await log.query(partial(history.run_with_id, run_id="r1"))
        (turn,) = await log.query(history.list_turns)
    stopped, error, end = records[-3:]
    last = records[-4].seq
    assert last >= flushed
    assert text_in(records) == "".join(f"{number} " for number in range(last - 2))
    assert isinstance(stopped.event, AgentTurnEvent)
    assert isinstance(error.event, ErrorEvent)
    assert isinstance(end.event, RunFinishedEvent)
    assert (stopped.event.stage, error.event.code) == ("stopped", "interrupted")
    assert end.event.status == "interrupted"
    assert stopped.seq > last + AHEAD // 2  # beyond every number that a client can have seen
    assert run is not None
    assert (run["status"], run["error"]["code"]) == ("interrupted", "interrupted")
    assert (turn["status"], turn["text"]) == ("stopped", text_in(records))


KILLS = 30

FORKS_WRITERS = """
import os, sys
from pathlib import Path
import anyio
import tests.tactus.store.kills as kills

for line in sys.stdin:  # one import for all
    child = os.fork()
    if child == 0:
        sys.stdout.write(f"pid {os.getpid()}\\n")
        anyio.run(kills.write, Path(sys.argv[1]), line.strip())
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
    sys.stdout.write("ended\\n")
    sys.stdout.flush()
"""


def test_after_any_kill_what_was_told_is_there_or_told_again(tmp_path: Path) -> None:
    seeded = random.Random(20_260_303)
    events = 3 * (len(WORDS) + 5)
    interrupted = 0
    with subprocess.Popen(
        [sys.executable, "-c", FORKS_WRITERS, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(KILLS):
            name, last_told = f"k{number}", seeded.randrange(1, events)
            process.stdin.write(f"{name}\n")
            process.stdin.flush()
            pid = int(process.stdout.readline().split()[1])
            told: dict[str, list[int]] = {}
            for count, line in enumerate(process.stdout, 1):
                if line == "ended\n":
                    break
                run_id, seq = line.split()
                told.setdefault(run_id, []).append(int(seq))
                if count == last_told:
                    os.kill(pid, signal.SIGKILL)
            interrupted += anyio.run(check_after_kill, tmp_path, name, told)
        process.stdin.close()
    assert interrupted > KILLS * 0.9


async def check_after_kill(folder: Path, name: str, told: dict[str, list[int]]) -> int:
    """What the log in `folder` has of the runs that were told; how many were interrupted."""
    interrupted = 0
    async with open_log(folder) as log:
        runs = [
            run
            for run in await log.query(partial(history.list_runs, limit=500))
            if run["id"].startswith(f"{name}-")
        ]
        assert {run["id"] for run in runs} >= set(told)
        for run in runs:
            records = await log.read(run["id"], 0, most=10_000)
            spans = [record.seq for record in records]
            assert spans == sorted(set(spans))
            end = records[-1].event
            assert isinstance(end, RunFinishedEvent)
            assert end.status == run["status"]
            text = text_in(records)
            assert text == "".join(WORDS)[: len(text)]
            heard = told.get(run["id"], [])
            assert heard == list(range(1, len(heard) + 1))
            if run["status"] == "completed":
                assert text == "".join(WORDS)
                assert len(heard) <= records[-1].seq
                continue
            interrupted += 1
            assert run["status"] == "interrupted"
            errors = [r for r in records if isinstance(r.event, ErrorEvent)]
            assert [error.event.code for error in errors] == ["interrupted"]  # type: ignore[union-attr]
            kept = [
                r.seq
                for r in records
                if r.seq < errors[0].seq and r.event.event_type != "agent_turn"
            ]
            on_disk = kept[-1] if kept else 0
            for seq in heard:  # on disk, or before what comes now, and known not to be held
                held = await log.query(partial(history.holds, run_id=run["id"], seq=seq))
                assert held or (seq > on_disk and seq < errors[0].seq - 1)
    return interrupted


async def test_an_interrupted_run_is_ended_once(tmp_path: Path) -> None:
    async with open_log(tmp_path) as log:
        await log.begin(began())
        await keep(log, [Story().started()])
    async with open_log(tmp_path) as log:
        first = await log.read("r1", 0)
    async with open_log(tmp_path) as log:
        assert await log.read("r1", 0) == first
        assert await log.query(partial(history.holds, run_id="r1", seq=1))
        assert not await log.query(partial(history.holds, run_id="r1", seq=2))


async def test_on_a_full_disk_reads_go_on_and_what_was_told_is_kept_until_there_is_space(
    tmp_path: Path,
) -> None:
    async with open_log(tmp_path, most_bytes=700_000) as log:
        failed = anyio.Event()
        failures: list[StoreError] = []
        log.when_failing(failures.append)
        log.when_failing(lambda _: failed.set())
        await log.begin(began("old"))
        await keep(log, Story("old").whole(["x" * 4_000] * 40))
        await log.begin(began())
        heard: list[EventRecord] = []
        log.listen("r1", heard.append)
        story = Story()
        told = [story.started(), story.turn(), *(story.chunk("y" * 4_000) for _ in range(110))]
        for record in told:
            log.append(record)
        with anyio.fail_after(20):
            await failed.wait()
        assert "full" in str(failures[0])
        assert log.failure is not None
        assert heard == told
        with pytest.raises(StoreError, match="full"):
            await log.begin(began("new"))
        assert text_in(await log.read("old", 0, most=1_000)) == "x" * 160_000

        await log.delete("old")  # makes room for what was waiting
        assert log.failure is None
        assert text_in(await log.read("r1", 0, most=1_000)) == text_in(told)
        assert [run["id"] for run in await log.query(history.list_runs)] == ["r1"]
