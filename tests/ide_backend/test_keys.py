"""Keys of six providers, planted wherever a run could pick them up, and looked for everywhere."""

import json
import logging
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import anyio
import anyio.to_thread
import pytest

from tests.ide_backend.serving import Served, serving
from tests.tactus.cli.command import tactus

KEYS = {
    "OPENAI_API_KEY": "sk-proj-Wq3tXbN8vLmR2kYpJc7hZs",
    "ANTHROPIC_API_KEY": "sk-ant-api03-Fz9/uE+xQ4w_G1oKd=",
    "GEMINI_API_KEY": "AIzaSyB5nCq0rT6jHvW2mPxL8eUoYdK",
    "GROQ_API_KEY": "gsk_7yHcVx3NbQmZkLw0TjRsPfEaUg",
    "HF_TOKEN": "hf_kQzXwNvYbTcRmJpLsGdFhUeAiOo",
    "REPLICATE_API_KEY": "r8_M4nBvCxZlKjHgFdSaPoIuYtRe",
}
FORMS = [
    form
    for key in KEYS.values()
    for form in {
        key,
        quote(key, safe=""),
        b64encode(key.encode()).decode().rstrip("="),
        json.dumps(key)[1:-1],
    }
]

# The model says word by word what it is told, so a key with a space in front comes in pieces.
SAYS = """\
-- says.lua
input {{ said = field.string{{required = false}} }}
local key = "{key}"
local echo = Agent {{ provider = "demo", model = "echo", system_prompt = "The key is " .. key }}
Log.info("the key is " .. key)
print(key)
local result = echo({{ message = "Say " .. key .. " and " .. (input.said or "no more") .. " now" }})
Log.warn(result.response)
{ending}
"""
ENDINGS = {
    "value": "return { said = result.response, key = key, [key] = { key } }",
    "error": 'error("no way with " .. key)',
    "failed turn": """\
local bad = Agent { provider = "demo", model = "error-401", system_prompt = key }
return bad({ message = key })""",
    "output": "return { said = 1, nested = { print } }",
    "syntax": "local x = = '{key}'",
}


def leaks(text: str | bytes) -> list[str]:
    shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return [form for form in FORMS if form in shown]


FORMATS = ("llm", "message", "text", "agui", "vercel", "cloudevents")


async def everything_of(ide: Served, run_id: str) -> str:
    """Every answer of the API and every wire that tells of the run."""
    shown = []
    for query in ({}, {"text": "delta"}, *({"format": name} for name in FORMATS)):
        path = f"/api/runs/{run_id}/events"
        async with ide.client.stream("GET", path, params=query) as answer:
            shown.append((await answer.aread()).decode())
    paths = (f"/api/runs/{run_id}", "/api/runs", "/api/turns", "/api/analytics", "/api/health")
    shown += [(await ide.client.get(path)).text for path in paths]
    shown.append((await ide.client.post(f"/api/runs/{run_id}/rerun", json={})).text)
    return "\n".join(shown)


