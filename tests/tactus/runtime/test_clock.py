"""`sleep` and `now`."""

import time

import anyio
import orjson
import pytest

from tactus.engine.inline import Recorded
from tactus.errors import DefinitionError
from tests.tactus.runtime.journaled import Journaled


async def test_a_sleep_waits() -> None:
    assert await Journaled("local t = now() sleep(0.1) return now() - t").value() >= 0.1


async def test_the_moment_to_go_on_is_recorded() -> None:
    ran = Journaled("race { function() sleep(3600) end, function() return 1 end }")
    before = time.time()
    await ran.value()
    (record,) = [each for each in ran.records.values() if each.name.startswith("sleep#")]
    assert before + 3600 <= orjson.loads(record.result) <= time.time() + 3600


@pytest.mark.parametrize(("left", "least"), [(-5.0, 0.0), (0.2, 0.2)])
async def test_a_replay_waits_only_for_what_is_left(left: float, least: float) -> None:
    ran = Journaled("sleep(3600) return 'slept'")
    run = ran.begin()
    with anyio.move_on_after(0.05):  # it breaks off within the sleep
        await run.drive()
    (name,) = ran.names
    until = time.time() + left
    with anyio.fail_after(10):
        assert await ran.value({1: Recorded(name, orjson.dumps(until))}) == "slept"
    assert time.time() >= until
    assert least <= max(left, 0)


async def test_a_replay_is_told_the_time_that_was() -> None:
    ran = Journaled("return now()")
    first = await ran.value()
    assert abs(first - time.time()) < 60
    assert await ran.value(ran.records) == first


@pytest.mark.parametrize("given", ["-1", "0/0", "math.huge", "'long'", "nil"])
async def test_a_sleep_that_is_no_time_is_refused(given: str) -> None:
    with pytest.raises(DefinitionError, match="sleep takes seconds"):
        await Journaled(f"sleep({given})").value()
