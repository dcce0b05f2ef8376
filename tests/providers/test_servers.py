"""The loopback servers, read plainly."""

import json
from typing import Any

import anyio
import httpx
import pytest

from tests.providers import (
    WIRES,
    Answer,
    Call,
    Failure,
    Server,
    Thought,
    Usage,
    provider_server,
    rendered,
)
from tests.providers.folding import fold
from tests.providers.scenes import SPOKEN

HEADERS = {
    "authorization": "Bearer key",
    "x-api-key": "key",
    "anthropic-version": "2023-06-01",
    "x-goog-api-key": "key",
}
ENDS = {
    "openai": ("stop", "tool_calls", "length", "content_filter", "stop"),
    "responses": ("completed", "completed", "max_output_tokens", "content_filter", "completed"),
    "anthropic": ("end_turn", "tool_use", "max_tokens", "refusal", "refusal"),
    "gemini": ("STOP", "STOP", "MAX_TOKENS", "SAFETY", ""),
    "ollama": ("stop", "stop", "length", "", ""),
}
ENDS["llamacpp"] = ENDS["openai"]
STORY = ("Once ", "upon ", "a «time» — 😀.")


def asked(wire: str, *, streamed: bool = True, **more: Any) -> tuple[str, dict[str, Any]]:
    """The path behind the base URL, and a body, of a request that says hello."""
    messages = [{"role": "user", "content": "Hello."}]
    match wire:
        case "anthropic":
            body = {"model": "claude", "max_tokens": 100, "messages": messages, "stream": streamed}
            return "/messages", {**body, **more}
        case "gemini":
            verb = "streamGenerateContent?alt=sse" if streamed else "generateContent"
            contents = [{"role": "user", "parts": [{"text": "Hello."}]}]
            return f"/models/gemini-2.5-flash:{verb}", {"contents": contents, **more}
        case "ollama":
            body = {"model": "llama3.2", "messages": messages, "stream": streamed}
            return "/../api/chat", {**body, **more}
        case "responses":
            return "/responses", {"model": "gpt", "input": "Hello.", "stream": streamed, **more}
    options = {"stream_options": {"include_usage": True}} if streamed else {}
    body = {"model": "gpt", "messages": messages, "stream": streamed, **options}
    return "/chat/completions", {**body, **more}


async def ask(
    server: Server, wire: str, *, streamed: bool = True, headers: Any = HEADERS, **more: Any
) -> httpx.Response:
    path, body = asked(wire, streamed=streamed, **more)
    async with httpx.AsyncClient(timeout=10) as client:
        return await client.post(server.base_url + path, json=body, headers=headers)


async def heard(server: Server, wire: str) -> tuple[bytes, str]:
    """What came of a streamed answer, and the kind of its end."""
    path, body = asked(wire)
    got = b""
    try:
        async with (
            httpx.AsyncClient(timeout=10) as client,
            client.stream("POST", server.base_url + path, json=body, headers=HEADERS) as response,
        ):
            async for data in response.aiter_raw():
                got += data
    except httpx.TransportError as error:
        return got, type(error).__name__
    return got, "whole"


def speakable(wire: str, answer: Answer) -> bool:
    try:
        WIRES[wire].dialects[0].fits(answer)
    except ValueError:
        return False
    return True


CASES = [
    pytest.param(wire, name, id=f"{wire}-{name}")
    for wire in WIRES
    for name, answer in SPOKEN.items()
    if speakable(wire, answer)
]


