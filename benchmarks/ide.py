"""The IDE's server in a process of its own, on a folder of its own, beside a model server.

As a program: `python -m benchmarks.ide FOLDER BASE_URL BUFFER`, where BUFFER is how many bytes the
kernel keeps for one reader, 0 for as many as it likes. The first line out is the page's address.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import SO_SNDBUF, SOL_SOCKET
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from benchmarks.heard import KEY, MESSAGE
from benchmarks.processes import spoken_to

PROCEDURE = f"""
storyteller = Agent {{ provider = "openai", model = "gpt-4o-mini" }}
return {{ story = storyteller("{MESSAGE}").response }}
"""
FILE = "story.lua"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Process:
    """A server process, seen from outside."""

    address: str
    token: str
    pid: int

    @property
    def cpu(self) -> float:
        """Seconds of processor time that it has taken, all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def memory(self) -> int:
        """Bytes that it holds now."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGES

    def client(self) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.token or 'none'}"}
        return httpx.Client(base_url=self.address, headers=headers, timeout=60, trust_env=False)


@contextmanager
def ide(base_url: str, buffer: int = 0) -> Iterator[Process]:
    """The IDE on a new folder in which `FILE` asks the model at `base_url`."""
    with TemporaryDirectory() as folder:
        Path(folder, FILE).write_text(PROCEDURE, encoding="utf-8")
        with serving("benchmarks.ide", folder, base_url, str(buffer)) as server:
            yield server


@contextmanager
def serving(*arguments: str) -> Iterator[Process]:
    """A module of ours that says where it serves."""
    with spoken_to(*arguments) as process:
        assert process.stdout is not None
        address, _, token = process.stdout.readline().strip().partition("/#token=")
        yield Process(address, token, process.pid)


def start(client: httpx.Client, **order: Any) -> str:
    """Start a run of `FILE`; its id."""
    answer = client.post("/api/runs", json={"path": FILE, **order})
    answer.raise_for_status()
    return str(answer.json()["run"]["id"])


def ended(client: httpx.Client, run_id: str) -> dict[str, Any]:
    """The run as it ended; it must have completed."""
    client.get(f"/api/runs/{run_id}/events", params={"format": "text"}).raise_for_status()
    run: dict[str, Any] = client.get(f"/api/runs/{run_id}").json()["run"]
    if run["status"] != "completed":
        raise RuntimeError(f"the run ended as {run['status']}: {run['error']}")
    return run


def main() -> None:
    """Serve until the process is ended."""
    from ide_backend.serve import listening, prepare
    from tactus.settings import Settings

    folder, base_url, buffer = sys.argv[1:]
    demo = {"tokens_per_second": 100_000, "time_to_first_token": 0}
    settings = Settings.model_validate(
        {
            "api_base": {"openai": base_url},
            "secrets": {"OPENAI_API_KEY": KEY},
            "retries": 0,
            "demo": demo,
        }
    )
    with listening(0) as listener:
        if int(buffer):
            listener.setsockopt(SOL_SOCKET, SO_SNDBUF, int(buffer))
        server, address = prepare(Path(folder), settings=settings, listener=listener)
        print(address, flush=True)
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()
