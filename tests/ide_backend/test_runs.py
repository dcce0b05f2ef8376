from pathlib import Path

import httpx
import pytest

from tests.ide_backend.serving import STORY, WAITING, serving, text_of

JSON = {"content-type": "application/json"}


async def test_a_run_streams_and_is_in_the_history(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        run_id = await ide.start(goal_id="g1", params={"topic": "clocks"})
        sent = await ide.events(run_id)
        kinds = [one.json["event_type"] for one in sent]
        assert kinds[:2] == ["run_started", "agent_turn"]
        assert kinds[-1] == "run_finished"
        whole = await ide.get(f"/api/runs/{run_id}")
        assert whole["source"] == STORY
        run = whole["run"]
        assert run["status"] == "completed"
        assert run["result"] == {"story": text_of(sent)}
        assert (run["turns"], run["goal_id"], run["params"]) == (1, "g1", {"topic": "clocks"})
        assert run["last_seq"] == int(sent[-1].id)
        assert run["output_tokens"] > 50
        found = await ide.get("/api/runs", goal="g1", q="CLOCKS")
        assert [one["id"] for one in found["runs"]] == [run_id]
        assert found["counts"]["completed"] == 1
        turns = await ide.get("/api/turns", run=run_id)
        assert turns["turns"][0]["text"] == text_of(sent)
        assert turns["counts"] == {"active": 0, "completed": 1, "failed": 0}


async def test_a_run_is_stopped_before_its_first_word(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        run_id = await ide.start(WAITING)
        assert (await ide.client.delete(f"/api/runs/{run_id}", headers=JSON)).status_code == 409
        assert (await ide.post(f"/api/runs/{run_id}/stop", {})).status_code == 202
        sent = await ide.events(run_id)
        assert sent[-1].json["status"] == "stopped"
        assert (await ide.get(f"/api/runs/{run_id}"))["run"]["status"] == "stopped"
        assert (await ide.post(f"/api/runs/{run_id}/stop", {})).status_code == 409
        assert (await ide.client.delete(f"/api/runs/{run_id}", headers=JSON)).status_code == 204
        assert (await ide.client.get(f"/api/runs/{run_id}")).status_code == 404


async def test_a_run_is_run_again_with_other_inputs(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        first = await ide.start(params={"topic": "rain"})
        await ide.events(first)
        answer = await ide.post(f"/api/runs/{first}/rerun", {"params": {"topic": "snow"}})
        assert answer.status_code == 201
        again = answer.json()["run"]
        assert again["id"] != first
        assert again["params"] == {"topic": "snow"}
        assert (await ide.events(again["id"]))[-1].json["status"] == "completed"


async def test_the_file_is_run_when_no_text_is_given_and_a_model_can_take_every_place(
    tmp_path: Path,
) -> None:
    (tmp_path / "call.lua").write_text(
        'a = Agent { model = "openai/gpt-4o" } return { said = a("hello").response }',
        encoding="utf-8",
    )
    async with serving(tmp_path) as ide:
        answer = await ide.post("/api/runs", {"path": "call.lua", "model": "demo/echo"})
        run_id = answer.json()["run"]["id"]
        assert (await ide.events(run_id))[-1].json["result"] == {"said": "hello"}


async def test_inputs_that_do_not_fit_start_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        body = {"path": "story.lua", "text": STORY, "params": {"topik": "rain"}}
        answer = await ide.post("/api/runs", body)
        assert answer.status_code == 422
        assert 'topik: is not declared. Did you mean "topic"?' in answer.json()["error"]["message"]
        assert (await ide.get("/api/runs"))["runs"] == []


async def test_a_failed_run_says_where(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        run_id = await ide.start('local x = 1\nerror("too much rain")')
        await ide.events(run_id)
        run = (await ide.get(f"/api/runs/{run_id}"))["run"]
    assert run["status"] == "failed"
    assert run["error"]["message"].endswith("too much rain")
    assert (run["error"]["file"], run["error"]["line"]) == ("story.lua", 2)


async def test_a_procedure_that_computes_holds_up_nobody(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        busy = await ide.start("while true do end")
        run_id = await ide.start()
        assert (await ide.events(run_id))[-1].json["status"] == "completed"
        assert (await ide.get(f"/api/runs/{busy}"))["run"]["status"] == "running"
        await ide.post(f"/api/runs/{busy}/stop", {})
        assert (await ide.events(busy))[-1].json["event_type"] == "run_finished"


async def test_keys_are_in_no_answer(tmp_path: Path) -> None:
    key = "sk-canary-0123456789"
    text = f'Log.info("{key}") error("{key}")'
    async with serving(tmp_path, secrets={"OPENAI_API_KEY": key}) as ide:
        run_id = await ide.start(text)
        sent = await ide.events(run_id)
        shown = "".join(one.data for one in sent)
        assert "[hidden]" in shown
        assert key not in shown
        models = (await ide.client.get("/api/models")).text
        assert '"OPENAI_API_KEY"' in models
        assert key not in models
        assert key not in (await ide.client.get("/api/runs")).text


async def test_figures_are_grouped_by_model_and_agent_and_over_time(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        for _ in range(3):
            await ide.events(await ide.start())
        figures = await ide.get("/api/analytics", bucket=60_000)
        (model,) = figures["by_model"]
        assert (model["key"], model["turns"], model["failed"]) == ("demo/demo", 3, 0)
        assert model["output_tokens"] > 150
        assert 0 < model["duration_ms"]["p50"] <= model["duration_ms"]["p99"]
        assert [group["key"] for group in figures["by_agent"]] == ["storyteller"]
        assert sum(bucket["turns"] for bucket in figures["over_time"]) == 3
        assert figures["ttft_threshold_ms"] == 1000
        assert (await ide.get("/api/analytics", since=2**52))["by_model"] == []


async def test_the_server_describes_itself(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        described = await ide.get("/api/openapi.json")
        assert described["openapi"] == "3.1.0"
        assert {"get", "delete"} <= set(described["paths"]["/api/runs/{id}"])
        body = described["paths"]["/api/runs"]["post"]["requestBody"]
        assert body["content"]["application/json"]["schema"]["$ref"].endswith("/RunBody")
        schema = await ide.get("/api/schema/events.json")
        assert schema["$schema"].endswith("2020-12/schema")
        kinds = {
            one["properties"]["event_type"]["const"]
            for one in schema["$defs"].values()
            if "event_type" in one.get("properties", {})
        }
        sent = await ide.events(await ide.start())
        assert {one.json["event_type"] for one in sent} <= kinds
        health = await ide.get("/api/health")
        assert health["ok"] is True


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/runs/none", None, 404),
        ("GET", "/api/runs/none/events", None, 404),
        ("GET", "/api/nothing", None, 404),
        ("PUT", "/api/runs", "{}", 405),
        ("POST", "/api/runs", "{", 400),
        ("POST", "/api/runs", "[]", 422),
        ("POST", "/api/runs", '{"path": "a.lua", "other": 1}', 422),
        ("POST", "/api/runs", '{"path": "missing.lua"}', 404),
        ("POST", "/api/stream", "{}", 422),
        ("GET", "/api/runs?limit=-1", None, 422),
        ("GET", "/api/events?after=%00", None, 422),
        ("GET", "/api/events?format=morse", None, 422),
    ],
)
async def test_a_wrong_request_is_told_what_is_wrong(
    tmp_path: Path, method: str, path: str, body: str | None, status: int
) -> None:
    async with serving(tmp_path) as ide:
        answer: httpx.Response = await ide.client.request(method, path, content=body, headers=JSON)
        assert answer.status_code == status
        assert answer.json()["error"]["message"]
