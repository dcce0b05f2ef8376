"""A real server on loopback, in this process, with an instant demo model."""

import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import orjson
from httpx_sse import aconnect_sse

import tactus.dspy.models  # noqa: F401  # DSPy warns as it is imported, which a run must not meet
from ide_backend.serve import listening, prepare
from tactus.settings import Settings

PROCEDURES = Path(__file__).parents[2] / "procedures"
STORY = """\
-- story.lua: a story
input { topic = field.string{default = "rain"} }
storyteller = Agent { provider = "demo" }
local result = storyteller({message = "Tell a story about " .. input.topic})
return { story = result.response }
"""
WAITING = 'a = Agent { provider = "demo", model = "silent" } return { said = a("wait").response }'


@dataclass
class Sent:
    """One server-sent event as it came."""

    id: str
    data: str
    event: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.data)


@dataclass
class Served:
    """A server, and a client that knows its token."""

    client: httpx.AsyncClient
    stranger: httpx.AsyncClient  # without the token
    address: str
    token: str
    folder: Path

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.client.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.client.post(path, json=body)

    async def start(self, text: str = STORY, **more: Any) -> str:
        answer = await self.post("/api/runs", {"path": "story.lua", "text": text, **more})
        assert answer.status_code == 201, answer.text
        run_id: str = answer.json()["run"]["id"]
        return run_id

    async def asked(self, run_id: str, after: int = 0) -> dict[str, Any]:
        """The next question of the run that waits for an answer, as its event tells it."""
        async for sent in self.stream(f"/api/runs/{run_id}/events", after=after):
            event: dict[str, Any] = sent.json
            if event["event_type"] == "question" and "answer" not in event:
                return event
        raise AssertionError("the run ended without a question")

    async def events(self, run_id: str, **query: Any) -> list[Sent]:
        return [sent async for sent in self.stream(f"/api/runs/{run_id}/events", **query)]

    async def stream(
        self, path: str, headers: dict[str, str] | None = None, **query: Any
    ) -> AsyncGenerator[Sent, None]:
        async with aconnect_sse(
            self.client, "GET", path, params=query, headers=headers or {}
        ) as source:
            async for sent in source.aiter_sse():
                yield Sent(sent.id, sent.data, sent.event)


@asynccontextmanager
async def serving(folder: Path, **settings: Any) -> AsyncIterator[Served]:
    demo = {"tokens_per_second": 100_000, "time_to_first_token": 0}
    configured = Settings.model_validate({"demo": demo, **settings})
    with listening(0) as listener:
        server, page = prepare(folder, settings=configured, listener=listener)
        address, _, token = page.partition("/#token=")
        headers = {"authorization": f"Bearer {token}"}
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, [listener])
            plain = httpx.AsyncClient(base_url=address, timeout=20, trust_env=False)
            async with (
                plain as stranger,
                httpx.AsyncClient(
                    base_url=address, headers=headers, timeout=20, trust_env=False
                ) as client,
            ):
                try:
                    yield Served(client, stranger, address, token, folder)
                finally:
                    server.should_exit = True


async def exchange(ide: Served, request: str) -> str:
    """The answer to a request that is sent as it is written, byte for byte."""
    host, _, port = ide.address.removeprefix("http://").partition(":")
    async with await anyio.connect_tcp(host, int(port)) as stream:
        await stream.send(request.encode())
        return (await stream.receive()).decode()


def text_of(sent: Iterator[Sent] | list[Sent], turn_id: str = "turn-1") -> str:
    """The pieces of a turn's text, put together."""
    return "".join(
        one.json["chunk_text"]
        for one in sent
        if one.json.get("event_type") == "agent_stream_chunk" and one.json["turn_id"] == turn_id
    )


def copy_procedures(folder: Path) -> None:
    for path in PROCEDURES.glob("*.lua"):
        shutil.copy(path, folder)
