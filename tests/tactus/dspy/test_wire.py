"""What servers answer that speak the chat dialect, only not as it is written down."""

import json
from typing import Any

import pytest

from tactus.dspy.agent import Usage
from tactus.errors import TurnError
from tests.providers.openai import USAGE, Answer, body, delta, stream
from tests.tactus.dspy.speaking import Scene, scene

WHOLE = {"model": "m", "choices": [{"message": {"content": "Well."}, "finish_reason": "stop"}]}
SSE = "text/event-stream"


async def failure(it: Scene) -> TurnError:
    with pytest.raises(TurnError) as raised:
        await it.agent.turn("Tell a story.", turn_id="t")
    return raised.value


@pytest.mark.parametrize("write_size", [None, 1])
@pytest.mark.parametrize(
    ("content", "kind", "named"),
    [
        (b"<html>Please log in.</html>", "text/html; charset=utf-8", "text/html"),
        (b"\r\n <!doctype html>", "text/html", "text/html"),
        (b"\xef\xbb\xbf<html>", None, "something"),
        (json.dumps(WHOLE).encode(), "application/json", "application/json"),
        (b"[1]", SSE, SSE),
        (b"{" * 100_000, "application/json", "application/json"),
    ],
)
async def test_what_is_no_stream_is_named_and_not_taken_for_one_that_broke_off(
    content: bytes, kind: str | None, named: str, write_size: int | None
) -> None:
    if write_size and len(content) > 1_000:
        write_size = 10_000
    async with scene(body(content, kind, write_size=write_size)) as it:
        error = await failure(it)

        assert error.reason == "malformed"
        assert error.message.endswith(f": it answered with {named}, not a stream")
        assert error.hint is not None
        assert "api_base" in error.hint


@pytest.mark.parametrize("kind", [None, "text/plain", "application/json"])
async def test_a_stream_is_taken_for_one_whatever_its_content_type(kind: str | None) -> None:
    content = b"".join(
        f"data: {json.dumps(frame)}\n\n".encode()
        for frame in (delta(content="Once "), delta(content="upon"), delta("stop"))
    )
    async with scene(body(b"\n\n" + content, kind)) as it:
        result = await it.agent.turn("Tell a story.", turn_id="t")

        assert (result.text, result.total_chunks) == ("Once upon", 2)


@pytest.mark.parametrize("disable_streaming", [False, True])
async def test_a_redirect_is_named_and_not_followed(disable_streaming: bool) -> None:
    answer = body(b"", None, 302)
    async with scene(answer, settings={"retries": 2}, disable_streaming=disable_streaming) as it:
        error = await failure(it)

        assert (error.reason, len(it.server.requests)) == ("malformed", 1)
        assert error.message.endswith(": it answered with a redirect (HTTP 302)")


@pytest.mark.parametrize("content", [b"", b"{}"])
@pytest.mark.parametrize("status", [429, 401])
async def test_a_refusal_without_words_is_told_without_dspys_advice(
    content: bytes, status: int
) -> None:
    async with scene(body(content, "application/json", status)) as it:
        error = await failure(it)

        assert error.reason == ("rate_limit" if status == 429 else "auth")
        assert "To fix" not in error.message
        assert not error.message.endswith(":")
        assert "gpt-4o-mini" not in error.message


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"message": "Sorry.", "type": "server_error", "code": 503}, "server"),
        ({"message": "Sorry.", "code": 529}, "server"),
        ({"message": "Sorry.", "code": "429"}, "rate_limit"),
        ({"message": "Sorry.", "code": 401}, "auth"),
        ({"message": "Sorry.", "type": "rate_limit_error"}, "rate_limit"),
        ({"message": "Sorry.", "type": "invalid_request_error"}, "invalid_request"),
        ({"message": "Sorry.", "type": "weather"}, "server"),
        ({"message": "Sorry."}, "server"),
        ("Sorry.", "server"),
    ],
)
async def test_an_error_within_a_stream_has_its_reason_and_the_providers_words(
    error: Any, reason: str
) -> None:
    async with scene(stream(delta(content="Once "), {"error": error})) as it:
        failed = await failure(it)

        assert (failed.reason, failed.text) == (reason, "Once ")
        assert failed.message.endswith(": Sorry.")


