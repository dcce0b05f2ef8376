"""What the providers do not accept, the loopback servers do not accept either."""

import sys
from typing import Any

import anyio
import httpx
import pytest

from tests.providers import WIRES, Answer, Call, Request, provider_server
from tests.providers.folding import fold
from tests.providers.test_servers import HEADERS, ask

CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
HELLO: dict[str, Any] = {"role": "user", "content": "Hello."}
ASKING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
USE = {"type": "tool_use", "id": "c1", "name": "weather", "input": {}}
USING = {"role": "assistant", "content": [USE]}
USED = {
    "role": "user",
    "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "Rain"}],
}
TURN: dict[str, Any] = {"role": "user", "parts": [{"text": "Hello."}]}
CALLING = {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {}}}] * 2}
RESPONSE = {"functionResponse": {"name": "weather", "response": {"result": "Rain"}}}
ITEM = {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "Rain"}

BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("openai", {"messages": []}, "empty array"),
    ("openai", {"messages": [HELLO, ASKING, HELLO]}, "did not have response messages: c1"),
    ("openai", {"messages": [HELLO, ASKING]}, "did not have response messages: c1"),
    (
        "openai",
        {"messages": [HELLO, {"role": "tool", "tool_call_id": "c1", "content": "Rain"}]},
        "must be a response to a preceeding message",
    ),
    ("openai", {"messages": [{"role": "user"}]}, "got null"),
    ("responses", {"input": [OUTPUT]}, "No tool call found for function call output"),
    ("responses", {"input": [{"role": "user", "content": "x"}, ITEM]}, "No tool output found"),
    ("responses", {"messages": [HELLO]}, "Unsupported parameter: 'messages'"),
    ("anthropic", {"max_tokens": 0}, "greater than or equal to 1"),
    ("anthropic", {"messages": [{"role": "assistant", "content": "Hi"}]}, "first message"),
    ("anthropic", {"messages": [{"role": "system", "content": "Hi"}]}, "first message"),
    ("anthropic", {"messages": [HELLO, USING, HELLO]}, "found without `tool_result` blocks"),
    ("anthropic", {"messages": [HELLO, USED]}, "unexpected `tool_use_id`"),
    ("anthropic", {"messages": [{"role": "user", "content": ""}]}, "must be non-empty"),
    (
        "anthropic",
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        "must be greater than `thinking.budget_tokens`",
    ),
    (
        "anthropic",
        {
            "thinking": {"type": "enabled", "budget_tokens": 50},
            "messages": [HELLO, USING, USED],
        },
        "Expected `thinking` or `redacted_thinking`",
    ),
    ("gemini", {"contents": []}, "contents is not specified"),
    ("gemini", {"contents": [TURN, CALLING]}, "end with a user role"),
    (
        "gemini",
        {"contents": [TURN, CALLING, {"role": "user", "parts": [RESPONSE]}]},
        "number of function response parts is equal",
    ),
    ("gemini", {"max_tokens": 5}, 'Unknown name "max_tokens"'),
    ("ollama", {"messages": [{"role": "model", "content": "x"}]}, "invalid role"),
    ("ollama", {"messages": [HELLO, ASKING]}, "cannot unmarshal string"),
]
HELD: list[tuple[str, dict[str, Any]]] = [
    (
        "openai",
        {"messages": [HELLO, ASKING, {"role": "tool", "tool_call_id": "c1", "content": "Rain"}]},
    ),
    ("responses", {"input": [{"role": "user", "content": "Hello."}, ITEM, OUTPUT]}),
    ("anthropic", {"messages": [HELLO, USING, USED]}),
    ("gemini", {"contents": [TURN, CALLING, {"role": "user", "parts": [RESPONSE, RESPONSE]}]}),
    ("ollama", {"messages": [HELLO, {"role": "tool", "tool_name": "weather", "content": "Rain"}]}),
]


@pytest.mark.parametrize(("wire", "more", "said"), BROKEN)
async def test_a_request_that_breaks_a_rule_is_answered_with_the_providers_error(
    wire: str, more: dict[str, Any], said: str
) -> None:
    async with provider_server(wire, Answer(("First.",)), Answer(("Second.",))) as server:
        refused = await ask(server, wire, **more)
        passed = await ask(server, wire)

    assert refused.status_code == 400
    assert said in str(refused.json())
    assert len(server.breaches) == 1
    assert fold(wire, passed.content, streamed=True).text == "First."


