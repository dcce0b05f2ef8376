import socket
from contextlib import aclosing
from pathlib import Path

import anyio
import anyio.abc
import httpx
import pytest

from ide_backend import follow
from tests.ide_backend.serving import STORY, WAITING, Sent, Served, serving, text_of

SLOW = {"tokens_per_second": 300, "time_to_first_token": 0}
TWO = """
a = Agent { provider = "demo" }
b = Agent { provider = "demo" }
Log.info("before")
local first = a("Tell a story")
Log.info("between")
return { first = first.response, second = b("Tell another about " .. #first.response).response }
"""


def rebuilt(sent: list[Sent], text: str = "") -> str:
    """What a reader of `text=delta` has in the end; fails where a piece is missing or twice."""
    for one in sent:
        event = one.json
        if event["event_type"] == "agent_stream_chunk":
            text = event["accumulated_text"] if event.get("snapshot") else text
            text += "" if event.get("snapshot") else event["chunk_text"]
            assert len(text) == event["accumulated_length"]
    return text


async def test_the_first_block_asks_for_a_quick_return_and_every_event_has_data(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as ide:
        run_id = await ide.start()
        answer = await ide.client.get(f"/api/runs/{run_id}/events")
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in answer.headers
        blocks = answer.text.split("\n\n")
        assert blocks.pop() == ""
        assert blocks[0].startswith("retry: 1000\nid: 1\ndata: {")
        assert all(block.count("data: ") == 1 for block in blocks)
        assert all(block.startswith("id: ") for block in blocks[1:])


@pytest.mark.parametrize("text", ["both", "delta"])
async def test_resuming_after_any_event_repeats_and_misses_nothing(
    tmp_path: Path, text: str
) -> None:
    async with serving(tmp_path) as ide:
        run_id = await ide.start(TWO)
        whole = await ide.events(run_id, text=text)
        last = int(whole[-1].id)
        turns = ("turn-1", "turn-2")
        # every single chunk, as it was emitted, from the log
        steps = {turn: text_of(whole, turn) for turn in turns}
        for after in range(last):
            sent = await ide.events(run_id, text=text, after=after)
            ids = [int(one.id) for one in sent]
            assert ids == sorted(set(ids))
            assert after < ids[0]
            assert ids[-1] == last
            others = [one.data for one in sent if "chunk_text" not in one.data]
            known = [one.data for one in whole if "chunk_text" not in one.data]
            assert others == known[len(known) - len(others) :]
            for turn in turns:
                assert steps[turn].endswith(text_of(sent, turn))
                chunks = [one.json for one in sent if one.json.get("turn_id") == turn]
                ends = [one["accumulated_length"] for one in chunks if "chunk_text" in one]
                begins = [
                    one["accumulated_length"] - len(one["chunk_text"])
                    for one in chunks
                    if "chunk_text" in one
                ]
                assert begins[1:] == ends[:-1]
                assert not ends or ends[-1] == len(steps[turn])
        answer = await ide.client.get(f"/api/runs/{run_id}/events?after={last}")
        assert (answer.status_code, answer.content) == (204, b"")


async def test_twenty_reloads_in_mid_stream_show_the_same_text(tmp_path: Path) -> None:
    async with serving(tmp_path, demo={**SLOW, "tokens_per_second": 80}) as ide:
        run_id = await ide.start(TWO)
        seen: list[Sent] = []
        after = 0
        for _ in range(20):  # each takes a few events of the live run, and goes
            headers = {"last-event-id": str(after)} if after else None
            path = f"/api/runs/{run_id}/events"
            async with aclosing(ide.stream(path, headers, text="delta")) as stream:
                async for one in stream:
                    seen.append(one)
                    after = int(one.id)
                    if len(seen) % 4 == 0:
                        break
        seen += await ide.events(run_id, text="delta", after=after)
        stored = await ide.events(run_id, text="delta")
        assert [int(one.id) for one in seen] == sorted({int(one.id) for one in seen})
        for turn in ("turn-1", "turn-2"):
            assert text_of(seen, turn) == text_of(stored, turn) != ""
        assert seen[-1].json["event_type"] == "run_finished"


async def test_both_texts_always_agree(tmp_path: Path) -> None:
    async with serving(tmp_path, demo=SLOW) as ide:
        sent = await ide.events(await ide.start())
        text = ""
        for one in sent:
            event = one.json
            if event["event_type"] == "agent_stream_chunk":
                text += event["chunk_text"]
                assert event["accumulated_text"] == text
            if event["event_type"] == "cost":
                assert event["response"] == text


async def test_beyond_the_end_of_the_log_comes_one_snapshot(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        run_id = await ide.start()
        story = text_of(await ide.events(run_id))
        (sent,) = await ide.events(run_id, after=10**6)
        assert sent.json["event_type"] == "snapshot"
        assert sent.json["run"]["status"] == "completed"
        assert sent.json["turns"][0]["text"] == story
        assert sent.id == str(sent.json["run"]["last_seq"])


async def test_in_silence_comes_a_heartbeat_without_an_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "SILENCE", 0.05)
    async with serving(tmp_path) as ide:
        run_id = await ide.start(WAITING)
        async with aclosing(ide.stream(f"/api/runs/{run_id}/events")) as stream:
            async for last in stream:
                if last.json["event_type"] == "heartbeat":
                    break
        assert last.json == {"event_type": "heartbeat"}
        assert last.id == "2"  # the browser keeps the last one


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("llm", '"llm.stream.start"', '"llm.stream.end"'),
        ("message", '"message_new"', '"message_update"'),
        ("agui", '"RUN_STARTED"', '"RUN_FINISHED"'),
        ("vercel", '{"type":"start"', "[DONE]"),
        ("cloudevents", '"dev.tactus.run_started"', '"dev.tactus.run_finished"'),
    ],
)
async def test_a_run_can_be_asked_for_in_other_formats(
    tmp_path: Path, name: str, first: str, last: str
) -> None:
    async with serving(tmp_path) as ide:
        sent = await ide.events(await ide.start(), format=name)
        assert first in sent[0].data
        assert last in sent[-1].data