async def test_an_event_named_error_is_one() -> None:
    content = b'event: error\ndata: {"message": "Sorry."}\n\n'
    async with scene(body(content, SSE)) as it:
        error = await failure(it)

        assert (error.reason, error.message) == ("server", "openai failed: Sorry.")


async def test_an_error_in_place_of_a_stream_is_told_in_its_words() -> None:
    content = b'{"error": {"message": "Sorry.", "code": 503}}'
    async with scene(body(content, "application/json")) as it:
        error = await failure(it)

        assert (error.reason, error.message) == ("server", "openai failed: Sorry.")


@pytest.mark.parametrize("disable_streaming", [False, True])
@pytest.mark.parametrize(
    "usage",
    [
        {**USAGE, "prompt_tokens": "many"},
        {**USAGE, "completion_tokens": 2.5},
        {**USAGE, "prompt_tokens": -1},
        {**USAGE, "prompt_tokens_details": "none"},
        17,
    ],
)
async def test_a_usage_that_is_none_does_not_cost_the_answer(
    usage: Any, disable_streaming: bool
) -> None:
    async with scene(Answer(usage=usage), disable_streaming=disable_streaming) as it:
        result = await it.agent.turn("Tell a story.", turn_id="t")

        assert result.text == "Once upon a time."
        assert (result.usage, result.cost) == (Usage(), None)


@pytest.mark.parametrize("write_size", [None, 1])
async def test_a_streamed_refusal_is_one_and_has_its_words(write_size: int | None) -> None:
    frames = (
        delta(role="assistant", content="", refusal=None),
        delta(refusal="I cannot "),
        delta(refusal='do "that".'),
        delta("stop"),
    )
    async with scene(stream(*frames, write_size=write_size)) as it:
        error = await failure(it)

        assert (error.reason, error.retryable) == ("refused", False)
        assert error.message == 'gpt-4o-mini refused to answer: I cannot do "that".'
        assert it.kinds == ["started", "cost", "refused"]


def call(name: str) -> dict[str, Any]:
    function = {"name": name, "arguments": "{}"}
    return {"index": 0, "id": "c", "type": "function", "function": function}


@pytest.mark.parametrize("disable_streaming", [False, True])
async def test_a_call_of_a_tool_that_was_not_given_is_no_answer(disable_streaming: bool) -> None:
    message = {"message": {"tool_calls": [call("weather")]}, "finish_reason": "tool_calls"}
    whole = body(json.dumps({"model": "m", "choices": [message]}).encode(), "application/json")
    streamed = stream(delta(tool_calls=[call("weather")]), delta("tool_calls"))
    answer = whole if disable_streaming else streamed
    async with scene(answer, disable_streaming=disable_streaming) as it:
        error = await failure(it)

        assert error.reason == "unexpected"
        assert '"weather", which it was not given' in error.message


async def test_a_call_beside_text_is_left_out_of_the_conversation() -> None:
    talking = stream(delta(content="Well.", tool_calls=[call("weather")]), delta("tool_calls"))
    async with scene(talking, Answer()) as it:
        assert (await it.agent.turn("Hello.", turn_id="t")).text == "Well."
        await it.agent.turn("And?", turn_id="u")

        assert "tool_calls" not in it.server.requests[1].body["messages"][1]


async def test_the_last_marker_counts_however_it_is_cut() -> None:
    async with scene(Answer(finish_reason=None, write_size=1)) as it:
        assert (await it.agent.turn("Tell a story.", turn_id="t")).text == "Once upon a time."