@pytest.mark.parametrize("wire", ["openai", "responses", "anthropic", "gemini"])
async def test_a_request_without_a_key_is_refused(wire: str) -> None:
    async with provider_server(wire) as server:
        refused = await ask(server, wire, headers={"anthropic-version": "2023-06-01"})

    assert refused.status_code == (403 if wire == "gemini" else 401)


async def test_anthropic_wants_its_version_named() -> None:
    async with provider_server("anthropic") as server:
        refused = await ask(server, "anthropic", headers={"x-api-key": "key"})

    assert refused.status_code == 400
    assert "anthropic-version" in refused.text


@pytest.mark.parametrize("wire", ["ollama", "llamacpp"])
async def test_servers_of_this_machine_want_no_key(wire: str) -> None:
    async with provider_server(wire) as server:
        assert (await ask(server, wire, headers={})).status_code == 200


@pytest.mark.parametrize(("wire", "more"), HELD)
async def test_the_results_of_tools_can_be_asked_for_in_the_same_words_on_every_wire(
    wire: str, more: dict[str, Any]
) -> None:
    def choose(request: Request) -> Answer:
        return Answer(("It rains.",)) if request.results else Answer((Call("weather"),))

    async with provider_server(wire, choose=choose) as server:
        first = fold(wire, (await ask(server, wire)).content, streamed=True)
        second = fold(wire, (await ask(server, wire, **more)).content, streamed=True)

    assert server.breaches == []
    assert (first.called, second.text) == ([("weather", {})], "It rains.")
    assert [request.prompt for request in server.requests] == ["Hello."] * 2
    assert {"Rain" in text for _, text in server.requests[1].results} == {True}


@pytest.mark.parametrize("signature", [None, "s"])
async def test_gemini_3_wants_its_signatures_back(signature: str | None) -> None:
    call: dict[str, Any] = {"functionCall": {"name": "weather", "args": {}}}
    model = {
        "role": "model",
        "parts": [{**call, **({"thoughtSignature": signature} if signature else {})}],
    }
    contents = [TURN, model, {"role": "user", "parts": [RESPONSE]}]
    async with provider_server("gemini") as server, httpx.AsyncClient() as client:
        url = f"{server.base_url}/models/gemini-3-pro:generateContent"
        answer = await client.post(url, json={"contents": contents}, headers=HEADERS)

    assert answer.status_code == (200 if signature else 400)


PAGES = {
    "openai": "/v1/models",
    "anthropic": "/v1/models",
    "gemini": "/v1beta/models",
    "ollama": "/api/tags",
    "llamacpp": "/health",
}


@pytest.mark.parametrize("wire", list(PAGES))
async def test_what_a_server_has_can_be_looked_up(wire: str) -> None:
    async with provider_server(wire) as server, httpx.AsyncClient() as client:
        found = await client.get(server.root + PAGES[wire])
        missing = await client.get(server.root + "/nothing")

    assert found.json() == WIRES[wire].pages[PAGES[wire]]
    assert (missing.status_code, "error" in missing.json()) == (404, True)
    assert [request.route for request in server.lookups] == [PAGES[wire], "/nothing"]
    assert server.requests == []


async def test_a_body_that_is_no_json_is_refused() -> None:
    async with provider_server("openai") as server, httpx.AsyncClient() as client:
        url = f"{server.base_url}/chat/completions"
        refused = await client.post(url, content=b"{", headers=HEADERS)

    assert refused.status_code == 400
    assert len(server.requests) == 1


async def test_other_processes_can_be_served() -> None:
    command = [sys.executable, "-m", "tests.providers", "anthropic", "--pieces", "3"]
    async with await anyio.open_process(command, stderr=None) as process:
        assert process.stdout is not None
        url = (await process.stdout.receive()).decode().strip()
        body = {"model": "m", "max_tokens": 9, "messages": [HELLO]}
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{url}/messages", json=body, headers=HEADERS)
        process.terminate()

    assert fold("anthropic", answer.content, streamed=False).text == "000000000100002"
