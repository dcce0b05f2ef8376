"""The processes of a measurement: the server, a worker for each peer, and commands run once."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.rivals import ELSEWHERE
from benchmarks.worker import Job, Measured

_ELSEWHERE = Path(__file__).parents[1] / ".tools/bench/bin/python"
_AMBIENT = ("_BASE_URL", "_API_BASE", "_API_KEY", "_PROXY", "_proxy")


class Missing(Exception):  # noqa: N818  # no error: the benchmark is skipped, visibly
    """Something that this machine does not have; says what."""


def environment() -> dict[str, str]:
    """This process's environment, without what sends a model's calls elsewhere."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith(_AMBIENT) and not name.startswith("TACTUS_")
    }
    offline = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LANGSMITH_TRACING": "false"}
    quiet = {"PYTHONWARNINGS": "ignore"}  # LiteLLM's about its own objects
    return {
        **ours,
        **offline,
        **quiet,
        "DSPY_CACHEDIR": f"{tempfile.gettempdir()}/tactus-benchmarks",
    }


@contextmanager
def server() -> Iterator[str]:
    """A benchmark server in its own process; gives its address."""
    with spoken_to("benchmarks.server") as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()


@contextmanager
def spoken_to(*arguments: str, python: str = sys.executable) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [python, "-m", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate()


def rounds(jobs: Mapping[str, tuple[str, Job]], number: int) -> dict[str, list[Measured]]:
    """What each peer measured of its job, in turns A B A B; values of one index belong together.

    Each of `jobs` is a peer and what it does, and has a process of its own.
    """
    measured: dict[str, list[Measured]] = {name: [] for name in jobs}
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(spoken_to("benchmarks.worker", peer, python=_python(peer)))
            for name, (peer, _) in jobs.items()
        }
        for name, (_, job) in jobs.items():
            _done(workers[name], replace(job, chunks=20, delay=0, traced=False))  # imports, caches
        for turn in range(number):
            order = list(jobs) if turn % 2 == 0 else list(jobs)[::-1]
            for name in order:
                measured[name].append(_done(workers[name], jobs[name][1]))
    return measured


def _python(peer: str) -> str:
    """The interpreter that has this peer's packages."""
    if peer not in ELSEWHERE:
        return sys.executable
    if not _ELSEWHERE.exists():
        raise Missing(f"{peer}, which `make bench` installs in .tools/bench")
    return str(_ELSEWHERE)


def _done(worker: "subprocess.Popen[str]", job: Job) -> Measured:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(json.dumps(asdict(job)) + "\n")
    worker.stdin.flush()
    answer = worker.stdout.readline()
    if not answer:
        raise RuntimeError("a worker ended; what it said is above")
    return Measured(**json.loads(answer))


def said(*arguments: str) -> str:
    """What a module of ours prints when it runs with these arguments."""
    with spoken_to(*arguments) as process:
        text, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{arguments[0]} failed; what it said is above")
    return text


@dataclass(frozen=True)
class Spent:
    """What a command took, in seconds, and the most memory that it held, in bytes."""

    cpu: float
    wall: float
    memory: int


def spend(command: Sequence[str], variables: Mapping[str, str]) -> Spent:
    """Run `command` to its end, with these in its environment too; it must succeed."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**environment(), **variables},
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {said.decode(errors='replace')}")
    return Spent(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024)