@pytest.mark.parametrize(("wire", "scene"), CASES)
async def test_a_streamed_answer_and_a_whole_one_say_what_was_scripted(
    wire: str, scene: str
) -> None:
    answer = SPOKEN[scene]
    async with provider_server(wire, answer) as server:
        bodies = {way: (await ask(server, wire, streamed=way)).content for way in (True, False)}
    read = {way: fold(wire, body, streamed=way) for way, body in bodies.items()}

    assert server.breaches == []
    assert [request.stream for request in server.requests] == [True, False]
    marks_refusals = wire in {"openai", "llamacpp", "responses"}
    for folded in read.values():
        assert folded.text == answer.text + ("" if marks_refusals else answer.refusal)
        assert folded.refusal == (answer.refusal if marks_refusals else "")
        assert folded.thoughts == answer.thoughts
        assert folded.called == [(call.name, call.value) for call in answer.calls]
        assert folded.searches == [search.query for search in answer.searches]
        names = ("stop", "tool_call", "length", "content_filter", "refusal")
        ending = "tool_call" if answer.calls else answer.finish_reason or ""
        assert folded.finish == ENDS[wire][names.index(ending)]
    if wire != "ollama":
        assert read[True].counts == read[False].counts
        assert (read[True].counts is None) == (answer.usage is None)


@pytest.mark.parametrize("wire", list(WIRES))
async def test_the_frames_can_be_had_without_a_server(wire: str) -> None:
    answer = Answer((Thought("Hm."), "Once ", "upon", Call("weather", {"city": "Oslo"})))
    async with provider_server(wire, answer) as server:
        path, _ = asked(wire)
        model = "gemini-2.5-flash" if wire == "gemini" else ""
        body = (await ask(server, wire)).content

    assert b"".join(rendered(wire, answer, model or server.requests[0].model)) == body
    assert path


USAGE = Usage(120, 30, cached=100, reasoning=20)
COUNTS = {
    "openai": {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150},
    "responses": {"input_tokens": 120, "output_tokens": 30, "total_tokens": 150},
    "anthropic": {"input_tokens": 20, "cache_read_input_tokens": 100, "output_tokens": 30},
    "gemini": {"promptTokenCount": 120, "candidatesTokenCount": 10, "thoughtsTokenCount": 20},
    "ollama": {"prompt_eval_count": 120, "eval_count": 30},
}


@pytest.mark.parametrize("wire", list(COUNTS))
@pytest.mark.parametrize("streamed", [True, False])
async def test_tokens_are_counted_as_the_provider_counts_them(wire: str, streamed: bool) -> None:
    async with provider_server(wire, Answer(usage=USAGE)) as server:
        body = (await ask(server, wire, streamed=streamed)).content

    counts = fold(wire, body, streamed=streamed).counts or {}
    assert {name: counts[name] for name in COUNTS[wire]} == COUNTS[wire]


SHAPES: dict[str, dict[str, Any]] = {
    "openai": {"error": {"message": "No.", "type": "server_error", "param": None, "code": None}},
    "llamacpp": {"error": {"code": 503, "message": "No.", "type": "unavailable_error"}},
    "anthropic": {"type": "error", "error": {"type": "overloaded_error", "message": "No."}},
    "gemini": {"error": {"code": 503, "message": "No.", "status": "UNAVAILABLE"}},
    "ollama": {"error": "No."},
}
SHAPES["responses"] = SHAPES["openai"]


@pytest.mark.parametrize("wire", list(WIRES))
async def test_an_error_has_the_providers_shape_and_the_next_answer_follows(wire: str) -> None:
    failing = Answer(status=503, error="No.", headers=(("Retry-After", "2"),))
    async with provider_server(wire, failing, Answer()) as server:
        failed, passed = await ask(server, wire), await ask(server, wire)

    assert (failed.status_code, failed.headers["retry-after"]) == (503, "2")
    assert {**failed.json(), **SHAPES[wire]} == failed.json()
    assert fold(wire, passed.content, streamed=True).text == "Once upon a time."
    assert server.requests[0].at < server.requests[1].at


MIDDLES = {
    "openai": (b'data: {"error": {"message": "The model', b"error: {"),
    "responses": (b"event: response.failed\n", b"event: error\n"),
    "anthropic": (b'event: error\ndata: {"type": "error", "error": {"type": "overloaded', b""),
    "gemini": (b'data: {"error": {"code": 503, "message": "The', b'[{"error": {"code": 503'),
    "ollama": (b'{"error": "The model is overloaded."}\n', b""),
}


