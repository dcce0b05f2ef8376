from typing import Any

import pytest

from tactus.errors import InputError, LimitError, OutputError, TurnError
from tactus.events import AgentStreamChunkEvent
from tests.providers.openai import Answer, openai_server
from tests.tactus.runtime.conftest import RunIt

SEED = """
storyteller = Agent {
    provider = "openai",
    model = "gpt-4o-mini",
    system_prompt = "You are a creative storyteller.",
}

output {
    story = field.string{description = "The generated story"},
}

local result = storyteller({message = "Write a short story"})
return { story = result.response }
"""


async def test_the_seed_streams_and_returns_its_story(run: RunIt) -> None:
    done = await run(SEED, model="demo")
    assert done.result.status == "completed"
    assert done.story == [
        "run_started",
        "agent_turn:started",
        "agent_stream_chunk",
        "cost",
        "agent_turn:completed",
        "validation",
        "run_finished",
    ]
    chunks = [event for event in done.events if isinstance(event, AgentStreamChunkEvent)]
    story = done.result.value["story"]
    assert "".join(chunk.chunk_text for chunk in chunks) == story
    assert chunks[-1].accumulated_text == story == done.only("cost").response
    assert [record.seq for record in done.records] == list(range(1, len(done.records) + 1))
    assert {record.run_id for record in done.records} == {done.result.run_id}
    assert done.result.totals.turns == 1
    assert [(step.name, step.status) for step in done.result.steps] == [
        ("storyteller", "completed")
    ]


async def test_disable_streaming_is_seen_in_the_events(run: RunIt) -> None:
    text = """
    agent("assistant", {
        system_prompt = "You are helpful",
        model = "openai/gpt-4o",
        disable_streaming = true,
    })
    local first = assistant{message = "Hello"}
    return { text = first.response }
    """
    done = await run(text, model="demo")
    assert done.story == [
        "run_started",
        "agent_turn:started",
        "cost",
        "agent_turn:completed",
        "run_finished",
    ]
    assert done.events[1].model_dump()["streaming"] is False
    assert done.only("cost").time_to_first_token_ms is None
    assert done.result.value["text"] == done.only("cost").response


async def test_without_a_listener_nothing_streams_and_the_result_is_the_same(run: RunIt) -> None:
    async with openai_server(Answer(("Once ", "upon"))) as server:
        settings: dict[str, Any] = {
            "api_base": {"openai": server.base_url},
            "secrets": {"OPENAI_API_KEY": "k"},
        }
        heard = await run(SEED, **settings)
        unheard = await run(SEED, listen=False, **settings)
    assert [request.body.get("stream", False) for request in server.requests] == [True, False]
    assert heard.result.value == unheard.result.value == {"story": "Once upon"}
    assert unheard.result.totals.input_tokens == heard.result.totals.input_tokens == 11


async def test_every_way_to_call_an_agent_is_a_turn_and_history_grows(run: RunIt) -> None:
    text = """
    a = Agent { model = "openai/gpt-4o-mini", system_prompt = "Be brief." }
    a("one")
    a{message = "two"}
    a.turn{message = "three"}
    a:turn("four")
    a()
    a.clear_history()
    a()
    return { ok = true }
    """
    async with openai_server(Answer(("fine",))) as server:
        done = await run(
            text, api_base={"openai": server.base_url}, secrets={"OPENAI_API_KEY": "k"}
        )
    assert done.result.error is None
    sent = [[m["content"] for m in request.body["messages"]] for request in server.requests]
    assert sent[0] == ["Be brief.", "one"]
    assert sent[1] == ["Be brief.", "one", "fine", "two"]
    assert [messages[-1] for messages in sent] == [
        "one",
        "two",
        "three",
        "four",
        "Continue.",
        "Begin.",
    ]
    assert sent[-1] == ["Be brief.", "Begin."]


