"""Keys on their way out of a run: in the text of a model, cut anywhere, and in everything else."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterable
from itertools import pairwise
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ide_backend.views.formats import wanted_format
from tactus.dspy.redact import MASK, Redactor
from tactus.errors import OutputError, TurnError
from tactus.events import (
    AgentReasoningChunkEvent,
    AgentStreamChunkEvent,
    AgentTurnEvent,
    CostEvent,
    Event,
    EventRecord,
    LogEvent,
    RunStartedEvent,
    StepRestartedEvent,
    Text,
    ToolCallEvent,
)
from tactus.runtime.recorder import Recorder
from tactus.runtime.redaction import LONGEST

KEYS = (  # as six providers make them, and two that begin alike
    "sk-proj-Wq3tXbN8vLmR2kYpJc7hZs",
    "sk-ant-api03-Fz9/uE+xQ4w_G1oKd=",
    "AIzaSyB5nCq0rT6jHvW2mPxL8eUoYdK",
    "gsk_7yHcVx3NbQmZkLw0TjRsPfEaUg",
    "hf_kQzXwNvYbTcRmJpLsGdFhUeAiOo",
    "r8_M4nBvCxZlKjHgFdSaPoIuYtRe",
    "abcdefgh",
    "abcdefghijkl",
)
REDACTOR = Redactor(KEYS)
ENCODED: tuple[Callable[[str], str], ...] = (
    str,
    lambda key: quote(key, safe=""),
    lambda key: b64encode(key.encode()).decode(),
    lambda key: json.dumps(key)[1:-1],
)


class Told:
    """One turn through a recorder that masks `KEYS`."""

    def __init__(self, redactor: Redactor = REDACTOR) -> None:
        self.records: list[EventRecord] = []
        self.recorder = Recorder("r1", self.records.append, redactor)
        self.came = Text()
        self.count = 0

    def say(self, *pieces: str) -> None:
        for piece in pieces:
            chunk = AgentStreamChunkEvent.grown(
                self.came, piece, turn_id="t", agent_name="a", index=self.count
            )
            self.count += 1
            self.recorder.emit(chunk)

    def end(self) -> None:
        cost = CostEvent(
            turn_id="t",
            agent_name="a",
            provider="demo",
            model="demo",
            duration_ms=1,
            total_chunks=self.count,
            response=str(self.came),
        )
        self.recorder.emit(cost)

    @property
    def events(self) -> list[Event]:
        return [record.event for record in self.records]

    @property
    def chunks(self) -> list[AgentStreamChunkEvent]:
        return [event for event in self.events if isinstance(event, AgentStreamChunkEvent)]

    @property
    def shown(self) -> str:
        return "".join(chunk.chunk_text for chunk in self.chunks)

    @property
    def response(self) -> str:
        (cost,) = [event for event in self.events if isinstance(event, CostEvent)]
        return cost.response

    def check_sums(self) -> None:
        grown = ""
        next_index = 0
        for chunk in self.chunks:
            grown += chunk.chunk_text
            assert chunk.chunk_text
            assert chunk.accumulated_text == grown
            assert chunk.accumulated_length == len(grown)
            assert chunk.index == next_index
            next_index += chunk.chunk_count
        assert grown == self.response
        assert next_index == self.count
        assert [record.seq for record in self.records] == list(range(1, len(self.records) + 1))


def cut_at(text: str, places: Iterable[int]) -> list[str]:
    borders = sorted({place % (len(text) + 1) for place in places} | {0, len(text)})
    return [text[a:b] for a, b in pairwise(borders)]


WORDS = st.sampled_from(["Once ", "s", "sk", "sk-", "upon ", "🌧", "\n", "a", "AIza", "hf_", "g"])
KEY_FORMS = st.builds(lambda key, form: form(key), st.sampled_from(KEYS), st.sampled_from(ENCODED))
PLACES = st.lists(st.integers(min_value=0), max_size=30)


@given(parts=st.lists(st.one_of(WORDS, WORDS, KEY_FORMS), max_size=12), places=PLACES)
def test_no_key_passes_however_the_text_is_cut(parts: list[str], places: list[int]) -> None:
    text = "".join([*parts, "."])
    told = Told()
    told.say(*cut_at(text, places))
    told.end()
    told.check_sums()
    assert told.shown == REDACTOR.text(text)
    for key in KEYS:
        for form in ENCODED:
            assert form(key) not in told.shown


@pytest.mark.parametrize("key", KEYS[:6])
def test_a_key_that_comes_character_by_character_is_masked(key: str) -> None:
    told = Told()
    told.say("The key is ", *key, " , keep it.")
    told.end()
    told.check_sums()
    assert told.shown == f"The key is {MASK} , keep it."


def test_ordinary_text_is_not_delayed() -> None:
    told = Told()
    for number, word in enumerate(("Once", "upon", "a", "time", "there", "was", "a", "key")):
        told.say(f"{word} ")
        assert len(told.chunks) == number + 1
        assert told.shown == str(told.came)


def test_what_may_become_a_key_is_held_and_no_more() -> None:
    told = Told()
    told.say("Dear s")
    assert told.shown == "Dear "
    told.say("ir, sk-pr")
    assert told.shown == "Dear sir, "
    told.say("oof")
    assert told.shown == "Dear sir, sk-proof"
    told.end()
    told.check_sums()


@pytest.mark.parametrize("length", [1, 3, 7])
def test_a_text_that_ends_like_the_beginning_of_a_key_is_told_whole(length: int) -> None:
    told = Told()
    told.say("It ends with ", KEYS[0][:length])
    told.end()
    told.check_sums()
    assert told.shown == str(told.came)


@pytest.mark.parametrize("length", [8, 20, len(KEYS[0]) - 1])
def test_a_key_that_is_torn_by_the_end_of_the_text_is_masked(length: int) -> None:
    told = Told()
    told.say("It ends with ", KEYS[0][:length])
    told.end()
    told.check_sums()
    assert told.shown == f"It ends with {MASK}"


def test_what_is_held_is_told_before_what_follows() -> None:
    told = Told()
    told.say("Let me look: sk", "-")
    call = ToolCallEvent(turn_id="t", stage="started", tool_name="look", text_length=16)
    told.recorder.emit(call)
    told.say(KEYS[1])
    told.recorder.emit(call.model_copy(update={"stage": "completed", "text_length": 30}))
    told.end()
    told.check_sums()
    kinds = [event.event_type for event in told.events]
    assert kinds[-5:] == [
        *("agent_stream_chunk", "tool_call"),
        *("agent_stream_chunk", "tool_call", "cost"),
    ]
    first, second = [event for event in told.events if isinstance(event, ToolCallEvent)]
    assert first.text_length == len("Let me look: sk-")
    assert second.text_length == len(f"Let me look: sk-{MASK}")


def test_thoughts_are_masked_across_their_pieces() -> None:
    told = Told()
    for piece in ("The key ", KEYS[2][:10], KEYS[2][10:], " is s", "ecret"):
        event = AgentReasoningChunkEvent(turn_id="t", agent_name="a", chunk_text=piece)
        told.recorder.emit(event)
    told.say("Hello")
    told.end()
    thoughts = [e.chunk_text for e in told.events if isinstance(e, AgentReasoningChunkEvent)]
    assert "".join(thoughts) == f"The key {MASK} is secret"


def test_a_turn_that_starts_again_keeps_what_it_keeps_without_keys() -> None:
    told = Told()
    told.say(f"{KEYS[0]} and ", "more ")
    restart = StepRestartedEvent(
        turn_id="t",
        attempt=2,
        kept_length=len(KEYS[0]) + 5,
        reason="retry",
        provider="demo",
        model="demo",
    )
    told.recorder.emit(restart)
    kept = told.events[-1]
    assert isinstance(kept, StepRestartedEvent)
    assert kept.kept_length == len(f"{MASK} and ")
    told.came = Text()
    told.came.append(f"{KEYS[0]} and ")
    told.say("again")
    assert told.chunks[-1].accumulated_text == f"{MASK} and again"
    told.end()
    assert told.response == f"{MASK} and again"


def test_keys_are_masked_in_every_other_event_wherever_they_stand() -> None:
    told = Told(Redactor([*KEYS, "123456789"]))
    nested = {"a": [{KEYS[0]: (f"Bearer {KEYS[1]}", 123456789)}], "b": True, "n": 1.5}
    for event in (
        RunStartedEvent(procedure="s.lua", params=nested, source_sha256="0" * 64),
        LogEvent(level="info", message=f"it is {KEYS[3]}"),
        ToolCallEvent(turn_id="t", stage="completed", tool_name="x", result=123456789),
    ):
        told.recorder.emit(event)
    wire = orjson.dumps([record.flat() for record in told.records]).decode()
    assert not [key for key in (*KEYS, "123456789") if key in wire]
    started = told.events[0]
    assert isinstance(started, RunStartedEvent)
    assert started.params["b"] is True
    assert started.params["n"] == 1.5
    assert started.params["a"][0][MASK][0] == f"Bearer {MASK}"


def test_an_error_and_its_partial_text_are_masked() -> None:
    redaction = Told().recorder.redaction
    turn = TurnError(f"no {KEYS[0]}", reason="auth", text=f"so far {KEYS[1]} {KEYS[0][:-1]}")
    redaction.error(turn)
    assert turn.message == str(turn) == f"no {MASK}"
    assert turn.text == f"so far {MASK} {MASK}"
    output = OutputError("no", problems=(f"a: {KEYS[2]}",), value={"a": KEYS[2]})
    redaction.error(output)
    assert (output.problems, output.value) == ((f"a: {MASK}",), {"a": MASK})


def test_words_that_stand_where_no_key_is_needed_are_left_alone() -> None:
    told = Told(Redactor(["ollama", "LM-Studio", "EMPTY", "none", ""]))
    turn = AgentTurnEvent(
        stage="started",
        turn_id="t",
        agent_name="a",
        provider="ollama",
        model="m",
        streaming=True,
    )
    told.recorder.emit(turn)
    assert told.events == [turn]


@pytest.mark.parametrize("piece", ["word ", "🌧", "\x01", '"\\'])
@pytest.mark.parametrize("redactor", [Redactor(()), REDACTOR], ids=["no keys", "keys"])
def test_a_piece_of_500_kb_becomes_events_that_every_reader_can_take(
    piece: str, redactor: Redactor
) -> None:
    said = piece * (500_000 // len(piece))
    told = Told(redactor)
    told.say(said, "The end.")
    told.end()
    told.check_sums()
    assert told.shown == f"{said}The end."
    assert max(len(chunk.chunk_text) for chunk in told.chunks) == LONGEST
    for name in ("delta", None, "llm", "message", "text", "agui", "vercel", "cloudevents"):
        form = wanted_format(
            None if name == "delta" else name, "delta" if name == "delta" else None
        )
        for record in told.records:
            if not isinstance(record.event, AgentStreamChunkEvent):
                continue
            for part in form.parts(record):
                assert len(part) < 65_536
            if name in ("delta", None):
                sent = orjson.loads(form.parts(record)[0].removeprefix(b"data: "))
                assert sent["chunk_text"] == record.event.chunk_text
