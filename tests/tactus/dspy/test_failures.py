import traceback

import anyio
import pytest
from anyio.lowlevel import checkpoint

from tactus.errors import SettingsError, TurnError
from tactus.settings import Settings
from tests.providers.openai import Answer
from tests.tactus.dspy.speaking import KEY, Scene, scene

UNPAID = ("auth", "invalid_request", "rate_limit", "server", "transport")


async def failure(it: Scene) -> TurnError:
    with pytest.raises(TurnError) as raised:
        await it.agent.turn("Tell a story.", turn_id="t")
    return raised.value


async def release_when_shown(it: Scene) -> None:
    """Let the server go on as soon as the first text has been told."""
    while not it.shown:
        await checkpoint()
    it.server.release.set()


@pytest.mark.parametrize("disable_streaming", [False, True])
@pytest.mark.parametrize(
    ("answer", "reason", "retryable"),
    [
        (Answer(status=401, error="No such key."), "auth", False),
        (Answer(status=403), "auth", False),
        (Answer(status=400), "invalid_request", False),
        (Answer(status=404), "invalid_request", False),
        (Answer(status=429), "rate_limit", True),
        (Answer(status=500), "server", True),
        (Answer(status=503), "server", True),
        (Answer(pieces=()), "empty", True),
        (Answer(pieces=(), finish_reason="content_filter"), "blocked", False),
        (Answer(hold_after=0), "timeout", True),
        (Answer(cut="mid_body"), "truncated", True),
        (Answer(cut="reset"), "transport", True),
        (Answer(malformed_after=0), "malformed", False),
    ],
)
async def test_each_failure_has_its_reason_and_says_whether_to_try_again(
    answer: Answer, reason: str, retryable: bool, disable_streaming: bool
) -> None:
    timeout = 0.3 if reason == "timeout" else 20.0
    async with scene(answer, disable_streaming=disable_streaming, timeout=timeout) as it:
        error = await failure(it)

        assert (error.reason, error.retryable, error.text) == (reason, retryable, "")
        assert "\n" not in error.message
        ending = reason if reason in ("blocked", "truncated") else "failed"
        costs = [] if reason in UNPAID else ["cost"]  # what it cost is unknown, not nothing
        assert it.kinds == ["started", *costs, ending]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(cut="eof", cut_after=2), "truncated"),
        (Answer(cut="mid_body", cut_after=2), "truncated"),
        (Answer(cut="garbage", cut_after=2), "malformed"),
        (Answer(finish_reason=None, usage=None, done=False), "truncated"),
        (Answer(finish_reason=None, done=False), "truncated"),
        (Answer(malformed_after=2), "malformed"),
        (Answer(hold_after=2), "timeout"),
    ],
)
async def test_the_text_that_came_before_a_failure_is_kept(answer: Answer, reason: str) -> None:
    async with scene(answer, timeout=0.3 if reason == "timeout" else 20.0) as it:
        error = await failure(it)

        assert error.reason == reason
        assert error.text == it.shown
        assert error.text.startswith("Once upon ")
        ending = "truncated" if reason == "truncated" else "failed"
        assert it.kinds == ["started", "agent_stream_chunk", "cost", ending]


async def test_a_connection_that_is_reset_loses_no_text_and_is_not_tried_again() -> None:
    reset = Answer(hold_after=1, cut="reset", cut_after=1)
    async with scene(reset, Answer(), settings={"retries": 2}) as it:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(release_when_shown, it)
            error = await failure(it)

        assert (error.reason, error.text, it.shown) == ("transport", "Once ", "Once ")
        assert len(it.server.requests) == 1


async def test_a_connection_that_nobody_takes_is_a_transport_failure() -> None:
    nowhere = {"api_base": {"openai": "http://127.0.0.1:1/v1"}}
    async with scene(settings=nowhere) as it:
        error = await failure(it)

        assert (error.reason, error.retryable) == ("transport", True)
        assert error.hint is not None
        assert "api_base" in error.hint


async def test_an_agents_own_timeout_bounds_the_silence_between_tokens() -> None:
    slow = Answer(tuple(f"{number} " for number in range(10)), delay=0.1)
    async with scene(slow, timeout=0.8) as it:
        result = await it.agent.turn("Count.", turn_id="t")

        assert result.total_chunks == 10
        assert result.duration_ms > 800  # longer than the timeout, never silent for so long