@pytest.mark.parametrize("wire", list(MIDDLES))
@pytest.mark.parametrize("bare", [False, True])
async def test_an_error_in_the_middle_ends_the_answer(wire: str, bare: bool) -> None:
    answer = Answer(("Once ", Failure(bare=bare), "never"))
    async with provider_server(wire, answer) as server:
        streamed = (await ask(server, wire)).content
        whole = await ask(server, wire, streamed=False)

    assert (MIDDLES[wire][bare] or MIDDLES[wire][0]) in streamed
    assert b"Once " in streamed
    assert b"never" not in streamed
    assert b"[DONE]" not in streamed
    assert (whole.status_code, b"overloaded" in whole.content) == (503, True)


@pytest.mark.parametrize("wire", list(WIRES))
@pytest.mark.parametrize(
    ("cut", "end"),
    [
        ("end", "whole"),
        ("eof", "whole"),
        ("mid_body", "RemoteProtocolError"),
        ("reset", "ReadError"),
        ("garbage", "RemoteProtocolError"),
    ],
)
async def test_a_cut_answer_ends_where_it_was_cut_and_brings_what_came_before(
    wire: str, cut: Any, end: str
) -> None:
    frames = rendered(wire, Answer(STORY), "gemini-2.5-flash")
    async with provider_server(wire, Answer(STORY, cut=cut, cut_after=2)) as server:
        after, kind = await heard(server, wire)
    async with provider_server(wire, Answer(STORY, cut=cut, cut_at=50)) as server:
        at, _ = await heard(server, wire)

    assert kind == end
    assert (b"upon" in after, b"time" in after) == (True, False)
    assert after.count(b"\n") == b"".join(frames[:2]).count(b"\n")
    assert len(at) == 50


@pytest.mark.parametrize("wire", list(WIRES))
async def test_a_silent_answer_tells_when_it_holds_and_when_the_client_has_gone(wire: str) -> None:
    for hold_after in (-1, 0, 2, 99):
        async with (
            provider_server(wire, Answer(hold_after=hold_after)) as server,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(heard, server, wire)
            await server.holding.wait()
            assert not server.gone.is_set()
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True), anyio.fail_after(1):
                await server.gone.wait()


@pytest.mark.parametrize("wire", list(WIRES))
async def test_a_stalled_answer_goes_on_never_and_a_held_one_when_it_is_released(wire: str) -> None:
    stalled = Answer(STORY, cut="stall", cut_after=1)
    async with provider_server(wire, stalled) as server:
        with anyio.move_on_after(0.2) as scope:
            await heard(server, wire)
        assert scope.cancelled_caught
    async with provider_server(wire, Answer(STORY, hold_after=1)) as server:
        server.release.set()
        body, kind = await heard(server, wire)
    assert (fold(wire, body, streamed=True).text, kind) == ("".join(STORY), "whole")


@pytest.mark.parametrize("wire", list(WIRES))
async def test_a_broken_frame_is_no_json(wire: str) -> None:
    async with provider_server(wire, Answer(malformed_after=1)) as server:
        body, _ = await heard(server, wire)
        whole = await ask(server, wire, streamed=False)

    with pytest.raises(json.JSONDecodeError):
        fold(wire, body, streamed=True)
    with pytest.raises(json.JSONDecodeError):
        whole.json()


@pytest.mark.parametrize("wire", ["gemini", "ollama", "openai"])
async def test_calls_that_go_together_are_one_event(wire: str) -> None:
    for together, events in ((True, 1), (False, 2)):
        answer = Answer(SPOKEN["parallel calls"].calls, together=together)
        frames = rendered(wire, answer)
        assert len([frame for frame in frames if b"weather" in frame]) == events


def test_an_answer_that_a_wire_has_no_words_for_is_refused() -> None:
    with pytest.raises(ValueError, match="has no words for: content_filter"):
        WIRES["ollama"].dialects[0].fits(Answer(finish_reason="content_filter"))
