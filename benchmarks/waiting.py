"""A thousand runs on one event loop, each awaiting its model.

The server answers none of them until all are there. As a program of its own, this is the process
in which they wait: `python -m benchmarks.waiting ADDRESS PEER COUNT`.
"""

import asyncio
import gc
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.figures import Figure, Spread
from benchmarks.heard import Heard
from benchmarks.peers import PEERS
from benchmarks.processes import said

_RUNS = 1_000
_PATIENCE = 120.0  # seconds


def waiting(address: str, number: int) -> Iterator[Figure]:
    """What a run costs that waits for its model, beside a raw call that does."""
    units = {
        "memory": "KiB",
        "threads": "",
        "CPU to its wait": "ms",
        "CPU from its wait": "ms",
        "CPU of all while waiting 1 s": "ms",
    }
    measured: dict[str, list[dict[str, float]]] = {"raw": [], "agent": [], "run": []}
    for _ in range(max(3, number // 2)):
        for who, listed in measured.items():
            listed.append(json.loads(said("benchmarks.waiting", address, who, str(_RUNS))))
    for what, unit in units.items():
        for who, listed in measured.items():
            spread = Spread.of([one[what] for one in listed])
            yield Figure(f"{_RUNS:,} waiting: {what}", who, spread, unit)


async def _wait(address: str, peer: str, count: int) -> dict[str, float]:
    """One turn at first, which fills the caches; then all of them."""

    async def released(number: int) -> None:
        await asyncio.to_thread(_ask, f"{address}/held/{number}")
        await asyncio.to_thread(_ask, f"{address}/release", b"{}")

    async with PEERS[peer](f"{address}/hold/v1", "counts", "openai") as turn:
        await asyncio.gather(turn(Heard(), True), released(1))
        gc.collect()
        memory, began = _resident(), time.process_time()
        async with asyncio.timeout(_PATIENCE), asyncio.TaskGroup() as tasks:
            for _ in range(count):
                tasks.create_task(turn(Heard(), True))
            await asyncio.to_thread(_ask, f"{address}/held/{count}")
            there = time.process_time()
            await asyncio.sleep(1)
            idle = time.process_time()
            held, threads = _resident() - memory, threading.active_count()
            await asyncio.to_thread(_ask, f"{address}/release", b"{}")
        ended = time.process_time()
    return {
        "memory": held / count / 1024,
        "threads": threads,
        "CPU to its wait": (there - began) / count * 1e3,
        "CPU from its wait": (ended - idle) / count * 1e3,
        "CPU of all while waiting 1 s": (idle - there) * 1e3,
    }


def _ask(url: str, body: bytes | None = None) -> None:
    with urlopen(Request(url, body), timeout=_PATIENCE) as answer:
        answer.read()


def _resident() -> int:
    """Bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_wait(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
