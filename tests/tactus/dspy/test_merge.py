import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tactus.dspy.merge import Merger
from tests.providers.openai import Answer, frames


def merged(reads: Sequence[bytes]) -> tuple[list[bytes], list[tuple[str, int]]]:
    """What a merger makes of each of these reads, and what it notes."""
    notes: list[tuple[str, int]] = []
    merger = Merger(lambda text, count: notes.append((text, count)))
    return [merger.feed(read) for read in reads], notes


def content(body: bytes) -> list[str]:
    """The pieces of text in a whole body."""
    pieces = []
    for line in body.replace(b"\r\n", b"\n").split(b"\n"):
        if line.startswith(b"data:") and line != b"data: [DONE]":
            choices = json.loads(line[5:])["choices"]
            pieces += [choices[0]["delta"]["content"]] if choices and choices[0]["delta"] else []
    return pieces


def body(*pieces: str, **answer: str) -> bytes:
    return b"".join(frames(Answer(pieces, **answer), "model"))  # type: ignore[arg-type]


@given(
    pieces=st.lists(st.text(min_size=1), min_size=1, max_size=12),
    cuts=st.lists(st.integers(0, 4_000), max_size=8),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_no_text_is_lost_or_moved_however_the_body_is_read(
    pieces: list[str], cuts: list[int], line_end: str
) -> None:
    whole = body(*pieces, line_end=line_end)
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    outputs, notes = merged([whole[start:end] for start, end in pairwise(edges)])

    found = content(b"".join(outputs))
    assert "".join(found) == "".join(pieces)
    assert len(found) + sum(count - 1 for _, count in notes) == len(pieces)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_what_is_no_chat_completion_passes_byte_for_byte(reads: list[bytes]) -> None:
    plain = [read.replace(b"\xef\xbb\xbf", b"") for read in reads]
    start = b"event: x\n\n"  # past the place where a byte order mark may stand
    outputs, notes = merged([start, *plain])

    assert b"".join(outputs) == start + b"".join(plain)
    assert notes == []


def test_frames_of_one_read_become_one_and_the_rest_stays_as_it_is() -> None:
    whole = body("a", "b", "c")
    (output,), notes = merged([whole])

    assert content(output) == ["abc"]
    assert notes == [("abc", 3)]
    tail = whole[whole.index(b'data: {"id"', whole.index(b'"c"')) :]
    assert output.endswith(tail)


def test_a_single_frame_passes_untouched() -> None:
    reads = list(frames(Answer(("a", "b")), "model"))
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
    first, last = list(frames(Answer(("a", "c")), "model"))[:2]
    other = b"data: " + json.dumps({"id": "1", **change}).encode() + b"\n\n"
    (output,), notes = merged([first + other + last])

    assert output == first + other + last
    assert notes == []


def test_a_merged_frame_stays_below_the_longest_line_that_dspy_takes() -> None:
    (output,), _ = merged([body(*("é" * 100 for _ in range(1_000)))])

    assert max(len(line) for line in output.split(b"\n")) < 64 * 1024
    assert "".join(content(output)) == "é" * 100_000
