"""The real command in a process of its own: how it ends, and what a kill leaves."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson
import pytest

from tests.ide_backend.serving import STORY
from tests.tactus.cli.command import COMMAND, environment, tactus

SLOW = {"TACTUS_DEMO__TOKENS_PER_SECOND": "50"}


@dataclass
class Process:
    """A server, and a client with its token."""

    process: "subprocess.Popen[str]"
    client: httpx.Client

    def start(self, text: str = STORY) -> str:
        answer = self.client.post("/api/runs", json={"path": "story.lua", "text": text})
        assert answer.status_code == 201, answer.text
        run_id: str = answer.json()["run"]["id"]
        return run_id

    def events(self, run_id: str, after: int = 0) -> Iterator[dict[str, object]]:
        query = {"text": "delta", "after": str(after)}
        with self.client.stream("GET", f"/api/runs/{run_id}/events", params=query) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield orjson.loads(line[6:])


@contextmanager
def running(
    folder: Path, *args: str, file_size: int | None = None, env: Mapping[str, str] = {}
) -> Iterator[Process]:
    """A server; `file_size` is how large a file it may write, in KiB."""
    limited = ["bash", "-c", f'ulimit -f {file_size}; exec "$@"', "-"] if file_size else []
    process = subprocess.Popen(
        [*limited, *COMMAND, "ide", "--no-open", *args],
        cwd=folder,
        env=environment(**dict(env)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        address, _, token = process.stdout.readline().strip().partition("/#token=")
        assert token, process.stderr.read()
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=address, headers=headers, timeout=20, trust_env=False) as client:
            yield Process(process, client)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_within_two_seconds_while_streams_are_open(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running(tmp_path, env=SLOW) as server:
        run_id = server.start()
        events = server.events(run_id)
        while next(events)["event_type"] != "agent_stream_chunk":
            pass
        with (
            httpx.Client(
                base_url=server.client.base_url, headers=server.client.headers, trust_env=False
            ) as other,
            other.stream("GET", "/api/events") as idle,
        ):
            began = time.monotonic()
            server.process.send_signal(number)
            last = list(events)[-1]
            assert (last["event_type"], last["status"]) == ("run_finished", "stopped")
            for _ in idle.iter_lines():  # ends, too
                pass
            server.process.wait(10)
            assert time.monotonic() - began < 2
        assert server.process.stderr is not None
        said = server.process.stderr.read()
        assert "Traceback" not in said
        assert "ERROR" not in said
    with running(tmp_path, env=SLOW) as server:
        run = server.client.get(f"/api/runs/{run_id}").json()["run"]
        assert run["status"] == "stopped"


def test_a_kill_in_mid_stream_leaves_the_history_whole_and_the_run_interrupted(
    tmp_path: Path,
) -> None:
    with running(tmp_path, env=SLOW) as server:
        run_id = server.start()
        told = []
        for event in server.events(run_id):
            told.append(event)
            if len(told) == 40:
                break
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    seen = int(str(told[-1]["seq"]))
    with running(tmp_path, env=SLOW) as server:
        run = server.client.get(f"/api/runs/{run_id}").json()["run"]
        assert run["status"] == "interrupted"
        assert run["error"]["code"] == "interrupted"
        whole = list(server.events(run_id))
        kinds = [event["event_type"] for event in whole]
        assert kinds[-3:] == ["agent_turn", "error", "run_finished"]
        text = "".join(str(event.get("chunk_text", "")) for event in whole)
        heard = "".join(str(event.get("chunk_text", "")) for event in told)
        assert len(text) > len(heard) - 300  # all but what came within the last commits
        assert text.startswith(heard) or heard.startswith(text)
        again = list(server.events(run_id, after=seen))
        assert again[-1]["event_type"] == "run_finished"
        if heard.startswith(text) and heard != text:  # told, never written: said again
            assert again[0]["event_type"] == "snapshot"
        beyond = list(server.events(run_id, after=int(str(whole[-4]["seq"])) + 1))
        assert beyond[0]["event_type"] == "snapshot"
        turns = beyond[0]["turns"]
        assert isinstance(turns, list)
        assert turns[0]["text"] == text
        assert [event["event_type"] for event in beyond[1:]] == kinds[-3:]


def test_on_a_full_disk_runs_end_cleanly_and_the_history_can_be_read(tmp_path: Path) -> None:
    with running(tmp_path, file_size=600, env=SLOW) as server:
        first = server.start("return { said = 'hello' }")
        assert list(server.events(first))[-1]["status"] == "completed"
        slow = server.start()
        events = server.events(slow)
        assert next(events)["event_type"] == "run_started"
        body = {"path": "x.lua", "text": "return {} --" + "x" * 100_000}
        for _ in range(20):
            answer = server.client.post("/api/runs", json=body)
            if answer.status_code != 201:
                break
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "store"
        last = list(events)[-1]
        assert (last["event_type"], last["status"]) == ("run_finished", "stopped")
        health = server.client.get("/api/health").json()
        assert health["runs"] == 0
        assert server.client.get(f"/api/runs/{first}").json()["run"]["status"] == "completed"
        assert list(server.events(first))[-1]["status"] == "completed"
        assert server.client.get("/api/runs").status_code == 200
    with running(tmp_path) as server:  # with space again: by its last words, or by the next start
        status = server.client.get(f"/api/runs/{slow}").json()["run"]["status"]
        assert status in ("stopped", "interrupted")


def test_a_second_server_names_the_first(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        refused = tactus("ide", "--no-open", folder=tmp_path)
        assert refused.returncode == 7
        assert f"in use by process {server.process.pid}" in refused.stderr
        assert refused.stdout == ""


def test_a_folder_or_a_port_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    refused = tactus("ide", "nowhere", "--no-open", folder=tmp_path)
    assert refused.returncode == 2
    assert "there is no folder nowhere" in refused.stderr
    with running(tmp_path) as server:
        port = str(server.client.base_url.port)
        (tmp_path / "other").mkdir()
        refused = tactus("ide", "other", "--no-open", "--port", port, folder=tmp_path)
        assert refused.returncode == 2
        assert f"port {port} cannot be used" in refused.stderr


def test_what_it_keeps_is_hidden_from_others_and_from_git(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        server.start()
        folder = tmp_path / ".tactus"
        assert folder.stat().st_mode & 0o777 == 0o700
        for name in ("events.db", "session", "lock"):
            assert (folder / name).stat().st_mode & 0o777 == 0o600
        assert (folder / ".gitignore").read_text(encoding="utf-8") == "*\n"
        assert os.stat(folder).st_uid == os.getuid()  # noqa: PTH116
        assert re.fullmatch(r"[\w-]{32}", (folder / "session").read_text(encoding="utf-8"))
