"""Figures as they are shown: a median, its range, and the ratio to another of the same rounds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

HEAD = (
    "| figure | who | median (range) | ratio (range) | to | bar | met |\n"
    "|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Spread:
    """The median of values, and the least and the greatest of them."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{_short(self.middle)} ({_short(self.low)}–{_short(self.high)})"  # noqa: RUF001


@dataclass(frozen=True)
class Figure:
    """One line of the table; `ratio` is that of the pairs, not of the medians.

    A `spread` of None is a figure that cannot be.
    """

    name: str
    who: str
    spread: Spread | None
    unit: str
    ratio: Spread | None = None
    to: str = ""
    bar: float | None = None

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio} ×"  # noqa: RUF001
        bar = "" if self.bar is None else f"≤ {_short(self.bar)}"
        met = ""
        measured = self.ratio or self.spread
        if self.bar is not None and measured is not None:
            met = "yes" if measured.middle <= self.bar else "**no**"
        spread = "" if self.spread is None else f"{self.spread} {self.unit}"
        cells = (self.name, self.who, spread, ratio, self.to, bar, met)
        return f"| {' | '.join(cells)} |"


def compared(
    name: str,
    unit: str,
    values: Mapping[str, Sequence[float]],
    *,
    bars: Mapping[str, float] | None = None,
    to: str = "raw",
) -> Iterator[Figure]:
    """A figure for each of `values`, whose values of one index were measured together."""
    for who, measured in values.items():
        ratio = None
        if who != to:
            pairs = zip(measured, values[to], strict=True)
            ratio = Spread.of([ours / theirs for ours, theirs in pairs])
        bar = (bars or {}).get(who)
        yield Figure(name, who, Spread.of(measured), unit, ratio, to if ratio else "", bar)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