async def test_a_result_has_everything_that_is_known_of_the_turn(run: RunIt) -> None:
    text = """
    a = Agent { model = "openai/gpt-4o-mini" }
    local r = a("hi")
    return {
        text = r.text, same = r.response == r.text, shown = tostring(r), joined = "> " .. r,
        usage = r.usage, cost = r.cost, model = r.model, provider = r.provider,
        finish = r.finish_reason, took = r.duration_ms >= r.time_to_first_token_ms,
    }
    """
    async with openai_server(Answer(("Hello",))) as server:
        done = await run(
            text, api_base={"openai": server.base_url}, secrets={"OPENAI_API_KEY": "k"}
        )
    assert done.result.error is None
    value = done.result.value
    assert value.pop("cost") == pytest.approx(11 * 0.15e-6 + 7 * 0.6e-6)
    assert value.pop("usage") == {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}
    assert value == {
        "text": "Hello",
        "same": True,
        "shown": "Hello",
        "joined": "> Hello",
        "model": "gpt-4o-mini",
        "provider": "openai",
        "finish": "stop",
        "took": True,
    }


FAULTS = {
    "a rate limit": (Answer(status=429, headers=(("Retry-After", "0"),)), "turn.rate_limit", ""),
    "a server error": (Answer(status=500, headers=(("Retry-After", "0"),)), "turn.server", ""),
    "a wrong key": (Answer(status=401, error="wrong key k-secret-1"), "turn.auth", ""),
    "a cut stream": (Answer(("Once ", "upon"), cut="eof", cut_after=1), "turn.truncated", "Once "),
    "a malformed line": (Answer(("Once ", "x"), malformed_after=1), "turn.malformed", "Once "),
    "an empty answer": (Answer(()), "turn.empty", ""),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_failed_turn_is_an_error_event_with_the_line_and_its_text(
    run: RunIt, fault: str
) -> None:
    answer, code, text = FAULTS[fault]
    async with openai_server(answer) as server:
        done = await run(
            SEED,
            api_base={"openai": server.base_url},
            secrets={"OPENAI_API_KEY": "k-secret-1"},
            retries=1,
        )
    error = done.only("error")
    assert (error.code, error.file, error.line) == (code, "story.lua", 12)
    assert error.excerpt.endswith('local result = storyteller({message = "Write a short story"})')
    assert isinstance(done.result.error, TurnError)
    assert done.result.error.text == text
    ending = "truncated" if code == "turn.truncated" else "failed"
    assert done.story[-3:] == [f"agent_turn:{ending}", "error", "run_finished"]
    assert "k-secret-1" not in "".join(str(record.flat()) for record in done.records)


async def test_silence_beyond_the_timeout_fails_the_turn(run: RunIt) -> None:
    text = SEED.replace('model = "gpt-4o-mini"', 'model = "gpt-4o-mini", timeout = 0.2')
    async with openai_server(Answer(("Once ", "upon"), hold_after=1)) as server:
        done = await run(
            text, api_base={"openai": server.base_url}, secrets={"OPENAI_API_KEY": "k"}, retries=0
        )
        await server.gone.wait()
    assert done.only("error").code == "turn.timeout"
    assert isinstance(done.result.error, TurnError)
    assert done.result.error.text == "Once "


async def test_a_failed_turn_can_be_caught_by_the_procedure(run: RunIt) -> None:
    text = """
    a = Agent { provider = "demo", model = "cut" }
    local ok, e = pcall(a, "Tell a story")
    return { ok = ok, kind = e.kind, code = e.code, retryable = e.retryable, text = #e.text > 0,
             shown = tostring(e) }
    """
    done = await run(text)
    assert done.result.status == "completed"
    value = done.result.value
    assert value.pop("shown").startswith("story.lua:3: ")
    assert value == {
        "ok": False,
        "kind": "turn",
        "code": "turn.truncated",
        "retryable": value["retryable"],
        "text": True,
    }
    assert done.only("error").code == "turn.truncated"


async def test_an_output_that_does_not_fit_names_the_fields_and_loses_nothing(run: RunIt) -> None:
    text = """
    output { story = field.string{}, words = field.integer{} }
    return { story = "Once", words = "many" }
    """
    done = await run(text)
    assert isinstance(done.result.error, OutputError)
    assert done.result.value == {"story": "Once", "words": "many"}
    assert done.only("validation").errors == ('words: must be an integer; "many" came',)
    assert done.only("run_finished").result == {"story": "Once", "words": "many"}
    assert done.result.status == "failed"


async def test_a_value_instead_of_a_table_does_not_fit_a_declared_output(run: RunIt) -> None:
    done = await run('output { story = field.string{} }\nreturn "Once"')
    assert isinstance(done.result.error, OutputError)
    assert done.result.value == "Once"
    assert "must return a table with story" in done.result.error.message


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("{ ratios = {1, 0/0} }", "ratios[2]: is nan, a number that JSON does not have"),
        ("{ f = print }", "f: is a function, which cannot leave the procedure"),
        ("1/0", "the value: is inf, a number that JSON does not have"),
    ],
)
async def test_a_value_that_json_does_not_have_is_no_result(
    run: RunIt, value: str, problem: str
) -> None:
    done = await run(f"return {value}")
    assert isinstance(done.result.error, OutputError)
    assert done.only("validation").errors == (problem,)


