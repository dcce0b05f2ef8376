"""Turns that are begun again under the same name, after a crash in them."""

from pathlib import Path

from tactus.store import history
from tactus.store.log import open_log
from tests.tactus.store.story import Story, began, keep


async def test_a_turn_that_is_begun_again_takes_the_place_of_the_torn_one(tmp_path: Path) -> None:
    story = Story()
    async with open_log(tmp_path / "log") as log:
        await log.begin(began())
        await keep(log, [story.started(), story.turn(), story.chunk("torn")])
        await keep(log, [story.turn(), story.turn("completed")])
        await log.flush()
        assert log.failure is None
        turns = await log.query(history.list_turns)
    assert [(turn["turn_id"], turn["status"]) for turn in turns] == [("turn-1", "completed")]
