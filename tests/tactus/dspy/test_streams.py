import sys
import threading
from functools import partial

import anyio
import pytest
from anyio.lowlevel import checkpoint

from tactus.definitions import AgentDefinition
from tactus.dspy.agent import Agent
from tactus.dspy.models import Model, Models
from tactus.events import AgentStreamChunkEvent, AgentTurnEvent, Event
from tactus.settings import Settings
from tests.providers.openai import Answer, Request, openai_server
from tests.tactus.dspy.speaking import scene

PIECES = (
    "Ünï",
    "cödé: ",
    "日本",
    "語 ",
    "👩‍🚀",
    "\n\n",
    "data: ",
    "\r\n",
    "\\u00e9",
    '"}',
    " end",
    "\u2028.",
)
TEXT = "".join(PIECES)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(PIECES),
        Answer(PIECES, write_size=1),
        Answer(PIECES, write_size=7),
        Answer(PIECES, line_end="\r\n"),
        Answer(PIECES, line_end="\r\n", write_size=1),
        Answer(PIECES, comment="keep-alive"),
        Answer(PIECES, comment="keep-alive", write_size=3),
        Answer(PIECES, before=b"\xef\xbb\xbf"),
        Answer(PIECES, before=b"\xef\xbb\xbf", write_size=1),
        Answer(PIECES, before=b": hello\n\nretry: 5\n\n"),
        Answer(PIECES, escape=True),
        Answer(PIECES, delay=0.001),
        Answer(PIECES, done=False),
        Answer(PIECES, finish_reason=None),
    ],
    ids=lambda answer: (
        f"{answer.write_size}-{answer.line_end!r}-{answer.comment}-{answer.before!r}"
    ),
)
async def test_text_is_exact_however_the_stream_is_cut(answer: Answer) -> None:
    async with scene(answer) as it:
        result = await it.agent.turn("Speak.", turn_id="t")

        assert result.text == it.shown == it.chunks[-1].accumulated_text == TEXT
        assert result.total_chunks == len(PIECES)


async def test_pieces_that_wait_together_become_few_events_and_are_all_counted() -> None:
    pieces = tuple(f"{number:05d}" for number in range(5_000))
    async with scene(Answer(pieces)) as it:
        result = await it.agent.turn("Count.", turn_id="t")

        assert result.text == "".join(pieces)
        assert result.total_chunks == sum(chunk.chunk_count for chunk in it.chunks) == 5_000
        assert len(it.chunks) < 500
        counted = 0
        for chunk in it.chunks:
            assert chunk.index == counted
            counted += chunk.chunk_count


async def test_a_piece_may_be_long() -> None:
    piece = "0123456789" * 50_000
    async with scene(Answer((piece, "end"))) as it:
        assert (await it.agent.turn("Speak.", turn_id="t")).text == piece + "end"


async def test_pieces_that_cannot_be_merged_are_all_told_in_order() -> None:
    pieces = tuple(f"{number:05d}" for number in range(1_000))
    async with scene(Answer(pieces, comment="between")) as it:
        result = await it.agent.turn("Count.", turn_id="t")

        assert result.text == it.shown == "".join(pieces)
        assert result.total_chunks == 1_000


async def test_turns_work_without_the_transport_that_merges(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tactus.dspy.transport", None)
    async with scene(Answer(PIECES)) as it:
        result = await it.agent.turn("Speak.", turn_id="t")

        assert result.text == it.shown == TEXT
        assert result.total_chunks == len(PIECES)


async def test_the_first_piece_goes_out_before_the_answer_is_whole() -> None:
    async with scene(Answer(hold_after=1)) as it, anyio.create_task_group() as tasks:
        done = anyio.Event()

        async def speak() -> None:
            await it.agent.turn("Tell a story.", turn_id="t")
            done.set()

        tasks.start_soon(speak)
        await it.server.holding.wait()
        while not it.chunks:
            await checkpoint()
        assert (it.shown, done.is_set()) == ("Once ", False)
        it.server.release.set()
        await done.wait()
        assert it.shown == "Once upon a time."


async def test_sixty_turns_at_once_do_not_mix() -> None:
    def echo(request: Request) -> Answer:
        word = request.body["messages"][-1]["content"]
        return Answer(tuple(f"{word}.{number} " for number in range(40)), delay=0.0005)

    async with openai_server(choose=echo) as server:
        settings = Settings(api_base={"openai": server.base_url}, secrets={"OPENAI_API_KEY": "k"})
        models = Models(settings)
        told: dict[str, list[Event]] = {}

        async def speak(name: str) -> None:
            events = told.setdefault(name, [])
            definition = AgentDefinition(name=name, provider="openai", model="gpt-4o-mini")
            agent = Agent(definition, models, settings, events.append)
            result = await agent.turn(name, turn_id=f"turn-{name}")
            chunks = [event for event in events if isinstance(event, AgentStreamChunkEvent)]
            expected = "".join(f"{name}.{number} " for number in range(40))
            assert result.text == "".join(chunk.chunk_text for chunk in chunks) == expected
            assert {chunk.turn_id for chunk in chunks} == {f"turn-{name}"}
            assert result.total_chunks == 40

        async with anyio.create_task_group() as tasks:
            for number in range(60):
                tasks.start_soon(speak, f"agent{number}")
        await models.aclose()
        assert len(told) == 60


async def test_turns_that_begin_together_have_one_model_made_in_one_thread() -> None:
    models = Models(Settings(secrets={"OPENAI_API_KEY": "k"}))
    made: list[Model] = []

    async def ask() -> None:
        made.append(await models.ready("openai", "gpt-4o-mini"))

    threads = threading.active_count()
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask)
    assert threading.active_count() <= threads + 1
    await models.aclose()
    assert len(made) == 20
    assert all(model is made[0] for model in made)


@pytest.mark.parametrize("hold_after", [0, 2])
async def test_cancelling_a_turn_closes_the_providers_connection(hold_after: int) -> None:
    async with scene(Answer(hold_after=hold_after)) as it, anyio.create_task_group() as tasks:
        tasks.start_soon(partial(it.agent.turn, "Tell a story.", turn_id="t"))
        await it.server.holding.wait()
        while len(it.shown) < hold_after * 5:
            await checkpoint()
        tasks.cancel_scope.cancel()
        with anyio.fail_after(1, shield=True):
            await it.server.gone.wait()
    assert it.kinds[-1] == "stopped"
    assert "failed" not in it.kinds


async def test_cancelling_a_turn_that_is_not_streamed_closes_the_connection_too() -> None:
    answer = Answer(hold_after=0)
    async with scene(answer, disable_streaming=True) as it, anyio.create_task_group() as tasks:
        tasks.start_soon(partial(it.agent.turn, "Tell a story.", turn_id="t"))
        await it.server.holding.wait()
        tasks.cancel_scope.cancel()
        with anyio.fail_after(1, shield=True):
            await it.server.gone.wait()
    assert it.kinds == ["started", "cost", "stopped"]


async def test_what_a_listener_raises_is_not_taken_for_the_models_failure() -> None:
    async with scene(Answer(hold_after=1)) as it:
        failure = OSError("the disk is full")

        def listen(event: Event) -> None:
            if isinstance(event, AgentStreamChunkEvent):
                raise failure
            it.events.append(event)

        it.agent._emit = listen
        with pytest.raises(OSError, match="the disk is full") as raised:
            await it.agent.turn("Tell a story.", turn_id="t")

        assert raised.value is failure
        assert [event.stage for event in it.events if isinstance(event, AgentTurnEvent)] == [
            "started",
            "failed",
        ]
        with anyio.fail_after(1):
            await it.server.gone.wait()
