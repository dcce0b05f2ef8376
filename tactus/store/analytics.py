"""What turns took and cost: by model, by agent, and over time."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from tactus.store.history import FAILED
from tactus.store.tables import TURN

TTFT_THRESHOLD_MS = 1000  # a first token that takes longer gets a mark

_MOST_BUCKETS = 1_000


def analytics(connection: Connection, *, since: int, bucket: int) -> dict[str, Any]:
    """The figures of all turns that started at `since` or later; both in ms.

    A sum leaves out what is unknown and is null when nothing is known; `unpriced` counts the turns
    whose price is not.
    """
    rows = connection.execute(
        select(
            TURN.c.agent_name,
            TURN.c.provider,
            TURN.c.model,
            TURN.c.status,
            TURN.c.started_ms,
            TURN.c.duration_ms,
            TURN.c.time_to_first_token_ms,
            TURN.c.input_tokens,
            TURN.c.output_tokens,
            TURN.c.cost,
        )
        .where(TURN.c.started_ms >= since, TURN.c.status != "active")
        .order_by(TURN.c.started_ms)
    ).all()
    return {
        "by_model": _groups(rows, lambda row: f"{row.provider}/{row.model}"),
        "by_agent": _groups(rows, lambda row: row.agent_name),
        "over_time": _over_time(rows, bucket),
        "ttft_threshold_ms": TTFT_THRESHOLD_MS,
    }


def percentile(values: Iterable[float], fraction: float) -> float | None:
    """The value below which `fraction` of `values` lie, between two of them linearly."""
    ordered = sorted(values)
    if not ordered:
        return None
    position = (len(ordered) - 1) * fraction
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def _groups(rows: Sequence[Any], key: Callable[[Any], str]) -> list[dict[str, Any]]:
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return [
        {
            "key": name,
            "turns": len(group),
            "failed": sum(row.status in FAILED for row in group),
            "unpriced": sum(row.cost is None for row in group),
            **_sums(group),
            "ttft_ms": _percentiles(group, "time_to_first_token_ms"),
            "duration_ms": _percentiles(group, "duration_ms"),
        }
        for name, group in sorted(groups.items())
    ]


def _over_time(rows: Sequence[Any], bucket: int) -> list[dict[str, Any]]:
    """One entry a bucket that has turns; the buckets widen until there are at most a thousand."""
    if not rows:
        return []
    while (rows[-1].started_ms - rows[0].started_ms) // bucket >= _MOST_BUCKETS:
        bucket *= 2
    buckets: dict[int, list[Any]] = {}
    for row in rows:
        buckets.setdefault(row.started_ms // bucket * bucket, []).append(row)
    return [
        {
            "start_ms": start,
            "turns": len(group),
            **_sums(group),
            "ttft_p50_ms": percentile(_known(group, "time_to_first_token_ms"), 0.5),
            "duration_p50_ms": percentile(_known(group, "duration_ms"), 0.5),
        }
        for start, group in sorted(buckets.items())
    ]


def _known(group: Sequence[Any], name: str) -> list[Any]:
    return [value for row in group if (value := getattr(row, name)) is not None]


def _sums(group: Sequence[Any]) -> dict[str, Any]:
    known = {name: _known(group, name) for name in ("input_tokens", "output_tokens", "cost")}
    return {name: sum(values) if values else None for name, values in known.items()}


def _percentiles(group: Sequence[Any], name: str) -> dict[str, float | None]:
    values = _known(group, name)
    return {f"p{part}": percentile(values, part / 100) for part in (50, 90, 99)}
