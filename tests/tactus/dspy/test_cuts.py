"""Streams that are cut: at twenty places, in four ways, on every wire, whatever is in them."""

import re
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import anyio
import pytest

from tests.providers import WIRES, Answer, Call, Cut, Request, Thought
from tests.tactus.dspy.outcomes import WEATHER, outcome
from tests.tactus.dspy.speaking import SPEAKERS, Scene, scene

PLACES = 20
CUTS: tuple[Cut, ...] = ("end", "eof", "mid_body", "reset", "stall")
SPOKEN = ("Once ", "upon ", "a «time» — 😀 ", "there ", "was ", "an ", "end.")
STREAMS = {
    "plain": Answer(SPOKEN),
    "tools": Answer(
        ("I ", "look. ", Call("weather", {"city": "Ås"}, size=5), Call("weather", {"city": "Oslo"}))
    ),
    "reasoning": Answer((Thought("Let "), Thought("me "), Thought("see."), *SPOKEN)),
}
_FINISH = re.compile(rb'"finish_reason": "|"stop_reason": "|"finishReason"|"response.completed"')
_ENDINGS = {"truncated": "truncated", "transport": "failed", "timeout": "failed"}


@dataclass(frozen=True)
class Body:
    """What the server sends of an answer when it is not cut."""

    ends: tuple[int, ...]  # of its pieces, in bytes
    text: tuple[str, ...]  # what is said by then
    whole_from: int  # with so many bytes, all that matters has come

    @classmethod
    def of(cls, answer: Answer, wire: str, request: Request) -> "Body":
        pieces = list(WIRES[wire].dialects[-1].streamed(answer, request))
        ends = tuple(accumulate(len(piece) for piece in pieces))
        body = b"".join(pieces)
        found = _FINISH.search(body)
        assert found is not None
        texts = [*(piece if isinstance(piece, str) else "" for piece in answer.pieces)]
        said = tuple(accumulate(texts)) or ("",)
        said += (said[-1],) * (len(ends) - len(said))
        return cls(ends, said, body.index(b"}\n", found.start()))

    @property
    def places(self) -> list[int]:
        return [1 + (self.ends[-1] - 2) * place // (PLACES - 1) for place in range(PLACES)]

    def text_by(self, place: int) -> str:
        """The text in the pieces that came whole."""
        came = [text for end, text in zip(self.ends, self.text, strict=False) if end <= place]
        return came[-1] if came else ""


def answer_to(request: Request, answer: Answer) -> Answer:
    """The answer, cut as the prompt says."""
    if request.results:
        return Answer(("It rains.",))
    if not request.prompt.startswith("cut "):
        return answer
    how, place = request.prompt.split()[1:]
    cut = next(cut for cut in CUTS if cut == how)
    return replace(answer, cut=cut, cut_at=int(place))


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("wire", SPEAKERS)
async def test_a_stream_that_is_cut_ends_once_keeps_its_text_and_is_no_success(
    wire: str, name: str
) -> None:
    answer = STREAMS[name]
    tools = (WEATHER,) if name == "tools" else ()
    completed: list[Any] = []
    asked: dict[str, int] = {}

    def choose(request: Request) -> Answer:
        asked[request.prompt] = asked.get(request.prompt, 0) + (not request.results)
        return answer_to(request, answer)

    given: dict[str, Any] = {"reasoning": "low"} if name == "reasoning" else {}
    async with (
        scene(wire=wire, choose=choose, settings={"retries": 2}, **given) as it,
        scene(wire=wire, choose=choose, timeout=0.5, **given) as impatient,
    ):
        whole = await outcome(it, tools)
        assert whole.ending == "completed"
        body = Body.of(answer, wire, it.server.requests[0])

        async def cut(how: Cut, place: int) -> None:
            there: Scene = (impatient if how in ("stall", "reset") else it).another()
            came = await outcome(there, tools, f"cut {how} {place}")
            where = f"{how} at {place} of {body.ends[-1]}: {came}"
            if came.ending == "completed":
                assert place >= body.whole_from, where
                assert (came.response, came.text) == (whole.response, whole.text), where
                completed.append(place)
                return
            assert came.reason in ("truncated", "transport", "timeout"), where
            assert came.ending == _ENDINGS[came.reason], where
            if how in ("end", "eof", "mid_body"):
                assert came.reason == "truncated", where
            if how == "stall":
                assert came.reason == "timeout", where
            assert came.text == there.shown, where
            assert answer.text.startswith(came.text), where
            if how in ("end", "eof", "mid_body"):  # a reset may overtake what was sent before it
                assert came.text.startswith(body.text_by(place)), where
            assert answer.thoughts.startswith(there.thought), where

        for how in CUTS:
            async with anyio.create_task_group() as tasks:
                for place in body.places:
                    tasks.start_soon(cut, how, place)
        assert not it.server.breaches
        assert not impatient.server.breaches
    assert set(asked.values()) == {1}  # what broke off is not asked for again
    assert len(completed) < len(CUTS) * 4