async def test_a_run_is_started_and_streamed_in_one_answer(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        body = {"text": STORY, "format": "text"}
        answer = await ide.post("/api/stream", body)
        lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
        assert lines[-1] == "[DONE]"
        run = (await ide.get(f"/api/runs/{answer.headers['x-tactus-run']}"))["run"]
        assert (
            "".join(httpx.Response(200, text=line).json() for line in lines[:-1])
            == (run["result"]["story"])
        )


async def test_one_stream_carries_all_runs_and_filters_them(tmp_path: Path) -> None:
    async with serving(tmp_path, demo=SLOW) as ide:
        heard: dict[str, list[Sent]] = {"all": [], "goal": [], "types": []}
        queries = {"all": {"text": "delta"}, "goal": {"goal": "g1"}, "types": {"type": "cost"}}
        async with anyio.create_task_group() as tasks:
            for name, query in queries.items():
                await tasks.start(listening_to, ide, query, heard[name], 2 if name != "goal" else 1)
            runs = [await ide.start(goal_id=goal) for goal in ("g1", None)]
        for run_id in runs:
            stored = await ide.events(run_id, text="delta")
            mine = [one for one in heard["all"] if one.json["run_id"] == run_id]
            assert text_of(mine) == text_of(stored)
            assert mine[-1].json == stored[-1].json
        assert {one.json["run_id"] for one in heard["goal"]} == {runs[0]}
        assert all(one.json["goal_id"] == "g1" for one in heard["goal"])
        assert [one.json["event_type"] for one in heard["types"]] == ["cost", "cost"]


async def test_the_stream_of_all_runs_resumes_at_its_cursor(tmp_path: Path) -> None:
    async with serving(tmp_path, demo=SLOW) as ide:
        runs = [await ide.start()]
        seen: dict[str, dict[int, Sent]] = {runs[0]: {}}
        cursor = ""
        with anyio.fail_after(30):
            while len(runs) < 3 or not all(finished(seen[run_id]) for run_id in runs):
                streaming = ide.stream("/api/events", text="delta", after=cursor)
                async with aclosing(streaming) as stream:
                    taken = 0
                    async for one in stream:
                        seen[one.json["run_id"]].setdefault(one.json["seq"], one)
                        cursor = one.id or cursor
                        taken += 1
                        if (taken > 10 and cursor) or all(finished(of) for of in seen.values()):
                            break
                if len(runs) < 3:  # it begins while nobody listens
                    runs.append(await ide.start())
                    seen[runs[-1]] = {}
        for run_id in runs:
            stored = await ide.events(run_id, text="delta")
            mine = [seen[run_id][seq] for seq in sorted(seen[run_id])]
            assert rebuilt(mine) == text_of(stored)
            assert mine[-1].json == stored[-1].json


def finished(seen: dict[int, Sent]) -> bool:
    return any(one.json["event_type"] == "run_finished" for one in seen.values())


async def listening_to(
    ide: Served,
    query: dict[str, str],
    heard: list[Sent],
    ends: int,
    *,
    task_status: anyio.abc.TaskStatus[None],
) -> None:
    """Hear the stream of all runs until `ends` of them have ended, or had their cost."""
    last = "cost" if "type" in query else "run_finished"
    path = "/api/events"
    async with ide.client.stream("GET", path, params=query) as answer:
        task_status.started()
        data = ""
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                data = line[6:]
                one = Sent("", data, "")
                heard.append(one)
                ends -= one.json["event_type"] == last
                if not ends:
                    return


async def test_a_reader_who_does_not_read_slows_nobody_and_misses_nothing_later(
    tmp_path: Path,
) -> None:
    echo = 'a = Agent { provider = "demo", model = "echo" } return { n = #a(INPUT).response }'
    words = " ".join(f"word{number}" for number in range(40_000))
    text = echo.replace("INPUT", f'"{words}"')
    async with serving(tmp_path) as ide:
        run_id = await ide.start(WAITING)
        stuck = []
        for _ in range(5):
            reader = socket.create_connection(("127.0.0.1", int(ide.address.rsplit(":", 1)[1])))
            stuck.append(reader)
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await ide.post(f"/api/runs/{run_id}/stop", {})
        run_id = await ide.start(text)
        for reader in stuck:
            request = f"GET /api/runs/{run_id}/events HTTP/1.1\r\nHost: {ide.address[7:]}\r\n"
            reader.sendall(f"{request}Authorization: Bearer {ide.token}\r\n\r\n".encode())
        with anyio.fail_after(15):
            sent = await ide.events(run_id, text="delta")
        assert rebuilt(sent) == words
        assert text_of(await ide.events(run_id, text="delta", after=2)) == words
        assert all(len(one.data.encode()) < 65_536 for one in sent)
        for reader in stuck:
            reader.close()


async def test_every_event_of_a_long_answer_stays_under_64_kib(tmp_path: Path) -> None:
    words = " ".join(f"word{number}" for number in range(20_000))
    text = (
        f'a = Agent {{ provider = "demo", model = "echo" }} return {{ r = a("{words}").response }}'
    )
    async with serving(tmp_path) as ide:
        run_id = await ide.start(text)
        for query in ({}, {"text": "delta"}, {"format": "message"}, {"format": "cloudevents"}):
            for sent in (await ide.events(run_id, **query), await ide.events(run_id, **query)):
                assert all(len(one.data.encode()) < 65_536 for one in sent)
        cost = next(one.json for one in sent if '"dev.tactus.cost"' in one.data)
        assert cost["abridged"] == ["data"]
        turns = await ide.get("/api/turns", run=run_id)
        assert turns["turns"][0]["text"] == words
