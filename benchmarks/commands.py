"""The benchmarks of whole processes: what the command line costs."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, compared
from benchmarks.heard import KEY
from benchmarks.ours import procedure
from benchmarks.processes import Spent, spend

_TACTUS = (sys.executable, "-m", "tactus")
_RAW = """
import asyncio, sys
from benchmarks.heard import Heard
from benchmarks.peers import raw
async def main():
    async with raw(sys.argv[1], "counts") as turn:
        await turn(Heard(), True)
asyncio.run(main())
"""
_STORYTELLER = str(Path(__file__).parents[1] / "procedures" / "storyteller.lua")


def cold(address: str, number: int) -> Iterator[Figure]:
    """From nothing to the answer of one chunk, and the end of the process."""
    base_url = f"{address}/1x0/v1"
    with _procedure(procedure()) as file:
        run = (*_TACTUS, "run", file, "--api-base", base_url)
        commands = {
            "raw": (sys.executable, "-c", _RAW, base_url),
            "run": run,
            "run --jsonl": (*run, "--jsonl"),
            "run --stream": (*run, "--stream"),
        }
        spent = _spent(commands, number, {"OPENAI_API_KEY": KEY})
    bars = dict.fromkeys(("run", "run --jsonl", "run --stream"), 5.0)
    wall = {who: [one.wall * 1e3 for one in each] for who, each in spent.items()}
    cpu = {who: [one.cpu * 1e3 for one in each] for who, each in spent.items()}
    held = {who: [one.memory / 2**20 for one in each] for who, each in spent.items()}
    yield from compared("cold process: wall", "ms", wall, bars=bars)
    yield from compared("cold process: CPU", "ms", cpu, bars=bars)
    yield from compared("cold process: most memory", "MiB", held)


def startup(address: str, number: int) -> Iterator[Figure]:
    """Commands that call no model, and one that calls the demo, beside a bare interpreter."""
    with _procedure("return { sum = 1 + 1 }") as file:
        commands = {
            "python -c pass": (sys.executable, "-c", "pass"),
            "--version": (*_TACTUS, "--version"),
            "--help": (*_TACTUS, "--help"),
            "check storyteller.lua": (*_TACTUS, "check", _STORYTELLER),
            "run, no model": (*_TACTUS, "run", file),
            "run --model demo": (*_TACTUS, "run", _STORYTELLER, "--model", "demo/fast"),
        }
        spent = _spent(commands, number, {})
    cpu = {who: [one.cpu * 1e3 for one in each] for who, each in spent.items()}
    yield from compared("start-up: CPU", "ms", cpu, to="python -c pass")


def _spent(
    commands: Mapping[str, Sequence[str]], number: int, variables: dict[str, str]
) -> dict[str, list[Spent]]:
    """What each command takes, in turns; the first round only fills the caches."""
    spent: dict[str, list[Spent]] = {who: [] for who in commands}
    for turn in range(number + 1):
        for who, command in commands.items():
            one = spend(command, variables)
            if turn:
                spent[who].append(one)
    return spent


@contextmanager
def _procedure(text: str) -> Iterator[str]:
    """A file with the procedure `text`, for as long as the block."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "bench.lua"
        file.write_text(text, encoding="utf-8")
        yield str(file)
