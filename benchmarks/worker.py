"""The process of one peer: reads jobs as JSON lines, does each, and writes what it measured.

A worker stays warm from job to job; so the peers can be measured in turns, each in its own process.
"""

import asyncio
import gc
import json
import sys
import time
import tracemalloc
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.heard import CHARACTERS, Heard, Turn
from benchmarks.peers import PEERS
from benchmarks.wires import WIRES


@dataclass(frozen=True)
class Job:
    """Calls to make: `calls` of them, `at_once` at a time, after `warm` times as many at once.

    `listens` is what the handler does: counts, keeps each record, or reads the last one's
    accumulated text at the end. `traced` measures memory, and nothing else that is of use.
    """

    address: str
    chunks: int
    delay: int = 0  # µs between chunks
    joined: bool = False  # many chunks in one HTTP chunk
    calls: int = 1
    at_once: int = 1
    warm: int = 1
    streamed: bool = True
    listens: str = "counts"
    traced: bool = False
    wire: str = "openai"


@dataclass(frozen=True)
class Measured:
    """Seconds of all calls together, and of each turn where it says so; memory in bytes."""

    cpu: float
    wall: float
    turns: list[float]
    firsts: list[float]
    pieces: int
    memory: int = 0


async def measure(peer: str, job: Job) -> Measured:
    """Do `job` as `peer`; an answer that is not all there is an error."""
    how = "joined" if job.joined else job.delay
    base_url = f"{job.address}/{job.chunks}x{how}{WIRES[job.wire].base}"
    async with PEERS[peer](base_url, job.listens, job.wire) as turn:
        for _ in range(job.warm):
            await _all(turn, job, job.at_once)
        gc.collect()
        if job.traced:
            tracemalloc.start()
        wall, cpu = time.perf_counter(), time.process_time()
        taken = await _all(turn, job, job.calls)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        memory = tracemalloc.get_traced_memory()[1] if job.traced else 0
        tracemalloc.stop()
    return Measured(
        cpu=cpu,
        wall=wall,
        turns=[turn for heard in taken for turn in heard.turns],
        firsts=[first for heard in taken for first in heard.firsts],
        pieces=sum(heard.pieces for heard in taken),
        memory=memory,
    )


async def _all(turn: Turn, job: Job, calls: int) -> list[Heard]:
    taken: list[Heard] = []
    left = iter(range(calls))

    async def take() -> None:
        taken.extend([await _one(turn, job) for _ in left])

    async with asyncio.TaskGroup() as tasks:
        for _ in range(min(calls, job.at_once)):
            tasks.create_task(take())
    return taken


async def _one(turn: Turn, job: Job) -> Heard:
    heard = Heard()
    await turn(heard, job.streamed)
    length = len(heard.kept[-1].accumulated_text) if job.listens == "reads" else heard.characters
    heard.kept.clear()
    if length != len(heard.turns) * job.chunks * CHARACTERS:
        raise RuntimeError(f"{length} characters came of {len(heard.turns)} turns")
    return heard


def main() -> None:
    """Serve the jobs of the peer that is the first argument."""
    peer = sys.argv[1]
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            job: dict[str, Any] = json.loads(line)
            measured = runner.run(measure(peer, Job(**job)))
            print(json.dumps(asdict(measured)), flush=True)


if __name__ == "__main__":
    main()
