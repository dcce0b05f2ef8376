import anyio
import anyio.lowlevel
import orjson

from ide_backend.tail import MOST_HELD, Tail
from ide_backend.wire import BOTH, DELTA, MOST_BYTES, abridged
from tactus.events import AgentStreamChunkEvent, EventRecord
from tests.tactus.store.story import Story, text_in


def nothing() -> None:
    pass


def taken(tail: Tail, after: int = 0) -> list[EventRecord]:
    frames = tail.since(after)
    assert frames is not None
    return [frame.record for frame in frames]


async def test_the_first_chunk_goes_at_once_and_the_next_are_merged() -> None:
    published: list[int] = []
    tail = Tail("r1", "delta", 0, lambda: published.append(1))
    story = Story()
    for record in (story.turn(), story.chunk("Once "), story.chunk("upon "), story.chunk("a ")):
        tail.take(record)
    assert [record.seq for record in taken(tail)] == [1, 2]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tail.pace)
        await tail.changed.wait()
        (record,) = taken(tail, 2)
        assert record.seq == 4
        event = record.event
        assert isinstance(event, AgentStreamChunkEvent)
        assert (event.index, event.chunk_count, event.chunk_text) == (1, 2, "upon a ")
        assert event.accumulated_text == "Once upon a "
        tail.take(story.finished())
    assert tail.ended


async def test_what_waits_goes_before_any_other_event() -> None:
    tail = Tail("r1", "both", 0, nothing)
    story = Story()
    told = [story.turn(), story.chunk("Once "), story.chunk("upon"), story.cost()]
    for record in told:
        tail.take(record)
    kinds = [record.event.event_type for record in taken(tail)]
    assert kinds == ["agent_turn", "agent_stream_chunk", "agent_stream_chunk", "cost"]
    assert text_in(taken(tail)) == "Once upon"


async def test_turns_that_talk_at_once_are_not_mixed() -> None:
    tail = Tail("r1", "delta", 0, nothing)
    story = Story()
    for number in range(20):
        tail.take(story.chunk(f"a{number} ", "turn-1"))
        tail.take(story.chunk(f"b{number} ", "turn-2"))
    tail.take(story.finished())
    for turn, letter in (("turn-1", "a"), ("turn-2", "b")):
        assert text_in(taken(tail), turn) == "".join(f"{letter}{n} " for n in range(20))
    assert [record.seq for record in taken(tail)] == list(range(1, 42))


async def test_memory_is_bounded_and_who_is_behind_is_told_so() -> None:
    tail = Tail("r1", "delta", 0, nothing)
    story = Story()
    for number in range(2_000):
        tail.take(story.log(f"{number}"))
    assert tail.since(0) is None
    assert tail.since(2_000) == []
    assert tail.since(1_990) is not None
    frames = tail.since(1_500)
    assert frames is not None
    assert sum(len(frame.block(DELTA)) for frame in frames) < MOST_HELD


async def test_a_position_within_a_merged_event_is_read_from_the_log() -> None:
    tail = Tail("r1", "delta", 0, nothing)
    story = Story()
    for word in ("Once ", "upon ", "a ", "time"):
        tail.take(story.chunk(word))
    tail.take(story.finished())
    assert [record.seq for record in taken(tail)] == [1, 4, 5]
    assert tail.since(2) is None
    assert [record.seq for record in taken(tail, 4)] == [5]


async def test_growing_text_stays_within_its_byte_budget() -> None:
    """A long answer at full pace: what is sent grows with time, not with the square of the text."""
    sent = {"both": 0, "delta": 0}
    story = Story()
    tails = {form.name: Tail("r1", form.pace, 0, nothing) for form in (BOTH, DELTA)}
    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for tail in tails.values():
            tasks.start_soon(tail.pace)
        for _ in range(400):
            for _ in range(20):
                record = story.chunk("token ")
                for tail in tails.values():
                    tail.take(record)
            await anyio.lowlevel.checkpoint()
        for tail in tails.values():
            tail.take(story.finished())
    elapsed = anyio.current_time() - began
    for form in (BOTH, DELTA):
        frames = tails[form.name].since(0)
        assert frames is not None
        assert text_in([frame.record for frame in frames]) == "token " * 8_000
        sent[form.name] = sum(len(frame.block(form)) for frame in frames)
    assert sent["both"] < 256 * 1024 * (elapsed + 1) * 1.2
    assert sent["delta"] < 48_000 + 400 * (elapsed / 0.02 + 4)


def test_what_is_too_large_is_left_out_and_named() -> None:
    data = {"seq": 1, "message": "short", "result": "x" * 100_000, "excerpt": "é" * 50_000}
    shown = orjson.loads(abridged(data))
    assert shown == {"seq": 1, "message": "short", "abridged": ["result", "excerpt"]}
    assert len(abridged({"message": "é" * 29_000})) < MOST_BYTES
