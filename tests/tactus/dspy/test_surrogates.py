"""Halves of surrogate pairs, as gateways send them that slice text by UTF-16 units."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tactus.dspy.surrogates import mended
from tactus.errors import TurnError
from tests.providers.openai import Answer
from tests.tactus.dspy.speaking import Scene, scene


def written(it: Scene) -> bytes:
    """The events of a scene, as a log writes them."""
    return orjson.dumps([event.model_dump(mode="json") for event in it.events])


@pytest.mark.parametrize("disable_streaming", [False, True])
@pytest.mark.parametrize("write_size", [None, 5])
@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (("a\ud83d", "\ude00b"), "a😀b"),
        (("\ud83d", "\ude00"), "😀"),
        (("a", "\ud83d", "\ude00\ud83d", "\ude00", "b"), "a😀😀b"),
        (("a\ud83d",), "a\ufffd"),
        (("a\ud83d", "b"), "a\ufffdb"),
        (("a\ude00b", "c"), "a\ufffdbc"),
    ],
)
async def test_a_character_that_is_cut_in_two_is_whole_again_and_a_lone_half_is_marked(
    pieces: tuple[str, ...], text: str, write_size: int | None, disable_streaming: bool
) -> None:
    answer = Answer(pieces, escape=True, write_size=write_size)
    async with scene(answer, disable_streaming=disable_streaming) as it:
        result = await it.agent.turn("Speak.", turn_id="t")

        assert result.text == text
        assert it.shown == ("" if disable_streaming else text)
        assert result.total_chunks == (None if disable_streaming else len(pieces))
        assert all(chunk.chunk_count for chunk in it.chunks)
        assert orjson.dumps(text)[1:-1] in written(it)

        await it.agent.turn("And on.", turn_id="u")
        assert it.server.requests[1].body["messages"][1]["content"] == text


async def test_text_that_ends_within_a_character_is_kept_when_the_turn_fails() -> None:
    answer = Answer(("a\ud83d", "b"), escape=True, cut="eof", cut_after=1)
    async with scene(answer) as it:
        with pytest.raises(TurnError) as raised:
            await it.agent.turn("Speak.", turn_id="t")

        assert (raised.value.reason, raised.value.text) == ("truncated", "a\ufffd")
        assert it.shown == raised.value.text


async def test_what_a_provider_says_of_a_failure_can_always_be_written() -> None:
    async with scene(Answer(status=400, error="No \ud83d here.")) as it:
        with pytest.raises(TurnError) as raised:
            await it.agent.turn("Speak.", turn_id="t")

        assert raised.value.message.endswith(": No \ufffd here.")


@given(st.text(st.characters(categories=["Cs", "L", "So"])))
def test_mended_text_is_valid_and_valid_text_is_left_as_it_is(text: str) -> None:
    assert mended(mended(text).encode().decode()) == mended(text)
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert mended(text) == text