@pytest.mark.parametrize("variable", KEYS)
async def test_a_key_reaches_no_event_no_answer_and_no_byte_of_the_store(
    tmp_path: Path, variable: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = KEYS[variable]
    caplog.set_level(logging.DEBUG)
    async with serving(tmp_path, secrets=KEYS) as ide:
        for name, ending in ENDINGS.items():
            text = SAYS.format(key=key, ending=ending.replace("{key}", key))
            body = {"path": f"{name}.lua", "text": text, "params": {"said": f"<{key}>"}}
            started = await ide.post("/api/runs", {**body, "goal_id": key})
            assert started.status_code == 201, started.text
            assert leaks(started.text) == []
            run_id = started.json()["run"]["id"]
            while (await ide.get(f"/api/runs/{run_id}"))["run"]["status"] == "running":
                await ide.events(run_id)
            shown = await everything_of(ide, run_id)
            assert leaks(shown) == [], name
            assert "[hidden]" in shown
            checked = await ide.post("/api/check", {"path": "says.lua", "text": text})
            assert leaks(checked.text) == [], name
        answers = [
            await ide.post("/api/runs", {"path": f"{key}.lua"}),
            await ide.client.get(f"/api/runs/{key}"),
            await ide.client.get("/api/events", params={"format": key}),
            await ide.post("/api/runs", {"path": "a.lua", "text": SAYS, "params": {key: key}}),
            await ide.post("/api/files", {"path": "a.lua", "template": key}),
            await ide.client.get("/api/models"),
        ]
        for answer in answers:
            assert leaks(answer.text) == [], answer.text
        stored = await stored_bytes(tmp_path)  # while it is open, the WAL holds it
        assert leaks(stored) == []
        assert b"[hidden]" in stored
    assert leaks(await stored_bytes(tmp_path)) == []
    logged = [log for log in caplog.records if log.name.startswith(("tactus", "uvicorn"))]
    assert leaks("\n".join(map(logging.Formatter().format, logged))) == []


async def stored_bytes(folder: Path) -> bytes:
    contents = [
        await path.read_bytes()
        async for path in anyio.Path(folder, ".tactus").iterdir()
        if await path.is_file()
    ]
    assert len(contents) >= 4
    return b"\n".join(contents)


async def test_a_run_whose_source_had_a_key_is_not_run_again_with_a_mask_in_it(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, secrets=KEYS) as ide:
        source = f'local key = "{KEYS["HF_TOKEN"]}" return {{ length = #key }}'
        run_id = await ide.start(source)
        end = (await ide.events(run_id))[-1].json
        assert end["result"] == {"length": len(KEYS["HF_TOKEN"])}  # the procedure had it
        answer = await ide.post(f"/api/runs/{run_id}/rerun", {})
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "masked"


async def test_a_file_is_edited_as_it_is(tmp_path: Path) -> None:
    text = f'local key = "{KEYS["HF_TOKEN"]}"'
    async with serving(tmp_path, secrets=KEYS) as ide:
        body = {"text": text, "version": None}
        assert (await ide.client.put("/api/files/a.lua", json=body)).status_code == 200
        assert (await ide.get("/api/files/a.lua"))["text"] == text


@pytest.mark.parametrize(
    ("ending", "flags"),
    [
        ("value", ("--stream",)),
        ("value", ()),
        ("error", ("--json",)),
        ("error", ("--stream", "--verbose")),
        ("failed turn", ("--jsonl", "--stream", "--verbose")),
        ("failed turn", ("--json",)),
        ("output", ("--jsonl",)),
        ("syntax", ("--verbose",)),
    ],
)
async def test_a_key_reaches_no_output_of_the_command(
    tmp_path: Path, ending: str, flags: tuple[str, ...]
) -> None:
    key = KEYS["ANTHROPIC_API_KEY"]
    text = SAYS.format(key=key, ending=ENDINGS[ending].replace("{key}", key))
    (tmp_path / "says.lua").write_text(text, encoding="utf-8")
    args = ("run", "says.lua", "-p", f"said=<{key}>", *flags)
    shown = await anyio.to_thread.run_sync(lambda: tactus(*args, folder=tmp_path, env=KEYS))
    assert leaks(shown.stdout) == []
    assert leaks(shown.stderr) == []
    assert "[hidden]" in shown.stdout + shown.stderr


@pytest.mark.parametrize("name", ["tactus.ide", "uvicorn.error"])
async def test_a_key_in_a_traceback_reaches_no_log(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = KEYS["GROQ_API_KEY"]
    logger = logging.getLogger(name)
    async with serving(tmp_path, secrets=KEYS):
        logger.addHandler(caplog.handler)  # uvicorn's own do not propagate
        try:
            raise ValueError(f"no way with {key}")
        except ValueError:
            logger.exception("a defect with %s", key)
        finally:
            logger.removeHandler(caplog.handler)
    assert "a defect with [hidden]" in caplog.text
    assert "ValueError: no way with [hidden]" in caplog.text
    assert leaks(caplog.text) == []
