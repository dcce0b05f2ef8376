"""How a turn may end besides with its answer, on every wire."""

import json

import pytest

from tactus.errors import TurnError
from tests.providers import Answer, Call, Failure, Refusal, Search
from tests.providers.openai import body
from tests.tactus.dspy.outcomes import WEATHER, outcome
from tests.tactus.dspy.speaking import SPEAKERS, scene

OPENAI = ("openai", "responses", "ollama", "llamacpp")  # the wires with a word for refusals
WORDED = ("I ", "cannot ", "do that.")
WHOLE = pytest.mark.parametrize("whole", [False, True])


@WHOLE
@pytest.mark.parametrize("wire", OPENAI)
async def test_a_refusal_is_one_and_no_part_of_the_text(wire: str, whole: bool) -> None:
    refused = Answer(tuple(map(Refusal, WORDED)), finish_reason="refusal")
    async with scene(refused, Answer(), wire=wire, disable_streaming=whole) as it:
        with pytest.raises(TurnError, match=r"refused to answer: I cannot do that\.") as raised:
            await it.agent.turn("Speak.", turn_id="t")

        assert (raised.value.reason, raised.value.retryable) == ("refused", False)
        assert (it.stages, it.shown, raised.value.text) == (["started", "refused"], "", "")
        assert (await outcome(it.another())).ending == "completed"
        assert not it.server.breaches


@WHOLE
async def test_a_refusal_of_anthropic_is_one_and_keeps_its_words(whole: bool) -> None:
    refused = Answer(WORDED, finish_reason="refusal")
    async with scene(refused, wire="anthropic", disable_streaming=whole) as it:
        came = await outcome(it)
        assert (came.ending, came.text) == ("refused", "".join(WORDED))


@WHOLE
@pytest.mark.parametrize("wire", [wire for wire in SPEAKERS if wire != "anthropic"])
async def test_an_answer_that_is_filtered_is_blocked(wire: str, whole: bool) -> None:
    filtered = Answer(("Half ", "of it"), finish_reason="content_filter")
    async with scene(filtered, wire=wire, disable_streaming=whole) as it:
        came = await outcome(it)

        assert (came.ending, came.reason) == ("blocked", "blocked")
        if not (whole and wire == "gemini"):  # which then tells nothing of it
            assert came.text == "Half of it"


@WHOLE
@pytest.mark.parametrize("message", ["", "The answer was stopped."])
@pytest.mark.parametrize(
    ("finish", "ending", "reason"),
    [
        ("SAFETY", "blocked", "blocked"),
        ("RECITATION", "blocked", "blocked"),
        ("PROHIBITED_CONTENT", "blocked", "blocked"),
        ("MALFORMED_FUNCTION_CALL", "failed", "malformed"),
        ("UNEXPECTED_TOOL_CALL", "failed", "malformed"),
        ("OTHER", "failed", "server"),
    ],
)
async def test_geminis_words_for_an_end_are_told_apart(
    finish: str, ending: str, reason: str, message: str, whole: bool
) -> None:
    candidate: dict[str, object] = {"content": {"parts": [{"text": "Half"}], "role": "model"}}
    candidate |= {"finishReason": finish, "index": 0}
    candidate |= {"finishMessage": message} if message else {}
    frame = json.dumps({"candidates": [candidate]}).encode()
    answer = body(frame, "application/json")
    if not whole:
        answer = body(b"data: %b\r\n\r\n" % frame, "text/event-stream")
    async with scene(answer, wire="gemini", disable_streaming=whole) as it:
        came = await outcome(it)

        assert (came.ending, came.reason) == (ending, reason)


@WHOLE
async def test_a_prompt_that_is_blocked_has_no_answer(whole: bool) -> None:
    blocked = Answer((), finish_reason="prompt_blocked")
    async with scene(blocked, wire="gemini", disable_streaming=whole) as it:
        with pytest.raises(TurnError, match=r"gemini blocked the answer: .*SAFETY") as raised:
            await it.agent.turn("Speak.", turn_id="t")

        assert (raised.value.reason, it.stages) == ("blocked", ["started", "blocked"])


@pytest.mark.parametrize("wire", SPEAKERS)
@pytest.mark.parametrize("status", [429, 500, 503, 529])
async def test_an_error_in_mid_stream_keeps_the_text_and_the_providers_words(
    wire: str, status: int
) -> None:
    failing = Answer(("Half ", "of it", Failure("The model is tired.", status)))
    async with scene(failing, wire=wire, settings={"retries": 2}) as it:
        with pytest.raises(TurnError) as raised:
            await it.agent.turn("Speak.", turn_id="t")

        limited = status == 429 and wire != "ollama"  # which says the same for every refusal
        reason = "rate_limit" if limited else "invalid_request" if status == 429 else "server"
        assert raised.value.reason == reason
        assert raised.value.message.endswith(": The model is tired.")
        assert raised.value.text == it.shown == "Half of it"
        assert (it.stages, len(it.server.requests)) == (["started", "failed"], 1)


