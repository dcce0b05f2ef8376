"""Kept answers: which are, for how long, and for whom."""

from pathlib import Path

import anyio
import pytest

from tactus.errors import TurnError
from tests.providers import Answer
from tests.tactus.dspy.speaking import Scene, scene

SKY = {"sky": {"type": "string"}}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TACTUS_CACHE_DIR", str(tmp_path / "answers"))
    return tmp_path / "answers"


async def asked(it: Scene) -> tuple[object, bool, int]:
    """The answer, whether it was kept, and how many requests there have been."""
    result = await it.another().agent.turn("How is the sky?", turn_id="t")
    return result.response, result.from_cache, len(it.server.requests)


async def test_an_answer_is_kept_and_costs_nothing_the_second_time() -> None:
    async with scene(disable_streaming=True, cache=True) as it:
        assert await asked(it) == ("Once upon a time.", False, 1)
        assert await asked(it) == ("Once upon a time.", True, 1)
        assert (await it.another().agent.turn("How is the sky?", turn_id="t")).cost == 0


async def test_a_streamed_turn_is_never_answered_from_what_was_kept() -> None:
    async with scene(cache=True) as it:
        assert await asked(it) == ("Once upon a time.", False, 1)
        assert await asked(it) == ("Once upon a time.", False, 2)


async def test_an_answer_that_does_not_fit_is_not_kept() -> None:
    bad, good = Answer(("rain",)), Answer(('{"sky": "rain"}',))
    async with scene(bad, bad, good, disable_streaming=True, cache=True, output=SKY) as it:
        with pytest.raises(TurnError, match="does not fit"):
            await asked(it)
        assert await asked(it) == ({"sky": "rain"}, False, 3)
        assert await asked(it) == ({"sky": "rain"}, True, 3)


async def test_an_answer_is_kept_no_longer_than_the_reader_says() -> None:
    async with scene(disable_streaming=True, cache=True) as writer:
        await asked(writer)
        base = {"api_base": {"openai": writer.server.base_url}}
        async with scene(disable_streaming=True, cache=0.2, settings=base) as reader:
            await anyio.sleep(0.3)  # what is waited for is the passing of time itself
            result = await reader.agent.turn("How is the sky?", turn_id="t")
            assert not result.from_cache
            assert len(writer.server.requests) == 2


async def test_another_server_gives_its_own_answer() -> None:
    async with scene(disable_streaming=True, cache=True) as one:
        await asked(one)
        async with scene(Answer(("Mine.",)), disable_streaming=True, cache=True) as other:
            assert await asked(other) == ("Mine.", False, 1)


@pytest.fixture
def unusable(folder: Path) -> None:
    folder.write_text("in the way")


@pytest.mark.usefixtures("unusable")
async def test_a_folder_that_cannot_be_used_keeps_nothing_and_fails_nothing() -> None:
    async with scene(disable_streaming=True, cache=True) as it:
        assert await asked(it) == ("Once upon a time.", False, 1)
        assert await asked(it) == ("Once upon a time.", False, 2)
