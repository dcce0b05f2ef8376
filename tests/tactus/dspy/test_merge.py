import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tactus.dspy.merge import Merger
from tests.providers import Answer, Call, Thought, rendered


def _spoken(part: dict[str, Any]) -> Any:
    return part["text"] if not part.get("thought") else ""


TEXT_IN: dict[str, Callable[[Any], Any]] = {  # where a frame has its text; others raise
    "openai": lambda frame: frame["choices"][0]["delta"]["content"],
    "responses": lambda frame: {"response.output_text.delta": frame["delta"]}[frame["type"]],
    "anthropic": lambda frame: frame["delta"]["text"],
    "gemini": lambda frame: _spoken(*frame["candidates"][0]["content"]["parts"]),
}
WIRES = sorted(TEXT_IN)


def merged(reads: Sequence[bytes]) -> tuple[list[bytes], list[tuple[str, int]]]:
    """What a merger makes of each of these reads, and what it notes."""
    notes: list[tuple[str, int]] = []
    merger = Merger(lambda text, count: notes.append((text, count)))
    return [merger.feed(read) for read in reads], notes


def split(body: bytes) -> list[bytes]:
    """The single frames of a whole body."""
    return [frame + b"\n\n" for frame in body.removesuffix(b"\n\n").split(b"\n\n")]


def content(body: bytes, wire: str = "openai") -> list[str]:
    """The pieces of text in a whole body."""
    pieces = []
    for line in body.replace(b"\r\n", b"\n").split(b"\n"):
        if line.startswith(b"data:") and line != b"data: [DONE]":
            with suppress(KeyError, IndexError):
                pieces.append(TEXT_IN[wire](json.loads(line[5:])))
    return [piece for piece in pieces if piece]


def body(*pieces: Any, wire: str = "openai", line_end: str = "\n") -> bytes:
    return b"".join(rendered(wire, Answer(pieces, line_end=line_end)))