@pytest.mark.parametrize("status", [429, 500])
@pytest.mark.parametrize("disable_streaming", [False, True])
async def test_a_refused_request_is_tried_again_after_the_time_asked_for(
    status: int, disable_streaming: bool
) -> None:
    refusal = Answer(status=status, headers=(("Retry-After", "0"),))
    answers = (refusal, refusal, Answer())
    async with scene(*answers, settings={"retries": 2}, disable_streaming=disable_streaming) as it:
        result = await it.agent.turn("Tell a story.", turn_id="t")

        assert result.text == "Once upon a time."
        assert len(it.server.requests) == 3
        assert it.kinds[0] == "started"
        assert it.kinds.count("started") == it.kinds.count("completed") == 1
        assert it.attempts == [1, 3]


async def test_no_more_requests_are_made_than_the_settings_allow() -> None:
    refusal = Answer(status=503, headers=(("Retry-After", "0"),))
    async with scene(refusal, settings={"retries": 1}) as it:
        assert (await failure(it)).reason == "server"
        assert len(it.server.requests) == 2
        assert it.attempts == [1, 2]


async def test_a_provider_that_asks_for_more_patience_than_there_is_fails_at_once() -> None:
    refusal = Answer(status=429, headers=(("Retry-After", "3600"),))
    async with scene(refusal, settings={"retries": 2}) as it:
        assert (await failure(it)).reason == "rate_limit"
        assert len(it.server.requests) == 1


async def test_a_refused_key_is_not_tried_again() -> None:
    async with scene(Answer(status=401), Answer(), settings={"retries": 2}) as it:
        assert (await failure(it)).reason == "auth"
        assert len(it.server.requests) == 1


@pytest.mark.parametrize("disable_streaming", [False, True])
async def test_a_key_that_a_provider_echoes_is_nowhere_to_be_seen(disable_streaming: bool) -> None:
    echo = Answer(status=401, error=f"Incorrect API key provided: {KEY}.\nSee https://x?k={KEY}")
    async with scene(echo, disable_streaming=disable_streaming) as it:
        error = await failure(it)

        assert error.message == "openai refused the key: Incorrect API key provided: [hidden]."
        seen = "".join(traceback.format_exception(error)) + repr(it.events) + str(vars(error))
        assert KEY not in seen


@pytest.mark.parametrize(
    "echo", ["http://me:hunter2@host/v1", "me:hunter2@host:80", "//me:hunter2@h"]
)
async def test_a_password_in_an_address_is_nowhere_to_be_seen(echo: str) -> None:
    async with scene(Answer(status=502, error=f"Cannot reach {echo} now.")) as it:
        error = await failure(it)

        assert "hunter2" not in error.message
        assert error.message.startswith("openai failed: Cannot reach ")


async def test_an_object_of_python_is_not_shown() -> None:
    said = "Cannot connect to host x:443 ssl:<ssl.SSLContext object at 0x7f1b2c> [No such name]"
    async with scene(Answer(status=502, error=said)) as it:
        error = await failure(it)

        assert error.message == "openai failed: Cannot connect to host x:443 [No such name]"


async def test_a_message_that_cannot_be_sent_is_an_invalid_request() -> None:
    async with scene() as it:
        with pytest.raises(TurnError, match="lone surrogate") as raised:
            await it.agent.turn("\ud800", turn_id="t")

        assert raised.value.reason == "invalid_request"
        assert it.kinds == ["started", "failed"]
        assert not it.server.requests


async def test_a_missing_key_names_its_variable_and_the_demo() -> None:
    async with scene(settings={"secrets": {}, "api_base": {}}) as it:
        error = await failure(it)

        assert error.reason == "not_configured"
        assert error.hint is not None
        assert "OPENAI_API_KEY" in error.hint
        assert "demo" in error.hint
        assert it.kinds == ["started", "failed"]


async def test_an_unknown_provider_names_the_nearest() -> None:
    async with scene(provider="opnai") as it:
        with pytest.raises(SettingsError, match='no provider "opnai"') as raised:
            await it.agent.turn("Hello.", turn_id="t")

        assert raised.value.hint is not None
        assert '"openai"' in raised.value.hint


def test_settings_never_show_a_key() -> None:
    assert KEY not in repr(Settings(secrets={"OPENAI_API_KEY": KEY}))
