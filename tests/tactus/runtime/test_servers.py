import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from tactus.runtime.servers import Candidate, LocalServer, candidates, find_servers
from tactus.settings import Settings


@asynccontextmanager
async def answering(body: str | None, status: str = "200 OK") -> AsyncIterator[int]:
    """A server on this machine that answers every request with `body`; never, for None."""

    async def handle(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            if body is None:
                await anyio.sleep_forever()
            else:
                await stream.send(f"HTTP/1.0 {status}\r\nX-A: b\r\n\r\n{body}".encode())

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle)
        yield listener.extra(SocketAttribute.local_port)  # noqa: S610 - anyio, not Django
        tasks.cancel_scope.cancel()


async def test_servers_are_found_with_their_models() -> None:
    tags = json.dumps({"models": [{"name": "llama3:latest"}]})
    listed = json.dumps({"object": "list", "data": [{"id": "qwen"}, {"id": "phi"}]})
    async with answering(tags) as ollama, answering(listed) as studio:
        found = await find_servers(
            [
                Candidate("Ollama", "ollama_chat", ollama, "/api/tags"),
                Candidate("LM Studio", "openai", studio),
            ]
        )
    assert found == [
        LocalServer("Ollama", "ollama_chat", f"http://127.0.0.1:{ollama}/v1", ("llama3:latest",)),
        LocalServer("LM Studio", "openai", f"http://127.0.0.1:{studio}/v1", ("qwen", "phi")),
    ]


@pytest.mark.parametrize(
    "body", ["<html>hello</html>", "[]", '{"detail": "no"}', "", "9" * 1_100_000]
)
async def test_another_kind_of_server_is_left_out(body: str) -> None:
    async with answering(body) as port:
        assert await find_servers([Candidate("vLLM", "hosted_vllm", port)]) == []


async def test_a_refusal_is_no_model_server() -> None:
    async with answering('{"data": []}', "401 Unauthorized") as port:
        assert await find_servers([Candidate("vLLM", "hosted_vllm", port)]) == []


async def test_a_silent_server_hides_no_other() -> None:
    began = anyio.current_time()
    async with answering(None) as silent, answering('{"data": [{"id": "phi"}]}') as quick:
        found = await find_servers(
            [Candidate("A", "openai", silent), Candidate("B", "openai", quick)]
        )
    assert [server.name for server in found] == ["B"]
    assert anyio.current_time() - began < 5


async def test_a_closed_port_is_no_error() -> None:
    assert await find_servers([Candidate("A", "openai", 9)]) == []


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("", ("127.0.0.1", 11434)),
        ("127.0.0.1:5000", ("127.0.0.1", 5000)),
        ("http://localhost:5001", ("127.0.0.1", 5001)),
        ("0.0.0.0", ("127.0.0.1", 11434)),  # noqa: S104 - a setting, nothing listens
        ("[::1]:5002", ("::1", 5002)),
        ("gpu.example.org:80", None),
        ("10.1.2.3", None),
        ("127.0.0.1:port", None),
    ],
)
def test_ollama_is_asked_on_this_machine_only(setting: str, place: tuple[str, int] | None) -> None:
    found = [c for c in candidates({"OLLAMA_HOST": setting}) if c.name == "Ollama"]
    assert [(c.host, c.port) for c in found] == ([] if place is None else [place])


def test_the_settings_move_servers_and_name_others_on_this_machine_only() -> None:
    settings = Settings.model_validate(
        {
            "api_base": {
                "vllm": "http://localhost:9001/api",
                "ollama": "http://[::1]:9002/v1",
                "lmstudio": "https://gpu.example/v1",
            },
            "providers": {
                "near": {"api_base": "http://127.0.0.1:9003/v1/"},
                "far": {"api_base": "http://10.0.0.1:9004/v1"},
                "odd": {"api_base": "http://127.0.0.1:port/v1"},
            },
        }
    )
    found = candidates({"OLLAMA_HOST": "gpu.example"}, settings)
    assert [(each.provider, each.host, each.port, each.path, each.root) for each in found] == [
        ("ollama", "::1", 9002, "/api/tags", "/v1"),
        ("llamacpp", "127.0.0.1", 8080, "/v1/models", "/v1"),
        ("vllm", "127.0.0.1", 9001, "/api/models", "/api"),
        ("near", "127.0.0.1", 9003, "/v1/models", "/v1"),
    ]


def test_only_a_server_that_was_moved_past_the_settings_has_to_be_told_of() -> None:
    moved = candidates({"OLLAMA_HOST": "127.0.0.1:5000"})
    assert [each.name for each in moved if not each.is_known] == ["Ollama"]
    assert all(each.is_known for each in candidates({}))
