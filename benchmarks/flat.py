"""Whether a chunk of a long answer costs what one of a short answer does."""

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.figures import Figure, compared
from benchmarks.processes import rounds
from benchmarks.worker import Job

_SHORT, _LONG = 1_000, 100_000
_PACE = 200  # µs between chunks where most shall arrive alone
_BAR = 1.2


def flat(address: str, number: int) -> Iterator[Figure]:
    """CPU and memory a chunk, in bulk and paced, by what the handler does."""
    for listens in ("counts", "keeps", "reads"):
        job = Job(address, chunks=_SHORT, listens=listens)
        yield from _compared(f"flat, in bulk, handler {listens}", job, number)
    job = Job(address, chunks=_SHORT, delay=_PACE, listens="keeps")
    yield from _compared("flat, paced, handler keeps", job, max(2, number // 3))


def _compared(name: str, job: Job, number: int) -> Iterator[Figure]:
    """Short and long answers in turns; the short ones often enough to be measured well."""
    short, longer = f"{_SHORT:,} chunks", f"{_LONG:,} chunks"
    for traced, what, unit in ((False, "CPU", "µs"), (True, "memory", "B")):
        again = 1 if traced else 20
        jobs = {
            short: replace(job, calls=again, traced=traced),
            longer: replace(job, chunks=_LONG, traced=traced, warm=0),
        }
        spent: dict[str, list[float]] = {}
        for who, measured in rounds({who: ("run", jobs[who]) for who in jobs}, number).items():
            total = jobs[who].calls * jobs[who].chunks
            spent[who] = [
                one.memory / total if traced else one.cpu / total * 1e6 for one in measured
            ]
        bars = {longer: _BAR}
        yield from compared(f"{name}: {what} a chunk", unit, spent, to=short, bars=bars)
