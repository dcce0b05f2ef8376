"""Tactus, the raw client and the frameworks on each provider's wire, in the same rounds."""

from collections.abc import Iterator
from statistics import median

from benchmarks.figures import Figure, compared
from benchmarks.processes import rounds
from benchmarks.rivals import OWN_WAY, RIVALS, SPEAKS
from benchmarks.wires import WIRES
from benchmarks.worker import Job, Measured

_OURS = ("agent", "run")


def providers(address: str, number: int) -> Iterator[Figure]:
    """CPU of a chunk, in bulk and one at a time, and the time to the first text, warm."""
    number = max(3, number - 2)  # slow peers, on five wires
    for wire in WIRES:
        rivals = [who for who in RIVALS if wire in SPEAKS.get(who, WIRES)]
        quick, slow = (Job(address, 5_000, calls=calls, warm=0, wire=wire) for calls in (6, 1))
        jobs = {who: (who, quick) for who in ("raw", *_OURS)}
        jobs |= {who: (who, slow) for who in rivals}
        taken = rounds(jobs, number)
        yield from _shown(wire, "CPU a chunk, in bulk", "µs", _spent(taken, 5_000), ("run",))
        job = Job(address, 300, delay=2_000, warm=0, wire=wire)
        taken = rounds({who: (who, job) for who in ("raw", *_OURS, *rivals)}, number)
        yield from _shown(wire, "CPU a chunk, one each 2 ms", "µs", _spent(taken, 300), ("run",))
        job = Job(address, 20, calls=30, warm=3, wire=wire)
        taken = rounds({who: (who, job) for who in ("raw", *_OURS, "turns", *rivals)}, number)
        yield from _shown(wire, "time to first text", "ms", _firsts(taken), ("turns", "run"))


def _spent(taken: dict[str, list[Measured]], chunks: int) -> dict[str, list[float]]:
    return {
        who: [one.cpu / len(one.turns) / chunks * 1e6 for one in each]
        for who, each in taken.items()
    }


def _firsts(taken: dict[str, list[Measured]]) -> dict[str, list[float]]:
    return {who: [median(one.firsts) * 1e3 for one in each] for who, each in taken.items()}


def _shown(
    wire: str, what: str, unit: str, values: dict[str, list[float]], ours: tuple[str, ...]
) -> Iterator[Figure]:
    """Everybody to the raw client, then `ours` to each of the frameworks, which it is to pass."""
    name = f"{wire}: {what}"
    yield from compared(name, unit, values)
    for who in RIVALS:
        rival = f"{who}, its own wire" if (who, wire) in OWN_WAY else who
        if who in values:
            pairs = {**{one: values[one] for one in ours}, rival: values[who]}
            yield from list(compared(name, unit, pairs, to=rival, bars=dict.fromkeys(ours, 1.0)))[
                :-1
            ]
        else:
            yield Figure(name, f"{who} does not speak it", None, "")
