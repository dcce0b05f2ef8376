"""The loopback servers, read by libraries that know nothing of them."""

import json
import subprocess
import sys
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.providers import provider_server
from tests.providers.folding import events_of
from tests.providers.scenes import SPOKEN
from tests.providers.test_servers import ask, speakable

_CHAT = "openai llamacpp"
_ALL = "openai responses anthropic gemini ollama llamacpp"

# What each library makes of sound answers that is not what was said: text, reasoning, a refusal or
# calls are lost or mixed up, or it fails. By scene: the wires when streamed, and when not.
WRONG = {
    "lm15": {
        "a call over 64 KiB": (_ALL, ""),
        "byte order mark": (f"{_CHAT} gemini ollama", ""),
        "filtered": ("responses gemini", "gemini"),
        "length": ("responses", ""),
        "parallel calls": ("gemini", ""),
        "parallel calls in pieces": ("gemini", ""),
        "refused": (f"{_CHAT} responses", f"{_CHAT} responses"),
        "searched": ("anthropic", ""),
        "several choices": (_CHAT, _CHAT),
        "uncounted": ("responses", ""),
    },
    "litellm": {
        "byte order mark": (f"{_CHAT} gemini ollama", ""),
        "comments": ("gemini", ""),
        "filtered": ("", "gemini"),
        "parallel calls": ("ollama", ""),
        "parallel calls in pieces": ("ollama", ""),
        "refused": (f"{_CHAT} responses", f"{_CHAT} responses"),
        "searched": ("anthropic", "anthropic"),
        "several choices": (_CHAT, ""),
        "uncounted": ("", "anthropic gemini"),
    },
}


@pytest.mark.parametrize("scene", list(SPOKEN))
async def test_openais_own_types_take_every_frame(scene: str) -> None:
    event: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    for wire in ("openai", "responses"):
        answer = SPOKEN[scene]
        if not speakable(wire, answer):
            continue
        async with provider_server(wire, answer) as server:
            streamed = (await ask(server, wire)).content
            whole = (await ask(server, wire, streamed=False)).content
        data = [x.data for x in events_of(streamed) if x.data != "[DONE]"]
        if wire == "openai":
            assert [ChatCompletionChunk.model_validate_json(text) for text in data]
            ChatCompletion.model_validate_json(whole)
        else:
            assert [event.validate_json(text) for text in data]
            Response.model_validate_json(whole)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("library", list(WRONG))
def test_a_library_reads_what_was_scripted_but_where_it_is_known_to_fail(library: str) -> None:
    # in a process of its own: LiteLLM takes seconds to import, and warns
    command = [sys.executable, "-m", "tests.providers.reading", library, "--spoken"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    read = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]

    assert [one["breaches"] for one in read if one["breaches"]] == []
    assert {one["scene"] for one in read} == set(SPOKEN)
    wrong = {
        (scene, wire, streamed)
        for scene, ways in WRONG[library].items()
        for streamed, wires in zip((True, False), ways, strict=True)
        for wire in wires.split()
    }
    found = {(one["scene"], one["wire"], one["streamed"]) for one in read if not _right(one)}
    assert found == wrong


def _right(read: dict[str, Any]) -> bool:
    answer = SPOKEN[read["scene"]]
    marked = read["wire"] in {"openai", "responses", "llamacpp"}
    text = answer.text + ("" if marked else answer.refusal)
    calls = [[call.name, call.value] for call in answer.calls]
    said = (read.get("text"), read.get("thoughts"), read.get("calls"))
    kept = not marked or read.get("refusal", "") == answer.refusal
    return kept and said == (text, answer.thoughts, calls)