@pytest.mark.parametrize("write_size", [None, 1, 7])
@pytest.mark.parametrize("wire", ["openai", "responses", "gemini"])
async def test_an_error_in_an_odd_form_is_told_in_its_words(
    wire: str, write_size: int | None
) -> None:
    failing = Answer(("Half ", Failure("The model is tired.", bare=True)), write_size=write_size)
    async with scene(failing, wire=wire) as it:
        with pytest.raises(TurnError) as raised:
            await it.agent.turn("Speak.", turn_id="t")

        assert (raised.value.reason, raised.value.text) == ("server", "Half ")
        assert raised.value.message.endswith(": The model is tired.")


@WHOLE
@pytest.mark.parametrize("wire", ["openai", "gemini", "ollama", "llamacpp"])
async def test_of_several_choices_the_first_is_the_answer(wire: str, whole: bool) -> None:
    several = Answer(("Once ", "upon."), others=(("Never ", "more."), ("Ever ", "more.")))
    async with scene(several, wire=wire, disable_streaming=whole) as it:
        came = await outcome(it)

        assert (came.ending, came.text) == ("completed", "Once upon.")


@WHOLE
@pytest.mark.parametrize("wire", ["anthropic", "gemini", "responses"])
async def test_a_search_of_the_providers_own_is_no_call_of_ours(wire: str, whole: bool) -> None:
    searched = Answer(
        ("I look. ", Search("Oslo weather"), "Rain.", Call("weather", {"city": "Oslo"}))
    )
    async with scene(searched, Answer(("It rains.",)), wire=wire, disable_streaming=whole) as it:
        came = await outcome(it, (WEATHER,))

        assert came.text == "I look. Rain.\n\nIt rains."
        assert [name for name, *_ in came.calls] == ["weather"]
        assert not it.server.breaches


@WHOLE
async def test_a_turn_that_anthropic_pauses_is_not_taken_for_whole(whole: bool) -> None:
    paused = Answer(("I look. ", Search("Oslo weather")), finish_reason="pause_turn")
    async with scene(paused, wire="anthropic", disable_streaming=whole) as it:
        came = await outcome(it)

        assert (came.ending, came.text) == ("truncated", "I look. ")


@pytest.mark.parametrize("write_size", [None, 1, 7])
async def test_pings_are_passed_over(write_size: int | None) -> None:
    pinged = Answer(("Once ", "upon."), pings=True, write_size=write_size)
    async with scene(pinged, wire="anthropic") as it:
        assert (await outcome(it)).text == "Once upon."


@WHOLE
@pytest.mark.parametrize("wire", SPEAKERS)
async def test_an_answer_without_an_end_is_no_whole_one(wire: str, whole: bool) -> None:
    endless = Answer(("Once ", "upon."), finish_reason=None, done=False)
    async with scene(endless, wire=wire, disable_streaming=whole) as it:
        came = await outcome(it)

        if not whole:  # a body that is whole JSON says by that that it is whole
            assert (came.ending, came.text) == ("truncated", "Once upon.")


async def test_counts_alone_are_no_end_of_an_answer_of_gemini() -> None:
    said = {"content": {"parts": [{"text": "Half"}], "role": "model"}, "index": 0}
    frames = [{"candidates": [said]}, {"usageMetadata": {"promptTokenCount": 3}}]
    content = b"".join(b"data: %b\r\n\r\n" % json.dumps(frame).encode() for frame in frames)
    async with scene(body(content, "text/event-stream"), wire="gemini") as it:
        came = await outcome(it)

        assert (came.ending, came.text) == ("truncated", "Half")


@WHOLE
@pytest.mark.parametrize("wire", ["openai", "llamacpp"])
@pytest.mark.parametrize(
    ("finish", "ending", "reason"),
    [
        ("error", "failed", "server"),
        ("network_error", "failed", "server"),
        ("insufficient_system_resource", "failed", "server"),
        ("abort", "failed", "server"),
        ("sensitive", "blocked", "blocked"),
        ("eos", "completed", None),
    ],
)
async def test_the_words_for_an_end_that_servers_have_of_their_own_are_understood(
    finish: str, ending: str, reason: str | None, wire: str, whole: bool
) -> None:
    answer = Answer(("Half ", "of it"), finish_reason=finish)
    async with scene(answer, wire=wire, disable_streaming=whole) as it:
        came = await outcome(it)

        assert (came.ending, came.reason) == (ending, reason)
        if not whole or ending == "completed":
            assert came.text == "Half of it"
