"""The demo model, through `dspy.LM` as the agent uses it."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import dspy
import pytest
from dspy.lm15 import Config, FunctionTool, Message, Request, Response

from tactus.dspy.demo import demo_engines
from tactus.dspy.demo_text import NOTICE
from tactus.settings import DemoSettings

INSTANT = DemoSettings(tokens_per_second=1_000_000, time_to_first_token=0)


@dataclass
class Heard:
    response: Response
    pieces: list[str]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.response.message.parts if part.type == "text")


async def ask(
    *messages: str | Message,
    model: str = "demo",
    system: str | None = None,
    settings: DemoSettings = INSTANT,
    streamed: bool = True,
    tools: Sequence[FunctionTool] = (),
    **config: Any,
) -> Heard:
    engine, async_engine = demo_engines(settings)
    lm = dspy.LM(
        f"demo/{model}", engine=engine, async_engine=async_engine, cache=False, num_retries=0
    )
    request = Request(
        model=lm.model,
        system=system,
        messages=tuple(Message.user(m) if isinstance(m, str) else m for m in messages),
        tools=tuple(tools),
        config=Config(**config),
    )
    pieces: list[str] = []
    if not streamed:
        return Heard(await lm.acall(request), pieces)
    send, receive = anyio.create_memory_object_stream[Any](100_000)
    async with send, receive:
        try:
            with dspy.context(send_stream=send):
                response = await lm.acall(request)
        finally:
            while receive.statistics().current_buffer_used:
                chunk = receive.receive_nowait()
                pieces.append(getattr(chunk.choices[0].delta, "content", None) or "")
    return Heard(response, pieces)


async def test_a_story_arrives_word_by_word_and_says_that_it_is_a_demo() -> None:
    heard = await ask(
        "Write a short story about a heron.", system="You are a creative storyteller."
    )
    assert heard.text.startswith(NOTICE)
    assert "a heron" in heard.text
    assert len(heard.text.split()) > 80
    assert "".join(heard.pieces) == heard.text
    assert max(len(piece.split()) for piece in heard.pieces) == 1


@pytest.mark.parametrize(
    "message",
    ["Write a short story", "Hello!", "What is this?", "Answer in JSON", "Summarize: a b."],
)
async def test_streamed_and_whole_answers_are_the_same(message: str) -> None:
    streamed = await ask(message)
    whole = await ask(message, streamed=False)
    assert streamed.text == whole.text
    assert streamed.response.usage == whole.response.usage
    assert streamed.response.finish_reason == whole.response.finish_reason == "stop"


async def test_the_same_prompt_gets_the_same_text_and_another_prompt_another() -> None:
    first = await ask("Write a story about rain.")
    again = await ask("Write a story about rain.")
    other = await ask("Write a story about snow.")
    assert first.text == again.text != other.text


async def test_usage_counts_words_in_and_out() -> None:
    heard = await ask("one two three", model="echo", system="four five")
    usage = heard.response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (5, 3, 8)


async def test_max_tokens_cuts_the_text_and_says_so() -> None:
    heard = await ask("one two three four", model="echo", max_tokens=2)
    assert heard.text == "one two"
    assert heard.response.finish_reason == "length"
    assert heard.response.usage.output_tokens == 2


async def test_an_echo_keeps_every_space_and_line() -> None:
    text = "  zwei\n\n\tdrei — 🦊 \n"
    heard = await ask(text, model="echo")
    assert heard.text == "".join(heard.pieces) == text


async def test_a_conversation_is_remembered() -> None:
    heard = await ask(
        "My name is Ada.", Message.assistant("Noted."), "What is my name?", system="Be helpful."
    )
    assert "Ada" in heard.text
    for question in ("And coffee.", "What did I say earlier?"):
        heard = await ask("I like tea.", Message.assistant("Noted."), question)
        assert "I like tea." in heard.text


async def test_the_system_prompt_makes_a_pipeline_of_answers() -> None:
    greeting = await ask("Hello! I want to learn.", system="You are a friendly greeter.")
    analysis = await ask(greeting.text, system="You analyze texts.")
    summary = await ask(analysis.text, system="You summarize texts.")
    assert "## Analysis" in analysis.text
    assert "Verdict" not in summary.text
    assert len(summary.text) < len(analysis.text)
    assert summary.text.count(NOTICE) == 1


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ('Reply with JSON like {"name": "...", "age": 3}', {"name": str, "age": int}),
        ("Answer in JSON with the keys title, tags and rating.", {"title": str, "tags": list}),
    ],
)
async def test_json_is_given_when_it_is_asked_for(message: str, fields: Mapping[str, type]) -> None:
    answer = json.loads((await ask(message)).text)
    assert {name: type(answer[name]) for name in fields} == fields
    assert NOTICE in answer.values()


async def test_a_response_schema_is_kept() -> None:
    schema = {
        "type": "object",
        "properties": {
            "mood": {"enum": ["good", "bad"]},
            "score": {"type": "number", "minimum": 3, "maximum": 3},
            "sure": {"type": "boolean"},
            "notes": {"type": "array", "items": {"type": "string"}},
        },
    }
    response_format = {"type": "json_schema", "name": "answer", "schema": schema}
    answer = json.loads("".join((await ask("How was it?", response_format=response_format)).pieces))
    assert answer["mood"] in ("good", "bad")
    assert answer["score"] == 3
    assert isinstance(answer["sure"], bool)
    assert answer["notes"][0] != answer["notes"][1]


async def test_a_tool_is_called_and_its_result_spoken_of() -> None:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    weather = FunctionTool("weather", parameters=parameters)
    first = await ask("Lisbon", model="tools", tools=[weather])
    call = first.response.message.parts[0]
    assert first.response.finish_reason == "tool_call"
    assert call.type == "tool_call"
    assert (call.name, call.input) == ("weather", {"city": "Lisbon"})
    last = await ask(
        "Lisbon",
        first.response.message,
        Message.tool(call.id, "sunny"),
        model="tools",
        tools=[weather],
    )
    assert "sunny" in last.text


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("trait", "status"), [("error-429", 429), ("error-500", 500), ("error-401", 401)]
)
async def test_a_status_is_failed_with_on_request(trait: str, status: int, streamed: bool) -> None:
    with pytest.raises(dspy.LMError) as raised:
        await ask("Hello", model=trait, streamed=streamed)
    assert getattr(raised.value, "status", None) == status


async def test_a_cut_stream_ends_without_success() -> None:
    engine, async_engine = demo_engines(INSTANT)
    del engine
    request = Request(model="demo/x", messages=(Message.user("please demo/cut this story"),))
    events = [event async for event in async_engine.stream(request)]
    assert [event.type for event in events[:2]] == ["start", "delta"]
    assert "end" not in {event.type for event in events}
    with pytest.raises(dspy.LMError):
        await ask("please demo/cut this story", streamed=False)


async def test_an_empty_answer_has_no_text() -> None:
    heard = await ask("Hello", model="empty")
    assert heard.text == ""
    assert heard.response.usage.output_tokens == 0


async def test_a_silent_model_can_be_cancelled() -> None:
    with anyio.move_on_after(0.05) as scope:
        await ask("Hello", model="silent")
    assert scope.cancelled_caught


async def test_the_pace_is_the_settings() -> None:
    settings = DemoSettings(tokens_per_second=100, time_to_first_token=0.05)
    began = anyio.current_time()
    await ask("one two three four five six", model="echo", settings=settings)
    assert anyio.current_time() - began >= 0.05 + 5 * 0.01 - 0.002


def test_the_plain_engine_says_what_the_async_one_says() -> None:
    engine, _ = demo_engines(INSTANT)
    request = Request(model="demo/x", messages=(Message.user("Tell me a story"),))
    pieces = [event.delta.text for event in engine.stream(request) if event.type == "delta"]
    assert "".join(pieces) == engine.complete(request).message.text
    engine.close()


def test_the_demo_imports_neither_litellm_nor_a_tokenizer() -> None:
    code = (
        "import sys; from tactus.dspy.demo import demo_engines;"
        "print([m for m in ('litellm', 'openai', 'tiktoken', 'tokenizers') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
