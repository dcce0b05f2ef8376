import pytest
from pydantic import ValidationError

from tactus.events import EVENT, AgentStreamChunkEvent, EventRecord, LogEvent, Text


def grown(text: Text, piece: str, index: int) -> AgentStreamChunkEvent:
    return AgentStreamChunkEvent.grown(text, piece, turn_id="t", agent_name="a", index=index)


def test_each_chunk_knows_the_text_up_to_itself_even_when_read_late() -> None:
    text = Text()
    events = [grown(text, piece, i) for i, piece in enumerate(["Once ", "upon ", "a time"])]
    assert [event.accumulated_text for event in reversed(events)] == [
        "Once upon a time",
        "Once upon ",
        "Once ",
    ]
    assert [event.accumulated_length for event in events] == [5, 10, 16]
    assert str(text) == "Once upon a time"


def test_a_chunk_read_back_from_json_has_its_accumulated_text() -> None:
    text = Text()
    grown(text, "Hello ", 0)
    event = grown(text, "world", 1)
    read = EVENT.validate_json(event.model_dump_json())
    assert isinstance(read, AgentStreamChunkEvent)
    assert (read.chunk_text, read.accumulated_text) == ("world", "Hello world")


def test_a_reader_ignores_fields_that_it_does_not_know() -> None:
    read = EVENT.validate_python(
        {"event_type": "log", "level": "info", "message": "hi", "colour": "red"}
    )
    assert read == LogEvent(level="info", message="hi")


def test_a_record_is_one_flat_object_without_nulls() -> None:
    record = EventRecord.of(
        LogEvent(level="warn", message="careful"), seq=3, run_id="r", timestamp=1700000000000
    )
    assert record.flat() == {
        "seq": 3,
        "run_id": "r",
        "timestamp": 1700000000000,
        "event_type": "log",
        "level": "warn",
        "message": "careful",
    }


def test_values_that_are_not_checked_make_the_same_as_checked_ones() -> None:
    event = grown(Text(), "Once ", 0)
    record = EventRecord.of(event, seq=1, run_id="r", timestamp=2)
    fields = {"seq": 1, "run_id": "r", "timestamp": 2, "event": event}
    assert record == EventRecord.model_validate(fields)
    assert record.model_dump() == EventRecord.model_validate(fields).model_dump()
    for made in (record, event):
        assert set(made.__dict__) == set(type(made).model_fields)
        assert made.model_copy() == made
    with pytest.raises(ValidationError, match="frozen"):
        event.index = 7  # type: ignore[misc]
