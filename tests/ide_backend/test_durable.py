"""Durable runs: the server is killed, the next one goes on, and nobody sees a seam."""

import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.ide_backend.test_server import Process, running

DURABLE = {"TACTUS_DURABLE": "true", "TACTUS_DEMO__TOKENS_PER_SECOND": "150"}
PROCEDURE = """\
noted = 0
note = Tool { description = "Note it", input = { word = field.string{} }, function(args)
    noted = noted + 1
    return { noted = noted }
end }
writer = Agent { provider = "demo", tools = { note } }
critic = Agent { model = "demo/echo" }
Log.info("begins")
local first = writer("Tell a story about rain")
local both = Parallel {
    function() return critic("one").response end,
    function() return critic("two").response end,
}
local last = writer("And how does it end?")
return { first = first.text, both = both, last = last.text, noted = noted }
"""


def finished(server: Process, run_id: str) -> dict[str, Any]:
    for event in server.events(run_id):
        if event["event_type"] == "run_finished":
            return event
    raise AssertionError("the stream ended before the run")


def undisturbed(folder: Path) -> dict[str, Any]:
    with running(folder, env=DURABLE) as server:
        return finished(server, server.start(PROCEDURE))


def test_a_run_whose_server_is_killed_goes_on_with_the_next_one_to_the_same_end(
    tmp_path: Path,
) -> None:
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    whole = undisturbed(tmp_path / "whole")
    assert whole["status"] == "completed"
    dice = random.Random(5)
    with running(tmp_path / "killed", env=DURABLE) as server:
        run_id = server.start(PROCEDURE)
        seen = _upto(server, run_id, dice.randrange(5, 40))
        server.process.send_signal(signal.SIGKILL)
    for _ in range(3):
        with running(tmp_path / "killed", env=DURABLE) as server:
            seen = _upto(server, run_id, dice.randrange(5, 60), after=seen)
            server.process.send_signal(signal.SIGKILL)
    with running(tmp_path / "killed", env=DURABLE) as server:
        ended = finished(server, run_id)
        events = list(server.events(run_id))

    assert (ended["status"], ended["result"]) == ("completed", whole["result"])
    seqs = [int(str(event["seq"])) for event in events]
    assert seqs == sorted(set(seqs))
    stages = Counter(
        (event["turn_id"], event["stage"])
        for event in events
        if event["event_type"] == "agent_turn"
    )
    assert set(stages.values()) == {1}  # nothing that is told once was told again
    assert sum(event["event_type"] == "log" for event in events) == 1
    assert _texts(events)["turn-1"] == whole["result"]["first"]


def test_a_server_that_is_told_to_end_leaves_its_runs_to_the_next_one(tmp_path: Path) -> None:
    with running(tmp_path, env=DURABLE) as server:
        run_id = server.start(PROCEDURE)
        _upto(server, run_id, 12)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(10)
    with running(tmp_path, env=DURABLE) as server:
        assert finished(server, run_id)["status"] == "completed"


@pytest.mark.parametrize("durable", ["true", "false"])
def test_a_run_that_is_stopped_stays_so(tmp_path: Path, durable: str) -> None:
    env = {**DURABLE, "TACTUS_DURABLE": durable, "TACTUS_DEMO__TOKENS_PER_SECOND": "20"}
    with running(tmp_path, env=env) as server:
        run_id = server.start(PROCEDURE)
        _upto(server, run_id, 12)
        server.client.post(f"/api/runs/{run_id}/stop", json={})
        assert finished(server, run_id)["status"] == "stopped"
    with running(tmp_path, env=env) as server:
        assert server.client.get(f"/api/runs/{run_id}").json()["run"]["status"] == "stopped"


def _upto(server: Process, run_id: str, count: int, after: int = 0) -> int:
    """Read so many events, or to the end; the last seq that came."""
    for event in server.events(run_id, after):
        after = int(str(event.get("seq", after)))
        count -= 1
        if count == 0 or event["event_type"] == "run_finished":
            break
    return after


def _texts(events: list[dict[str, Any]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for event in events:
        turn = str(event.get("turn_id"))
        if event["event_type"] == "agent_stream_chunk":
            if event.get("snapshot"):
                texts[turn] = str(event["accumulated_text"])
            else:
                texts[turn] = texts.get(turn, "") + str(event["chunk_text"])
        elif event["event_type"] == "step_restarted":
            texts[turn] = texts.get(turn, "")[: int(str(event["kept_length"]))]
    return texts
