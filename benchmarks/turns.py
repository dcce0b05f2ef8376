"""The benchmarks of turns: every peer takes the same ones from the same server."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median

from benchmarks.figures import Figure, compared
from benchmarks.processes import rounds
from benchmarks.worker import Job, Measured

_ALL = ("raw", "native", "agent", "run")
_MORE = ("turns",)
_TURNS = ("agent", "turns")  # a run is a turn, and a Lua state made for it
_STREAM = 50  # chunks a second of one live stream
_LIVE_CHUNKS = 100


def bulk(address: str, number: int) -> Iterator[Figure]:
    """A chunk of 5 characters when all come at once, from the socket to the log handler.

    Each in an HTTP chunk of its own, as OpenAI sends them; then many in one, as proxies do.
    """
    job = Job(address, chunks=5_000, calls=4)
    name, bars = "bulk: CPU a chunk", {"agent": 2.0, "run": 2.0}
    yield from _cpu(name, job, number, bars)
    yield from _cpu("bulk, joined: CPU a chunk", replace(job, joined=True), number, bars)


def trickle(address: str, number: int) -> Iterator[Figure]:
    """A chunk when one comes each 2 ms."""
    job = Job(address, chunks=500, delay=2_000, warm=0)
    name, bars = "one token at a time: CPU a chunk", {"agent": 1.3, "run": 1.3}
    return _cpu(name, job, number * 2, bars)  # mostly idle, so the machine's moods show


def first(address: str, number: int) -> Iterator[Figure]:
    """From the call to the first text, the server answering at once, over a warm connection."""
    taken = _taken(Job(address, chunks=20, calls=30, warm=3), number, *_MORE)
    first = _each(taken, lambda one: median(one.firsts) * 1e3)
    yield from compared("time to first text", "ms", first, bars=dict.fromkeys(_TURNS, 2.0))


def whole(address: str, number: int) -> Iterator[Figure]:
    """A whole turn that is not streamed."""
    job = Job(address, chunks=20, calls=40, warm=3, streamed=False)
    taken = _taken(job, number, *_MORE)
    wall = _each(taken, lambda one: median(one.turns) * 1e3)
    cpu = _each(taken, lambda one: one.cpu / len(one.turns) * 1e3)
    yield from compared("whole turn: wall", "ms", wall, bars=dict.fromkeys(_TURNS, 2.5))
    yield from compared("whole turn: CPU", "ms", cpu)


def live(address: str, number: int) -> Iterator[Figure]:
    """Many streams at once, each as fast as a model speaks."""
    for at_once in (50, 200):
        delay = 1_000_000 // _STREAM
        job = Job(address, chunks=_LIVE_CHUNKS, delay=delay, calls=at_once, at_once=at_once)
        taken = _taken(job, max(3, number // 2))
        spent = _each(taken, lambda one: one.cpu / len(one.turns) / _LIVE_CHUNKS)
        yield from compared(f"{at_once} live streams: CPU a chunk", "µs", _scaled(spent, 1e6))
        cores = {peer: [1 / _STREAM / cpu for cpu in cpus] for peer, cpus in spent.items()}
        yield from compared(f"{at_once} live streams: streams a core", "", cores)


def _cpu(name: str, job: Job, number: int, bars: dict[str, float]) -> Iterator[Figure]:
    taken = _taken(job, number)
    spent = _each(taken, lambda one: one.cpu / job.calls / job.chunks * 1e6)
    yield from compared(name, "µs", spent, bars=bars)
    ours = {peer: spent[peer] for peer in _ALL if peer != "raw"}
    bars = {"agent": 1.0, "run": 1.0}
    yield from list(compared(f"{name}, to DSPy", "µs", ours, to="native", bars=bars))[1:]


def _taken(job: Job, number: int, *more: str) -> dict[str, list[Measured]]:
    return rounds({peer: (peer, job) for peer in (*_ALL, *more)}, number)


def _each(
    taken: dict[str, list[Measured]], value: Callable[[Measured], float]
) -> dict[str, list[float]]:
    return {peer: [value(one) for one in measured] for peer, measured in taken.items()}


def _scaled(values: dict[str, list[float]], factor: float) -> dict[str, list[float]]:
    return {name: [value * factor for value in listed] for name, listed in values.items()}
