"""What fails is asked for again by the same rules on every wire."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import anyio
import pytest
from anyio.lowlevel import checkpoint

from tactus.events import AgentStreamChunkEvent, StepRestartedEvent
from tests.providers import Answer, Call, Failure, Thought
from tests.tactus.dspy.outcomes import WEATHER, outcome
from tests.tactus.dspy.speaking import SPEAKERS, scene

TEXT = "Once upon a time."
THRICE = {"retries": 2}


async def everywhere(check: Callable[[str, bool], Awaitable[None]]) -> None:
    """Check each wire, streamed and not, all at once: they only wait."""

    async def one(wire: str, whole: bool) -> None:
        try:
            await check(wire, whole)
        except Exception as error:
            error.add_note(f"on {wire}, {'whole' if whole else 'streamed'}")
            raise

    async with anyio.create_task_group() as tasks:
        for wire in SPEAKERS:
            for whole in (False, True):
                tasks.start_soon(one, wire, whole)


async def test_a_busy_provider_is_asked_again_when_it_says() -> None:
    async def check(wire: str, whole: bool) -> None:
        busy = Answer(status=429, headers=(("Retry-After", "1"),), error="Slow down.")
        async with scene(busy, Answer(), wire=wire, settings=THRICE, disable_streaming=whole) as it:
            came = await outcome(it)
            first, second = it.server.requests
            assert (came.ending, came.text, came.model_calls) == ("completed", TEXT, 1)
            assert 1.0 <= second.at - first.at < 3.0
            assert first.body == second.body
            assert it.attempts == [1, 2]

    await everywhere(check)


@pytest.mark.parametrize(
    ("status", "reason"), [(500, "server"), (503, "server"), (429, "rate_limit")]
)
async def test_three_requests_are_the_most_that_are_made(status: int, reason: str) -> None:
    async def check(wire: str, whole: bool) -> None:
        async with scene(
            Answer(status=status), wire=wire, settings=THRICE, disable_streaming=whole
        ) as it:
            came = await outcome(it)
            times = [request.at for request in it.server.requests]
            assert (came.ending, came.reason, len(times)) == ("failed", reason, 3)
            assert times[1] - times[0] >= 1
            assert times[2] - times[1] >= 2
            assert it.attempts == [1, 3]

    await everywhere(check)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=400), "invalid_request"),
        (Answer(status=401), "auth"),
        (Answer(status=403), "auth"),
        (Answer(status=404), "invalid_request"),
        (Answer(malformed_after=0), "malformed"),
        (Answer(cut="mid_body"), "truncated"),
    ],
)
async def test_what_another_request_cannot_help_is_not_asked_again(
    answer: Answer, reason: str
) -> None:
    async def check(wire: str, whole: bool) -> None:
        async with scene(answer, wire=wire, settings=THRICE, disable_streaming=whole) as it:
            came = await outcome(it)
            assert (came.reason, len(it.server.requests)) == (reason, 1)

    await everywhere(check)


@pytest.mark.parametrize("pieces", [("Once ",), (Thought("Hm. "),), ("Once ", Thought("hm. "))])
@pytest.mark.parametrize(
    ("torn", "ending", "reason"),
    [
        (Answer(cut="end"), "truncated", "truncated"),
        (Answer(cut="mid_body"), "truncated", "truncated"),
        (Answer(hold_after=-2, cut="reset"), "failed", "transport"),
        (Answer(pieces=(Failure(),)), "failed", "server"),
        (Answer(pieces=(Failure(status=429),)), "failed", "rate_limit"),
    ],
)
async def test_what_has_been_heard_is_not_asked_for_again_unless_the_agent_says_so(
    torn: Answer, ending: str, reason: str, pieces: tuple[str | Thought, ...]
) -> None:
    said = "".join(piece for piece in pieces if isinstance(piece, str))
    answer = replace(torn, pieces=(*pieces, *torn.pieces), cut_after=len(pieces))
    if torn.cut == "reset":
        answer = replace(answer, hold_after=len(pieces))

    async def check(wire: str, whole: bool) -> None:
        if whole or (wire == "ollama" and reason == "rate_limit"):
            return  # Ollama has no word for it in a stream
        for again in (False, True):
            async with (
                scene(answer, Answer(), wire=wire, settings=THRICE, retry_mid_stream=again) as it,
                anyio.create_task_group() as tasks,
            ):
                tasks.start_soon(release, it)
                came = await outcome(it)
                assert not it.server.breaches
                restarts = [e for e in it.events if isinstance(e, StepRestartedEvent)]
                if not again:
                    assert (came.ending, came.reason, came.text) == (ending, reason, said)
                    assert (len(it.server.requests), restarts) == (1, [])
                    continue
                assert (came.ending, came.response, came.text) == ("completed", TEXT, TEXT)
                assert it.shown == TEXT
                assert len(it.server.requests) == 2
                (restart,) = restarts
                assert (restart.reason, restart.attempt, restart.kept_length) == ("retry", 2, 0)
                assert came.model_calls == 2  # what was torn was paid for, too

    async def release(it: object) -> None:
        while not it.shown + it.thought:  # type: ignore[attr-defined]
            await checkpoint()
        it.server.release.set()  # type: ignore[attr-defined]

    await everywhere(check)


async def test_what_was_said_before_a_torn_model_call_stays() -> None:
    async def check(wire: str, whole: bool) -> None:
        if whole:
            return
        answers = (
            Answer(("I look.", Call("weather", {"city": "Oslo"}))),
            Answer(("It ", "snows", " hard."), cut="mid_body", cut_after=2),
            Answer(("It ", "rains.")),
        )
        async with scene(*answers, wire=wire, settings=THRICE, retry_mid_stream=True) as it:
            came = await outcome(it, (WEATHER,))
            assert (came.response, came.text) == ("It rains.", "I look.\n\nIt rains.")
            (restart,) = [e for e in it.events if isinstance(e, StepRestartedEvent)]
            at = it.events.index(restart)
            before = [e for e in it.events[:at] if isinstance(e, AgentStreamChunkEvent)]
            assert "".join(e.chunk_text for e in before) == "I look.\n\nIt snows"
            assert restart.kept_length == len("I look.")
            assert len(came.calls) == 1
            assert not it.server.breaches

    await everywhere(check)


@pytest.mark.parametrize(
    ("hold_after", "patience", "said"),
    [
        (-1, {"first": 0.3, "gap": 20}, ""),
        (0, {"first": 0.3, "gap": 20}, ""),
        (2, {"first": 20, "gap": 0.3}, "Once upon "),
    ],
)
async def test_silence_is_borne_as_long_as_the_agent_says(
    hold_after: int, patience: dict[str, float], said: str
) -> None:
    async def check(wire: str, whole: bool) -> None:
        if whole and hold_after > 0:
            return
        async with scene(
            Answer(hold_after=hold_after), wire=wire, timeout=patience, disable_streaming=whole
        ) as it:
            with anyio.fail_after(10):
                came = await outcome(it)
                assert (came.ending, came.reason, came.text) == ("failed", "timeout", said)
                await it.server.gone.wait()

    await everywhere(check)


@pytest.mark.parametrize("hold_after", [-1, 0, 2])
async def test_a_turn_that_is_cancelled_leaves_its_provider_within_a_second(
    hold_after: int,
) -> None:
    async def check(wire: str, whole: bool) -> None:
        expected = "" if whole or hold_after < 1 else "Once upon "
        async with scene(Answer(hold_after=hold_after), wire=wire, disable_streaming=whole) as it:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(it.agent.turn, "Speak.", turn_id="t"))
                await it.server.holding.wait()
                while it.shown != expected:
                    await checkpoint()
                tasks.cancel_scope.cancel()
            with anyio.fail_after(1):
                await it.server.gone.wait()
            assert it.stages == ["started", "stopped"]
            assert it.kinds[-2:] == ["cost", "stopped"]

    await everywhere(check)
