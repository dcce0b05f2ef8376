"""What readers that others wrote make of our streams."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread
import orjson
import pytest
from ag_ui.core import Event as AGUIEvent
from pydantic import TypeAdapter

from ide_backend import follow
from tactus.events import (
    AgentStreamChunkEvent,
    ErrorEvent,
    EventRecord,
    Text,
    ToolCallEvent,
    ValidationEvent,
)
from tactus.store.database import open_readers
from tactus.store.history import read_records
from tactus.store.log import FILE, open_log
from tests.ide_backend.agui_order import in_order
from tests.ide_backend.clients import READERS, Read, Wanted, cutting, node, require
from tests.ide_backend.serving import WAITING, Served, serving, text_of
from tests.tactus.store.story import Story, began, keep

AGUI: TypeAdapter[AGUIEvent] = TypeAdapter(AGUIEvent)

LONG = """\
input { text = field.string{}, turns = field.integer{}, lines = field.integer{} }
teller = Agent { provider = "demo", model = "echo" }
for turn = 1, input.turns do
  for line = 1, input.lines do Log.info("line " .. line .. " before turn " .. turn) end
  teller(input.text)
end
return { said = input.text }
"""
# Words with all that may end a line for somebody: only \\n, \\r and both do in an event stream.
SAID = " ".join(f"word{n}\r\n\u2028é🌧:" if n % 7 == 0 else f"data:{n}\n" for n in range(225))
INPUT = {"text": SAID, "turns": 3, "lines": 25}
SLOW = {"tokens_per_second": 100, "time_to_first_token": 0}

KINDS = {
    "two turns": """
a = Agent { provider = "demo" }
b = Agent { provider = "demo" }
Log.info("between")
return { first = a("Tell a story").response, second = b("Tell another").response }
""",
    "not streamed": """
