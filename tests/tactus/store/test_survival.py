"""The log when its process dies, and when its disk is full."""

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
