"""Five hundred readers of one run, some of whom never read, beside a bare ASGI sender.

The run is the same with one reader and with all: what the many cost is the difference. The bare
sender sends the same events, encoded already, at the times at which one reader had them.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import httpx

from benchmarks.figures import Figure, Spread, compared
from benchmarks.ide import Process, ended, ide, serving, start
from benchmarks.processes import spoken_to

READERS, IDLE = 450, 50
_CHUNKS, _PACE = 1_000, 10_000  # µs between chunks
_BUFFER = 16 * 1024  # bytes that the kernel keeps for a reader: what is more, the server has to
_SAMPLE = 0.1  # seconds between two looks at the memory


@dataclass(frozen=True)
class Fanned:
    """One stream to many: seconds, counts of all readers together, and bytes of memory."""

    cpu: float
    wall: float
    events: int
    bytes: int
    memory: Sequence[int]  # held by the server, over time
    played: list[tuple[float, str]]
    run: float = 0.0  # how long the run took from the model's first word


def fanout(address: str, number: int) -> Iterator[Figure]:
    """CPU and wall time of an event sent, memory of a reader, and whether the run is slowed."""
    base_url = f"{address}/hold-{_CHUNKS}x{_PACE}/v1"
    alone: list[Fanned] = []
    many: list[Fanned] = []
    bare: list[Fanned] = []
    with (
        ide(base_url, _BUFFER) as server,
        serving("benchmarks.bare", str(_BUFFER)) as sender,
        server.client() as client,
        sender.client() as player,
    ):
        ended(client, start(client, model="demo/fast"))  # imports, caches
        for _ in range(max(3, number // 2)):
            alone.append(_followed(address, server, client, 1, 0))
            many.append(_followed(address, server, client, READERS, IDLE))
            bare.append(_played(sender, player, many[-1].played))
    yield from _figures(alone, many, bare)


def _figures(
    alone: Sequence[Fanned], many: Sequence[Fanned], bare: Sequence[Fanned]
) -> Iterator[Figure]:
    name = f"{READERS + IDLE} readers, {IDLE} of whom never read"
    spent = {
        "bare": [one.cpu / one.events * 1e6 for one in bare],
        "IDE": [
            (each.cpu - one.cpu) / (each.events - one.events) * 1e6
            for each, one in zip(many, alone, strict=True)
        ],
        "IDE with the run": [one.cpu / one.events * 1e6 for one in many],
    }
    bars = {"IDE": 1.5}
    yield from compared(f"{name}: CPU an event sent", "µs", spent, bars=bars, to="bare")
    wall = {
        "bare": [one.wall / one.events * 1e6 for one in bare],
        "IDE": [one.wall / one.events * 1e6 for one in many],
    }
    yield from compared(f"{name}: wall an event sent", "µs", wall, bars={"IDE": 1.1}, to="bare")
    held = {
        "1 reader": [max(one.memory) / 2**20 for one in alone],
        f"{READERS + IDLE} readers": [max(one.memory) / 2**20 for one in many],
    }
    bars = {f"{READERS + IDLE} readers": 1.2}
    yield from compared("most memory of the IDE's server", "MiB", held, bars=bars, to="1 reader")
    grown = [(one.memory[-1] - one.memory[len(one.memory) * 3 // 4]) / 2**20 for one in many]
    who = "in the last quarter of the run"
    yield Figure(f"{name}: memory grows by", who, Spread.of(grown), "MiB", bar=8.0)
    runs = {
        "1 reader": [one.run for one in alone],
        f"{READERS + IDLE} readers": [one.run for one in many],
    }
    bars = {f"{READERS + IDLE} readers": 1.05}
    yield from compared("duration of the run", "s", runs, bars=bars, to="1 reader")


def _followed(
    address: str, server: Process, client: httpx.Client, readers: int, idle: int
) -> Fanned:
    """A run whose model begins to speak once all `readers` are there."""
    run_id = start(client)
    httpx.get(f"{address}/held/1", timeout=60).raise_for_status()
    path = f"/api/runs/{run_id}/events?text=delta"  # who never reads asks for the default wire
    with _readers(server, path, readers, idle) as process, _watched(server) as memory:
        cpu, began = server.cpu, time.time()
        httpx.post(f"{address}/release", json={}).raise_for_status()
        read = _read_by(process)
        cpu = server.cpu - cpu
    took = ended(client, run_id)["ended_ms"] / 1e3 - began
    played = [(max(0.0, at - began), event) for at, event in read["played"]]
    wall = read["ended"] - began
    return Fanned(cpu, wall, read["events"], read["bytes"], memory, played, took)


def _played(sender: Process, client: httpx.Client, events: list[tuple[float, str]]) -> Fanned:
    """The same events to as many readers, by the bare sender."""
    with _readers(sender, "/events", READERS, IDLE) as process, _watched(sender) as memory:
        cpu, began = sender.cpu, time.time()
        client.post("/play", json=events).raise_for_status()
        read = _read_by(process)
        cpu = sender.cpu - cpu
    return Fanned(cpu, read["ended"] - began, read["events"], read["bytes"], memory, [])


@contextmanager
def _readers(
    server: Process, path: str, readers: int, idle: int
) -> Iterator["subprocess.Popen[str]"]:
    """Readers who all have been let in."""
    arguments = (server.address, path, server.token, str(readers), str(idle), f"{_CHUNKS}xdigits")
    with spoken_to("benchmarks.readers", *arguments) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the readers were not let in; what they said is above")
        yield process


def _read_by(process: "subprocess.Popen[str]") -> dict[str, Any]:
    text, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("a reader did not get everything; what it said is above")
    read: dict[str, Any] = json.loads(text)
    return read


@contextmanager
def _watched(server: Process) -> Iterator[list[int]]:
    """The memory of `server`, looked at again and again for as long as the block."""
    held: list[int] = []
    over = Event()

    def watch() -> None:
        while not over.wait(_SAMPLE):
            held.append(server.memory)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield held
    finally:
        over.set()
        thread.join()