@pytest.mark.parametrize("wire", WIRES)
@given(
    pieces=st.lists(st.text(min_size=1), min_size=1, max_size=12),
    cuts=st.lists(st.integers(0, 4_000), max_size=8),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_no_text_is_lost_or_moved_however_the_body_is_read(
    wire: str, pieces: list[str], cuts: list[int], line_end: str
) -> None:
    whole = body(*pieces, wire=wire, line_end=line_end)
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    outputs, notes = merged([whole[start:end] for start, end in pairwise(edges)])

    found = content(b"".join(outputs), wire)
    assert "".join(found) == "".join(pieces)
    assert len(found) + sum(count - 1 for _, count in notes) == len(pieces)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_what_is_no_frame_of_text_passes_byte_for_byte(reads: list[bytes]) -> None:
    plain = [read.replace(b"\xef\xbb\xbf", b"") for read in reads]
    start = b"event: x\n\n"  # past the place where a byte order mark may stand
    outputs, notes = merged([start, *plain])

    assert b"".join(outputs) == start + b"".join(plain)
    assert notes == []


@pytest.mark.parametrize("wire", WIRES)
def test_frames_of_one_read_become_one_and_the_rest_stays_as_it_is(wire: str) -> None:
    whole = body("a", "b", "c", wire=wire)
    (output,), notes = merged([whole])

    assert content(output, wire) == ["abc"]
    assert notes == [("abc", 3)]
    rest = [frame for frame in split(whole) if not content(frame, wire)]
    assert [frame for frame in split(output) if not content(frame, wire)] == rest


@pytest.mark.parametrize("wire", WIRES)
def test_texts_stay_on_their_side_of_thoughts_and_calls(wire: str) -> None:
    call = Call("weather", {"city": "Oslo"})
    (output,), notes = merged([body("a", "b", Thought("hm"), "c", "d", call, "e", "f", wire=wire)])

    assert content(output, wire) == ["ab", "cd", "ef"]
    assert notes == [("ab", 2), ("cd", 2), ("ef", 2)]


@pytest.mark.parametrize("wire", WIRES)
def test_a_single_frame_passes_untouched(wire: str) -> None:
    reads = split(body("a", "b", wire=wire))
    outputs, notes = merged(reads)

    assert outputs == reads
    assert notes == []


@pytest.mark.parametrize(
    "change",
    [
        {"usage": {"prompt_tokens": 1}},
        {"error": {"message": "no"}},
        {"choices": [{"index": 0, "delta": {"content": "b"}, "finish_reason": "stop"}]},
        {"choices": [{"index": 1, "delta": {"content": "b"}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {"content": "b", "tool_calls": [{"index": 0}]}}]},
        {"choices": [{"index": 0, "delta": {"content": "b", "reasoning_content": "hm"}}]},
        {"choices": [{"index": 0, "delta": {"content": "b"}, "logprobs": {"content": []}}]},
        {"choices": [{"index": 0, "delta": {"content": None}}]},
        {"choices": [{"index": 0, "delta": {"content": "b"}}, {"index": 1, "delta": {}}]},
        {"choices": []},
    ],
)
def test_a_frame_that_says_more_than_text_is_a_border(change: dict[str, object]) -> None:
    _passes_between("openai", b"data: %b\n\n" % json.dumps({"id": "1", **change}).encode())


BLOCK = {"type": "content_block_delta", "index": 0}
SAID = {"type": "text_delta", "text": "b"}
ITEM = {"type": "response.output_text.delta", "item_id": "msg_0_0", "output_index": 0}
ITEM |= {"content_index": 0, "delta": "b", "sequence_number": 5}


def candidate(*parts: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"content": {"parts": list(parts)}, **more}


@pytest.mark.parametrize(
    ("wire", "event", "said"),
    [
        (
            "anthropic",
            "content_block_delta",
            {**BLOCK, "delta": {**SAID, "type": "thinking_delta"}},
        ),
        ("anthropic", "content_block_delta", {**BLOCK, "delta": {**SAID, "citation": {}}}),
        ("anthropic", "content_block_delta", {**BLOCK, "delta": SAID, "usage": {}}),
        ("anthropic", "content_block_delta", {**BLOCK, "delta": SAID, "index": 1}),
        ("anthropic", "error", {**BLOCK, "delta": SAID}),
        ("responses", "response.output_text.delta", {**ITEM, "logprobs": [{"token": "b"}]}),
        ("responses", "response.output_text.delta", {**ITEM, "output_index": 1}),
        ("responses", "response.output_text.delta", {**ITEM, "content_index": 1}),
        ("responses", "response.output_text.delta", {**ITEM, "error": {}}),
        ("responses", "error", ITEM),
        ("gemini", "", {"candidates": [candidate({"text": "b", "thought": True})]}),
        ("gemini", "", {"candidates": [candidate({"text": "b", "thoughtSignature": "x"})]}),
        ("gemini", "", {"candidates": [candidate({"text": "b"}, {"functionCall": {}})]}),
        ("gemini", "", {"candidates": [candidate({"text": "b"}, index=1)]}),
        ("gemini", "", {"candidates": [candidate({"text": "b"}, finishReason="STOP")]}),
        ("gemini", "", {"candidates": [candidate({"text": "b"}), candidate({"text": "x"})]}),
        ("gemini", "", {"candidates": [candidate({"text": "b"})], "promptFeedback": {}}),
        ("gemini", "error", {"candidates": [candidate({"text": "b"})]}),
    ],
)
def test_a_frame_of_another_wire_that_says_more_than_text_is_a_border(
    wire: str, event: str, said: dict[str, object]
) -> None:
    head = f"event: {event}\n" if event else ""
    _passes_between(wire, f"{head}data: {json.dumps(said)}\n\n".encode())


def _passes_between(wire: str, other: bytes) -> None:
    """`other` is merged with neither of the frames of text around it."""
    first, last = [frame for frame in split(body("a", "c", wire=wire)) if content(frame, wire)]
    (output,), notes = merged([first + other + last])

    assert output == first + other + last
    assert notes == []


@pytest.mark.parametrize("wire", WIRES)
def test_a_merged_frame_stays_below_the_longest_line_that_dspy_takes(wire: str) -> None:
    whole = split(body(*("é" * 100 for _ in range(1_000)), wire=wire))
    (output,), _ = merged([b"".join(frame for frame in whole if content(frame, wire))])

    assert max(len(line) for line in output.split(b"\n")) < 64 * 1024
    assert "".join(content(output, wire)) == "é" * 100_000