async def test_the_procedure_form_gets_its_inputs(run: RunIt) -> None:
    text = """
    Procedure {
        input = { name = field.string{}, times = field.integer{default = 2} },
        output = { text = field.string{} },
        function(input)
            return { text = string.rep(input.name, input.times) .. params.name }
        end,
    }
    """
    assert (await run(text, {"name": "ab"})).result.value == {"text": "ababab"}


async def test_a_missing_input_ends_the_run_before_any_turn(run: RunIt) -> None:
    done = await run('input { name = field.string{} }\na = Agent { provider = "demo" }\na("hi")')
    assert isinstance(done.result.error, InputError)
    assert done.story == ["run_started", "error", "run_finished"]
    assert "name: is required (string), nothing came" in done.only("error").message


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        ({"turns": 2}, "turns"),
        ({"max_tokens": 10}, "tokens"),
        ({"output": 100}, "output"),
        ({"requests": 2}, "requests"),
        ({"instructions": 10_000}, "instructions"),
    ],
)
async def test_a_limit_ends_the_run_and_cannot_be_caught(
    run: RunIt, limits: dict[str, int], limit: str
) -> None:
    text = """
    a = Agent { provider = "demo" }
    while true do
        pcall(a, "Write a story")
        pcall(print, "more and more")
    end
    """
    done = await run(text, limits=limits)
    assert isinstance(done.result.error, LimitError)
    assert done.result.error.limit == limit
    assert done.only("error").code == f"limit.{limit}"
    assert done.only("error").hint


async def test_the_limit_of_money_ends_the_run_with_the_exact_cost(run: RunIt) -> None:
    text = 'a = Agent { model = "openai/gpt-4o-mini" }\nwhile true do pcall(a, "more") end'
    async with openai_server(Answer(("Hello",))) as server:
        done = await run(
            text,
            api_base={"openai": server.base_url},
            secrets={"OPENAI_API_KEY": "k"},
            limits={"max_cost": 0.00001},
        )
    assert isinstance(done.result.error, LimitError)
    assert done.result.error.limit == "cost"
    assert len(server.requests) == done.result.totals.turns == 2
    assert done.result.totals.cost == pytest.approx(2 * (11 * 0.15e-6 + 7 * 0.6e-6))


async def test_a_limit_of_money_is_refused_where_the_price_is_unknown(run: RunIt) -> None:
    async with openai_server(Answer(("Hello",))) as server:
        done = await run(
            'a = Agent { model = "openai/my-own-model" }\na("hi")\na("again")',
            api_base={"openai": server.base_url},
            secrets={"OPENAI_API_KEY": "k"},
            limits={"max_cost": 1},
        )
    assert isinstance(done.result.error, LimitError)
    assert "price of openai/my-own-model is unknown" in done.result.error.message
    assert len(server.requests) == 1
    assert done.result.totals.cost is None


async def test_the_wall_time_of_a_run_is_limited(run: RunIt) -> None:
    done = await run(
        'a = Agent { provider = "demo", model = "silent" }\npcall(a, "hi")',
        limits={"timeout": 0.2},
    )
    assert isinstance(done.result.error, LimitError)
    assert done.result.error.limit == "time"
    assert "agent_turn:stopped" in done.story


async def test_the_wall_time_holds_while_the_procedure_computes(run: RunIt) -> None:
    done = await run(
        "local t = 0 for i = 1, 1e10 do t = t + i end",
        limits={"timeout": 0.2, "cpu": 30, "instructions": 10**12},
    )
    assert isinstance(done.result.error, LimitError)
    assert done.result.error.limit == "time"
    assert done.result.totals.duration_ms < 5_000


