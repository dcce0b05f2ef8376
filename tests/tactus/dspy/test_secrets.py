"""Keys planted wherever a provider may repeat them: none comes out again."""

import json
import logging
import traceback
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tactus.dspy.redact import MASK
from tactus.errors import TurnError
from tactus.events import EVENT
from tests.providers import Answer, Failure, Refusal
from tests.providers.openai import body
from tests.tactus.dspy.outcomes import WEATHER
from tests.tactus.dspy.speaking import SPEAKERS, Scene, scene

WHOLE = pytest.mark.parametrize("whole", [False, True])
EVERYWHERE = pytest.mark.parametrize("wire", SPEAKERS)
CANARIES = {
    "OPENAI_API_KEY": "sk-canary/openai+0a1b==",
    "ANTHROPIC_API_KEY": 'sk-ant-canary/"2c3d"',
    "GEMINI_API_KEY": "AIza canary&gemini=4e5f",
    "LLAMACPP_API_KEY": "canary-llama-6071",
    "OLLAMA_API_KEY": "canary-ollama-8293",
    "GROQ_API_KEY": "canary-groq-a4b5",
}


def forms(secret: str) -> Iterator[str]:
    """How a key may look in an output."""
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield json.dumps(secret)[1:-1]
    yield b64encode(secret.encode()).decode().rstrip("=")


ALL = [form for secret in CANARIES.values() for form in forms(secret)]
TOLD = " ".join(ALL)


def leaked(*outputs: str) -> list[str]:
    return [form for form in ALL for output in outputs if form in output]


async def outputs(it: Scene, caplog: pytest.LogCaptureFixture) -> tuple[str, ...]:
    """Whatever comes out of a turn that fails."""
    with pytest.raises(TurnError) as raised:
        await it.agent.turn("Speak.", turn_id="t", tools=(WEATHER,))
    error = raised.value
    shown = "".join(traceback.format_exception(error, limit=None, chain=True))
    told = [EVENT.dump_json(event).decode() for event in it.events]
    logged = [record.getMessage() for record in caplog.records]
    return (
        shown,
        str(error),
        repr(error),
        error.message,
        repr(vars(error)),
        caplog.text,
        *told,
        *logged,
        repr(it.agent),
    )


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@WHOLE
@EVERYWHERE
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 429, 500, 503])
async def test_an_error_that_repeats_the_keys_is_told_without_them(
    status: int, wire: str, whole: bool, caplog: pytest.LogCaptureFixture
) -> None:
    answer = Answer(
        status=status, error=f"No: {TOLD}", headers=(("X-Key", CANARIES["OPENAI_API_KEY"]),)
    )
    async with scene(
        answer, wire=wire, settings={"secrets": CANARIES}, disable_streaming=whole
    ) as it:
        came = await outputs(it, caplog)

        assert leaked(*came) == []
        assert MASK in came[3]
        sent = json.dumps(it.server.requests[0].headers)
        if wire not in ("ollama", "llamacpp"):  # that the key went out at all
            assert any(json.dumps(key)[1:-1] in sent for key in CANARIES.values())


@WHOLE
@EVERYWHERE
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed_and_its_target_not_told(
    status: int, wire: str, whole: bool, caplog: pytest.LogCaptureFixture
) -> None:
    target = f"http://127.0.0.1:1/{quote(CANARIES['OPENAI_API_KEY'], safe='')}?key={TOLD[:20]}"
    answer = Answer(status=status, headers=(("Location", target),), error=target)
    async with scene(
        answer, wire=wire, settings={"secrets": CANARIES}, disable_streaming=whole
    ) as it:
        assert leaked(*await outputs(it, caplog)) == []
        assert len(it.server.requests) == 1


@EVERYWHERE
async def test_an_error_in_mid_stream_is_told_without_the_keys(
    wire: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = Answer(("Half ", Failure(f"No: {TOLD}")))
    async with scene(answer, wire=wire, settings={"secrets": CANARIES}) as it:
        assert leaked(*await outputs(it, caplog)) == []


@WHOLE
@pytest.mark.parametrize("wire", ["openai", "responses"])
async def test_a_refusal_is_told_without_the_keys(
    wire: str, whole: bool, caplog: pytest.LogCaptureFixture
) -> None:
    answer = Answer((Refusal("No: "), Refusal(TOLD)), finish_reason="refusal")
    async with scene(
        answer, wire=wire, settings={"secrets": CANARIES}, disable_streaming=whole
    ) as it:
        assert leaked(*await outputs(it, caplog)) == []


@WHOLE
@EVERYWHERE
@pytest.mark.parametrize(
    "answer",
    [
        body(f"<html>{TOLD}</html>".encode(), "text/html"),
        body(f"{TOLD}\n".encode(), "text/plain", 500),
        body(TOLD.encode(), None, 401),
        body(f"data: {TOLD}\n\n".encode(), "text/event-stream"),
        body(f'{{"error": {json.dumps(TOLD)}}}'.encode(), "application/json"),
        Answer(raw=f"HTTP/1.1 200 {TOLD}\r\n{TOLD}\r\n\r\n".encode()),
        Answer(raw=f"{TOLD}\r\n\r\n".encode()),
    ],
    ids=range(7),
)
async def test_what_is_no_answer_at_all_is_told_without_the_keys(
    answer: Answer, wire: str, whole: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene(
        answer, wire=wire, settings={"secrets": CANARIES}, disable_streaming=whole
    ) as it:
        assert leaked(*await outputs(it, caplog)) == []


async def test_a_key_in_the_address_is_told_by_nobody(caplog: pytest.LogCaptureFixture) -> None:
    for secret in CANARIES.values():
        base = {"openai": f"http://127.0.0.1:1/{quote(secret, safe='')}/v1"}
        given = {"secrets": CANARIES, "api_base": base}
        async with scene(settings=given) as it:
            assert leaked(*await outputs(it, caplog)) == []
