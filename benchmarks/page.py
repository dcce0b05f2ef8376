"""The page in a real browser: how old text is when it is there, and typing beside a long answer."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from threading import Thread
from time import perf_counter
from typing import Any

import httpx

from benchmarks.figures import Figure, Spread, compared
from benchmarks.ide import Process, ended, ide, serving, start
from benchmarks.processes import Missing, environment
from benchmarks.server import piece

_SCRIPT = Path(__file__).with_name("page.mjs")
_ROOT = Path(__file__).parents[1]
_MODULES = _ROOT / "ide_backend" / "frontend" / "node_modules" / "playwright-core"
_STATIC = _ROOT / "ide_backend" / "static" / "index.html"

_STAMPS, _GAP = 200, 50  # ms between chunks: each alone, as most models speak
_PATIENCE = 300.0  # seconds

_TOKENS, _PACE = 30_000, 6_667  # µs between tokens: 150 a second, of 5 characters
_LAST = 4_000  # of them come while somebody types
_KEYS = 200  # typed before it all
_LONGEST = 100.0  # ms
_BUDGET = 256  # KiB/s of the default wire


def page(address: str, number: int) -> Iterator[Figure]:
    """From the model server's socket to text in the DOM; bare: from that sender's socket."""
    _needed()
    ages: dict[str, list[list[float]]] = {"bare": [], "IDE": []}
    with (
        ide(f"{address}/{_STAMPS}x{_GAP * 1_000}xstamped/v1") as server,
        serving("benchmarks.bare", "0") as sender,
    ):
        _warm(server)
        for _ in range(max(3, number // 2)):
            bare = (sender.address, str(_STAMPS), str(_GAP))
            ages["bare"].append(_measured("bare", *bare))
            ages["IDE"].append(_measured("stamps", _page_of(server), str(_STAMPS)))
    for share, bars in ((50, {"IDE": 50.0}), (95, {})):
        name = f"age of a chunk in the DOM, p{share}"
        each = {who: [_share(one, share) for one in listed] for who, listed in ages.items()}
        yield from _absolute(name, "ms", each, bars)


def typing(address: str, _: int) -> Iterator[Figure]:
    """An answer of 150 KB at 150 tokens/s; a person types in the editor during its last 27 s."""
    _needed()
    text = "".join(piece(number, "prose") for number in range(_TOKENS))
    last = sum(len(piece(number, "prose")) for number in range(_TOKENS - _LAST, _TOKENS))
    with ide(f"{address}/hold-{_TOKENS}x{_PACE}xprose/v1") as server, server.client() as client:
        _warm(server)
        arguments = (_page_of(server), str(len(text)), str(last), str(_KEYS))
        with _browser("typing", *arguments) as process:
            assert process.stdout is not None
            if process.stdout.readline() != "running\n":
                raise RuntimeError("the page did not run it; what it said is above")
            run_id = client.get("/api/runs", params={"limit": 1}).json()["runs"][0]["id"]
            httpx.get(f"{address}/held/1", timeout=60).raise_for_status()
            wires = {pace: _Wire(server, run_id, pace) for pace in ("delta", "both")}
            httpx.post(f"{address}/release", json={}).raise_for_status()
            said = process.stdout.readline()
        ended(client, run_id)
    if not said:
        raise RuntimeError("the browser failed; what it said is above")
    told = json.loads(said)
    if told["text"] != text:
        raise RuntimeError("the page has not the text that the model said")
    yield from _typed(told)
    total = wires["delta"].joined() / 1e6
    yield _one("the whole answer: delta wire", "", total, "MB", 10.0)
    total = wires["both"].joined() / 1e6
    yield _one("the whole answer: default wire", "", total, "MB", None)
    most = wires["both"].most_in(10.0) / 1024
    yield _one("the same: most of any 10 s", "", most, "KiB/s", _BUDGET)


def _typed(told: dict[str, Any]) -> Iterator[Figure]:
    keys = {"nothing comes": told["keysBefore"], "the answer comes": told["keysDuring"]}
    for share in (50, 95):
        each = {who: [_share(one, share)] for who, one in keys.items()}
        name = f"typing, key to paint, p{share} of {len(told['keysDuring'])}"
        yield from compared(name, "ms", each, to="nothing comes")
    for name, clock in (
        ("longest task of the page, CPU", "cpu"),
        ("the same, wall: also what other processes took", "wall"),
    ):
        yield _one(name, "typing, nothing comes", told["before"][clock], "ms", None)
        yield _one(name, "the answer comes", told["reading"][clock], "ms", _LONGEST)
        yield _one(name, "typing, the answer comes", told["during"][clock], "ms", _LONGEST)


class _Wire:
    """A reader who counts the bytes of a run's stream, beside the page."""

    def __init__(self, server: Process, run_id: str, pace: str) -> None:
        self._came: list[tuple[float, int]] = []
        self._thread = Thread(target=self._read, args=(server, run_id, pace), daemon=True)
        self._thread.start()

    def joined(self) -> int:
        """All bytes, once the stream has ended."""
        self._thread.join(_PATIENCE)
        return sum(size for _, size in self._came)

    def most_in(self, seconds: float) -> float:
        """The most bytes a second of any `seconds`; without the last event, paid for behind it."""
        most = held = first = 0
        for at, size in self._came:
            held += size
            while self._came[first][0] <= at - seconds:
                held -= self._came[first][1]
                first += 1
            most = max(most, held - size)
        return most / seconds

    def _read(self, server: Process, run_id: str, pace: str) -> None:
        path, params = f"/api/runs/{run_id}/events", {"text": pace}
        with server.client() as client, client.stream("GET", path, params=params) as answer:
            answer.raise_for_status()
            for data in answer.iter_raw():
                self._came.append((perf_counter(), len(data)))


def _warm(server: Process) -> None:
    """A first run, for which the server imports what it needs."""
    with server.client() as client:
        ended(client, start(client, model="demo/fast"))


def _page_of(server: Process) -> str:
    return f"{server.address}/#token={server.token}"


def _needed() -> None:
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if shutil.which("node") is None or not _MODULES.is_dir():
        raise Missing("node and the page's packages (make ide_backend/static/index.html)")
    if not Path(chromium).exists():
        raise Missing("Chromium (CHROMIUM says where it is, or /usr/bin/chromium)")
    if not _STATIC.is_file():
        raise Missing("the built page (make ide_backend/static/index.html)")


@contextmanager
def _browser(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        ["node", str(_SCRIPT), *arguments], stdout=subprocess.PIPE, text=True, env=environment()
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            try:
                process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.terminate()
                process.communicate()


def _measured(*arguments: str) -> list[float]:
    with _browser(*arguments) as process:
        said, _ = process.communicate(timeout=_PATIENCE)
    if process.returncode:
        raise RuntimeError("the browser failed; what it said is above")
    measured: list[float] = json.loads(said.splitlines()[-1])
    if len(measured) != _STAMPS:
        raise RuntimeError(f"{len(measured)} of {_STAMPS} chunks came into the DOM")
    return measured


def _share(values: Sequence[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1]


def _one(name: str, who: str, value: float, unit: str, bar: float | None) -> Figure:
    return Figure(name, who, Spread.of([value]), unit, bar=bar)


def _absolute(
    name: str, unit: str, values: dict[str, list[float]], bars: dict[str, float]
) -> Iterator[Figure]:
    """Figures whose bar is one of the value itself, with the ratio beside it."""
    for figure in compared(name, unit, values, to="bare"):
        yield figure
        if figure.who in bars:
            yield Figure(name, f"{figure.who}, itself", figure.spread, unit, bar=bars[figure.who])