a = Agent { provider = "demo", model = "echo", disable_streaming = true }
return { n = #a(string.rep("word ", 30000)).response }
""",
    "cut": 'a = Agent { model = "demo/cut" }\nreturn { said = a("Tell a story").response }',
    "caught": """
a = Agent { model = "demo/cut" }
local ok = pcall(function() return a("Tell a story") end)
b = Agent { provider = "demo" }
return { ok = ok, said = b("Tell a story").response }
""",
    "no turn": 'Log.warn("careful")\nerror("nothing was said")',
    "stopped": WAITING,
}


@dataclass
class Truth:
    """Every event of a run, each read from the log by itself: there, chunks are kept together."""

    records: list[EventRecord]

    @classmethod
    async def of(cls, ide: Served, run_id: str, last: int) -> "Truth":
        return cls(await anyio.to_thread.run_sync(_read_each, ide.folder, run_id, last))

    def follow(self, events: list[tuple[str, str]], after: int) -> int:
        """The seq up to which `events` tell all that happened behind `after`, once and in order."""
        for identity, data in events:
            told = orjson.loads(data)
            assert identity == str(told["seq"])
            new = [record.event for record in self.records[after : told["seq"]]]
            assert {event.event_type for event in new} == {told["event_type"]}
            if told["event_type"] == "agent_stream_chunk":
                chunks = [event for event in new if isinstance(event, AgentStreamChunkEvent)]
                assert {chunk.turn_id for chunk in chunks} == {told["turn_id"]}
                assert told["chunk_text"] == "".join(chunk.chunk_text for chunk in chunks)
                assert told["accumulated_text"] == chunks[-1].accumulated_text
            else:
                assert told == self.records[after].flat()
                assert len(new) == 1
            after = told["seq"]
        return after

    @property
    def texts(self) -> list[str]:
        """The text of each turn."""
        texts: dict[str, str] = {}
        for record in self.records:
            if isinstance(record.event, AgentStreamChunkEvent):
                chunk = record.event
                texts[chunk.turn_id] = texts.get(chunk.turn_id, "") + chunk.chunk_text
        return list(texts.values())


def _read_each(folder: Path, run_id: str, last: int) -> list[EventRecord]:
    engine = open_readers(folder / ".tactus" / FILE)
    try:
        with engine.connect() as connection:
            texts: dict[str, Text] = {}
            found = [
                read_records(connection, run_id, seq, seq + 1, most=2, texts=texts)
                for seq in range(last)
            ]
    finally:
        engine.dispose()
    assert all(len(records) == 1 for records in found)
    return [record for (record,) in found]


def two_thousand() -> Iterator[EventRecord]:
    """A run of 2,000 events: eight turns of 225 words, with all else between them."""
    story = Story()
    call = {"turn_id": "turn-1", "call_id": "1", "tool_name": "look", "arguments": {"at": "é\r\n"}}
    yield story.started()
    for turn in range(1, 9):
        yield from (story.log(f"line {line} before turn {turn}\r\n") for line in range(21))
        yield from story.turn_of(SAID.split(" "), f"turn-{turn}")
    yield story.record(ToolCallEvent.model_validate({**call, "stage": "started"}))
    yield story.record(ToolCallEvent.model_validate({**call, "stage": "failed", "error": "no"}))
    yield story.record(ValidationEvent(ok=False, errors=("two", "reasons")))
    yield story.record(ErrorEvent(code="lua", message="it broke", line=3, excerpt="a\n\rb"))
    yield from (story.log(f"line {line} after all") for line in range(2))
    yield story.finished()


async def ended(ide: Served, kind: str) -> str:
    """A run of that kind, which has ended."""
    run_id = await ide.start(KINDS[kind])
    if kind == "stopped":
        async for sent in ide.stream(f"/api/runs/{run_id}/events"):
            if sent.json["event_type"] == "agent_turn":
                await ide.post(f"/api/runs/{run_id}/stop", {})
    await ide.events(run_id)
    return run_id


async def texts_of(ide: Served, run_id: str) -> list[str]:
    """The text of each turn, as the log has it."""
    turns = (await ide.get("/api/turns", run=run_id))["turns"]
    return [turn["text"] for turn in sorted(turns, key=lambda turn: turn["turn_id"])]


@pytest.mark.timeout(240)  # 2,000 connections, some of which a browser makes
@pytest.mark.parametrize("name", READERS)
async def test_a_reader_resumes_at_every_one_of_2000_events(tmp_path: Path, name: str) -> None:
    require(name)
    truth = Truth(list(two_thousand()))
    last = len(truth.records)
    assert last == 2_000
    async with open_log(tmp_path / ".tactus") as log:
        await log.begin(began())
        await keep(log, truth.records)
    tails = [*range(1, last, 97), *range(last - 4, last)]
    plan: list[Wanted] = [
        (0, None),
        *((after, 2) for after in range(1, last)),
        *((after, None) for after in tails),
        (last, None),
    ]
    async with serving(tmp_path) as ide:
        url = f"{ide.address}/api/runs/r1/events"
        whole, *resumed, past = await READERS[name](ide, url, plan)
    assert truth.follow(whole.events, 0) == last
    assert whole.retry in (None, 1_000)
    assert (whole.opened, whole.closed) == (1, True)
    assert past == Read(closed=True)
    for (after, most), read in zip(plan[1:-1], resumed, strict=True):
        upto = truth.follow(read.events, after)
        if most is None:
            assert (upto, read.closed) == (last, True)
        else:
            assert len(read.events) == min(most, last - after)


@pytest.mark.timeout(120)  # an EventSource waits for a second before it comes back
async def test_readers_whose_connections_are_cut_anywhere_have_every_event_once(
    tmp_path: Path,
) -> None:
    for name in READERS:
        require(name)
    heard: dict[str, Read] = {}

    async def hear(name: str, cuts: int, seed: int) -> None:
        async with cutting(ide.address, cuts, seed) as address:
            (heard[name],) = await READERS[name](ide, f"{address}{path}", [(0, None)])

    async with serving(tmp_path, demo=SLOW) as ide:
        run_id = await ide.start(LONG, params=INPUT)
        path = f"/api/runs/{run_id}/events"
        async with anyio.create_task_group() as tasks:
            for seed, name in enumerate(READERS):
                tasks.start_soon(hear, name, 5, seed)
        run = (await ide.get(f"/api/runs/{run_id}"))["run"]
        assert run["status"] == "completed"
        truth = await Truth.of(ide, run_id, run["last_seq"])
    assert truth.texts == [SAID] * 3
    for read in heard.values():
        assert read.opened > 3
        assert truth.follow(read.events, 0) == run["last_seq"]


@pytest.mark.parametrize("kind", KINDS)
async def test_agui_events_are_valid_and_in_order(tmp_path: Path, kind: str) -> None:
    async with serving(tmp_path) as ide:
        run_id = await ended(ide, kind)
        events = [AGUI.validate_json(sent.data) for sent in await ide.events(run_id, format="agui")]
        assert in_order(events) == await texts_of(ide, run_id)
        assert all(not event.model_extra for event in events)
        run = (await ide.get(f"/api/runs/{run_id}"))["run"]
        told = {"completed": "success", "stopped": "cancelled", "failed": "failed"}[run["status"]]
        last = events[-1]
        assert told == (last.code if last.type == "RUN_ERROR" else last.outcome.type)  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_ai_sdk_makes_one_message_of_a_run(tmp_path: Path, kind: str) -> None:
    require("ai")
    async with serving(tmp_path) as ide:
        run_id = await ended(ide, kind)
        url = f"{ide.address}/api/runs/{run_id}/events?format=vercel"
        read = await node("vercel.mjs", url=url, token=ide.token)
        status = (await ide.get(f"/api/runs/{run_id}"))["run"]["status"]
        assert read["headers"]["x-vercel-ai-ui-message-stream"] == "v1"
        assert read["headers"]["content-type"].startswith("text/event-stream")
        assert read["last"] == "data: [DONE]"
        assert read["faults"] == []
        assert read["message"]["id"] == run_id
        parts = read["message"]["parts"]
        texts = [part["text"] for part in parts if part["type"] == "text"]
        assert texts == await texts_of(ide, run_id)
        assert all(part["state"] == "done" for part in parts if part["type"] == "text")
        assert bool(read["errors"]) == (status == "failed")
        assert read["kinds"][-1] == ("abort" if status == "stopped" else "finish")


async def test_the_ai_sdk_reads_a_run_that_streams(tmp_path: Path) -> None:
    require("ai")
    async with serving(tmp_path, demo={**SLOW, "tokens_per_second": 30}) as ide:
        run_id = await ide.start(KINDS["two turns"])
        url = f"{ide.address}/api/runs/{run_id}/events?format=vercel"
        read = await node("vercel.mjs", url=url, token=ide.token)
        text = [part["text"] for part in read["message"]["parts"] if part["type"] == "text"]
        stored = await ide.events(run_id)
        assert text == [text_of(stored, "turn-1"), text_of(stored, "turn-2")]
        assert read["count"] > 20  # states of the message as it grew; from the log there are 9
        assert (read["errors"], read["faults"]) == ([], [])


@pytest.mark.parametrize("name", ["llm", "message", "text", "agui", "vercel", "cloudevents"])
async def test_a_reader_of_any_format_who_has_all_gets_204(tmp_path: Path, name: str) -> None:
    async with serving(tmp_path) as ide:
        run_id = await ended(ide, "two turns")
        path = f"/api/runs/{run_id}/events"
        *_, last = await ide.events(run_id, format=name)
        for after in (int(last.id), 10**6):
            answer = await ide.client.get(path, params={"format": name, "after": after})
            assert (answer.status_code, answer.content) == (204, b"")


async def test_a_heartbeat_of_another_format_is_no_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "SILENCE", 0.02)
    async with serving(tmp_path) as ide:
        run_id = await ide.start(WAITING)

        async def stop_after_some_heartbeats() -> None:
            beats = 0
            async for sent in ide.stream(f"/api/runs/{run_id}/events"):
                beats += sent.json["event_type"] == "heartbeat"
                if beats == 10:
                    await ide.post(f"/api/runs/{run_id}/stop", {})

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stop_after_some_heartbeats)
            sent = await ide.events(run_id, format="agui")
        assert in_order([AGUI.validate_json(one.data) for one in sent]) == [""]
