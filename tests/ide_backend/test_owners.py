"""Who has a workspace's event log: one server, on a disk that may be full."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import anyio
import orjson
import pytest

from tactus.errors import StoreError
from tests.ide_backend.serving import serving
from tests.tactus.cli.command import REPOSITORY, environment, tactus

SERVERS = 20

STARTS_SERVERS = """
import os, sys
from pathlib import Path
from ide_backend.serve import serve
from tactus.errors import TactusError
from tactus.settings import Settings

gate, opens = os.pipe()
for _ in range(int(sys.argv[2])):
    if os.fork() == 0:
        os.close(opens)
        os.read(gate, 1)  # all start at once
        def say(word, text):
            os.write(1, f"{word} {os.getpid()} {text}\\n".encode())
        try:
            serve(Path(sys.argv[1]), settings=Settings(), ready=lambda at: say("serves", at))
        except TactusError as error:
            say("refused", error.message)
        except KeyboardInterrupt:
            pass
        except BaseException as error:
            say("crashed", repr(error))
        os._exit(0)
os.close(opens)
for _ in range(int(sys.argv[2])):
    os.wait()
"""

LOGS = 'for n = 1, 400 do Log.info(string.rep("x", 2000) .. n) end return { n = 400 }'


def test_of_twenty_servers_that_start_at_once_one_serves_and_is_named_by_the_others(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_SERVERS, str(tmp_path), str(SERVERS)],
        cwd=REPOSITORY,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = [process.stdout.readline().split(maxsplit=2) for _ in range(SERVERS)]
        serving_ones = [int(pid) for word, pid, _ in said if word == "serves"]
        for pid in serving_ones:
            os.kill(pid, signal.SIGINT)
        errors = process.stderr.read()
    assert len(serving_ones) == 1, said
    refusals = [text for word, _, text in said if word == "refused"]
    assert len(refusals) == SERVERS - 1, said
    for text in refusals:
        assert f"in use by process {serving_ones[0]}, which started at" in text
    assert "Traceback" not in errors


async def test_a_server_whose_log_is_damaged_says_so_in_one_message(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        await ide.events(await ide.start('Log.info("the truth") return { a = 1 }'))
    file = tmp_path / ".tactus" / "events.db"
    content = file.read_bytes()
    place = content.index(b"the truth")
    file.write_bytes(content[:place] + b"n" + content[place + 1 :])
    shown = await anyio.to_thread.run_sync(lambda: tactus("ide", "--no-open", folder=tmp_path))
    assert shown.returncode == 7
    assert f"{file} is damaged" in shown.stderr
    assert "Move it away" in shown.stderr
    assert "Traceback" not in shown.stderr
    assert shown.stdout == ""
    with pytest.raises(StoreError, match="is damaged"):
        async with serving(tmp_path):
            pass


@contextmanager
def tiny_disk(folder: Path) -> Iterator[None]:
    """A file system of 1 MiB at `folder`, where one may be mounted."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """No byte is free on the disk of `folder`."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 512)
    yield
    filler.unlink()


@contextmanager
def small_files(_: Path) -> Iterator[None]:
    """Files of this process cannot grow beyond 400 KiB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400 * 1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@pytest.mark.parametrize("bounded", [tiny_disk, small_files], ids=["disk", "file"])
async def test_a_full_disk_ends_runs_and_reads_go_on(tmp_path: Path, bounded: object) -> None:
    assert callable(bounded)
    with bounded(tmp_path):
        async with serving(tmp_path) as ide:
            first = await ide.start('Log.info("kept") return { a = 1 }')
            assert (await ide.events(first))[-1].json["status"] == "completed"
            for _ in range(3):
                answer = await ide.post("/api/runs", {"path": "big.lua", "text": LOGS})
                if answer.status_code != 201:
                    break
                with anyio.fail_after(20):
                    await ide.events(answer.json()["run"]["id"])
            else:
                answer = await ide.post("/api/runs", {"path": "one.lua", "text": "return {}"})
            assert answer.status_code == 503
            error = answer.json()["error"]
            assert error["code"] == "store"
            assert error["hint"]
            assert (await ide.get("/api/health"))["ok"] is False
            assert (await ide.get(f"/api/runs/{first}"))["run"]["result"] == {"a": 1}
            assert "kept" in [sent.json.get("message") for sent in await ide.events(first)]
            assert {run["id"] for run in (await ide.get("/api/runs"))["runs"]} >= {first}
        if bounded is tiny_disk:  # a start on a full disk serves reads, too
            with filled(tmp_path):
                async with serving(tmp_path) as ide:
                    assert (await ide.get(f"/api/runs/{first}"))["run"]["result"] == {"a": 1}
                    answer = await ide.post("/api/runs", {"path": "one.lua", "text": "return {}"})
                    assert answer.status_code in (201, 503)  # the log may have room in itself
        async with serving(tmp_path) as ide:
            runs = {run["id"]: run for run in (await ide.get("/api/runs"))["runs"]}
            assert runs[first]["status"] == "completed"
            assert not [run for run in runs.values() if run["status"] == "running"]
            wire = orjson.dumps([sent.json for sent in await ide.events(first)])
            assert b"kept" in wire
