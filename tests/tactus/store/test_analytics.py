from functools import partial
from pathlib import Path

import pytest

from tactus.store.analytics import analytics, percentile
from tactus.store.log import open_log
from tests.tactus.store.story import Story, began, keep


@pytest.mark.parametrize(
    ("values", "fraction", "expected"),
    [
        ([], 0.5, None),
        ([7], 0.99, 7),
        ([1, 2, 3, 4], 0.5, 2.5),
        ([4, 1, 3, 2, 5], 0.9, 4.6),
        ([1, 2], 1.0, 2),
    ],
)
def test_a_percentile_lies_between_two_values(
    values: list[float], fraction: float, expected: float | None
) -> None:
    assert percentile(values, fraction) == expected


async def test_what_is_unknown_is_left_out_of_sums_and_counted(tmp_path: Path) -> None:
    async with open_log(tmp_path) as log:
        await log.begin(began())
        story = Story()
        await keep(log, [story.turn(), story.cost(cost=None), story.turn("completed")])
        ask = partial(analytics, since=0, bucket=1_000)
        (model,) = (await log.query(ask))["by_model"]
        assert (model["cost"], model["unpriced"], model["output_tokens"]) == (None, 1, 8)
        await keep(log, story.turn_of(["more"], "turn-2"))
        await keep(log, [story.turn("started", "turn-3"), story.turn("failed", "turn-3")])
        (model,) = (await log.query(ask))["by_model"]
    assert (model["turns"], model["failed"], model["unpriced"]) == (3, 1, 2)
    assert (model["cost"], model["output_tokens"]) == (0.5, 16)
    assert model["ttft_ms"] == {"p50": 120, "p90": 120, "p99": 120}


async def test_time_is_cut_into_buckets_and_never_into_more_than_a_thousand(
    tmp_path: Path,
) -> None:
    async with open_log(tmp_path) as log:
        for number, now in enumerate((1_000, 1_500, 9_000, 90_000_000)):
            await log.begin(began(f"r{number}", started_ms=now))
            await keep(log, Story(f"r{number}", now=now).whole())
        figures = await log.query(partial(analytics, since=1_200, bucket=1_000))
    turns = [(bucket["start_ms"], bucket["turns"]) for bucket in figures["over_time"]]
    assert sum(count for _, count in turns) == 3
    assert len(turns) <= 1_000
    assert turns[-1][0] <= 90_000_020