async def test_a_limit_of_tokens_is_refused_where_they_are_not_told(run: RunIt) -> None:
    async with openai_server(Answer(("Hello",), usage=None)) as server:
        done = await run(
            'a = Agent { model = "openai/gpt-4o-mini" }\nwhile true do pcall(a, "hi") end',
            api_base={"openai": server.base_url},
            secrets={"OPENAI_API_KEY": "k"},
            limits={"max_tokens": 1000},
        )
    assert isinstance(done.result.error, LimitError)
    assert "did not tell its tokens" in done.result.error.message
    assert len(server.requests) == 1


@pytest.mark.parametrize("listen", [True, False])
async def test_a_turn_that_failed_half_way_counts_with_an_estimate(
    run: RunIt, listen: bool
) -> None:
    text = """
    a = Agent { model = "openai/gpt-4o-mini" }
    pcall(a, {message = "hi", on_chunk = function() end})
    return { ok = true }
    """
    async with openai_server(Answer(("Once ", "upon"), cut="eof", cut_after=1)) as server:
        done = await run(
            text,
            listen=listen,
            api_base={"openai": server.base_url},
            secrets={"OPENAI_API_KEY": "k"},
        )
    assert done.result.status == "completed"
    totals = done.result.totals
    assert (totals.turns, totals.estimated) == (1, True)
    assert totals.cost
    assert totals.output_tokens


async def test_a_turn_that_was_refused_counts_and_costs_nothing(run: RunIt) -> None:
    text = 'a = Agent { model = "demo/error-401" }\npcall(a, "hi")\nreturn { ok = true }'
    totals = (await run(text)).result.totals
    assert (totals.turns, totals.cost, totals.input_tokens) == (1, 0, 0)


async def test_a_misspelt_input_of_the_procedure_form_is_an_error(run: RunIt) -> None:
    text = """
    Procedure {
        input = { topic = field.string{} },
        function(input) return { input.topc } end,
    }
    """
    done = await run(text, {"topic": "sea"})
    assert isinstance(done.result.error, InputError)
    assert 'Did you mean "topic"?' in done.result.error.message
    assert done.result.error.line == 4


async def test_a_missing_key_names_its_variable_and_the_demo(run: RunIt) -> None:
    done = await run(SEED)
    assert isinstance(done.result.error, TurnError)
    assert done.result.error.code == "turn.not_configured"
    said = f"{done.result.error} {done.result.error.hint}"
    assert "OPENAI_API_KEY" in said
    assert "demo" in said


async def test_a_declaration_after_the_first_turn_is_refused(run: RunIt) -> None:
    done = await run('a = Agent { provider = "demo" }\na("hi")\nb = Agent { provider = "demo" }')
    assert done.result.error is not None
    assert done.result.error.line == 3
    assert "Agent is declared after the first call" in done.result.error.message


async def test_a_procedure_cannot_choose_a_base_url(run: RunIt) -> None:
    done = await run('a = Agent { model = "openai/x", api_base = "http://127.0.0.1:1" }')
    assert done.result.error is not None
    assert 'has no option "api_base"' in done.result.error.message


async def test_state_is_kept_under_names_and_can_be_walked(run: RunIt) -> None:
    text = """
    State.b = 2
    State.set("a", 1)
    State.increment("b", 3)
    local seen = {}
    for name, value in pairs(State) do seen[#seen + 1] = name .. value end
    return { seen = seen, all = State.all(), missing = State.get("c", "none") }
    """
    assert (await run(text)).result.value == {
        "seen": ["a1", "b5"],
        "all": {"a": 1, "b": 5},
        "missing": "none",
    }


async def test_the_demo_in_place_of_a_demo_leaves_it_as_it_is(run: RunIt) -> None:
    done = await run('a = Agent { provider = "demo", model = "cut" }\na("hi")', model="demo")
    assert done.only("error").code == "turn.truncated"


async def test_random_numbers_are_those_of_the_run(run: RunIt) -> None:
    text = "local t = {} for i = 1, 5 do t[i] = math.random(1000000) end return t"
    first, second = await run(text), await run(text)
    assert first.result.value != second.result.value
