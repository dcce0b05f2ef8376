"""`step` and `Checkpoint`."""

import json

import pytest

from tactus.errors import DefinitionError, LimitError, ProcedureError, TurnError
from tactus.events import AgentTurnEvent, ErrorEvent, LogEvent
from tests.tactus.runtime.journaled import Journaled


@pytest.mark.parametrize("word", ["step", "Checkpoint"])
async def test_a_recorded_step_is_not_called_again(word: str) -> None:
    text = f"""
    local plan = {word}("plan", function() print("called") return {{ parts = {{ 1, 2 }} }} end)
    return plan
    """
    ran = Journaled(text)
    assert await ran.value() == {"parts": [1, 2]}
    assert [event for event in ran.events if isinstance(event, LogEvent)]
    assert ran.names == ["step:plan"]
    assert await ran.value(ran.records) == {"parts": [1, 2]}
    assert not [event for event in ran.events if isinstance(event, LogEvent)]


async def test_every_plain_value_is_the_same_when_it_is_recorded_and_replayed() -> None:
    text = """
    local v = step("all", function()
        return {
            1, 2.0, 9007199254740993, math.mininteger, true, "ü\\n", null,
            {}, Json.array{}, { a = {} },
        }
    end)
    return { Json.encode(v), math.type(v[2]), v[7] == null }
    """
    ran = Journaled(text)
    first = await ran.value()
    assert json.loads(first[0])[2:4] == [9007199254740993, -(2**63)]
    assert first[1:] == ["float", True]
    assert await ran.value(ran.records) == first


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("print", "is a function"),
        ("{ a = 0/0 }", "a: is nan"),
        ("{ [3] = 1 }", "3: stands under a number"),
    ],
)
async def test_what_cannot_be_recorded_is_refused_alike_on_a_replay(value: str, said: str) -> None:
    ran = Journaled(f'return tostring(select(2, pcall(step, "x", function() return {value} end)))')
    first = await ran.value()
    assert 'the step "x" returned what cannot be recorded' in first
    assert said in first
    assert await ran.value(ran.records) == first


async def test_an_error_of_the_function_is_recorded_with_its_place() -> None:
    text = """
    step("broken", function()
        error("no ink")
    end)
    """
    ran = Journaled(text)
    for records in ({}, ran.records):
        with pytest.raises(ProcedureError, match="no ink") as raised:
            await ran.value(records)
        assert raised.value.line == 3
        assert raised.value.traceback
        assert len([event for event in ran.events if isinstance(event, ErrorEvent)]) == 1


async def test_a_failed_turn_within_a_step_is_the_same_error_on_a_replay() -> None:
    text = """
    broken = Agent { model = "demo/error-400" }
    local ok, e = pcall(step, "say", function() return broken("hello").response end)
    if input.again then error(e) end
    return { e.kind, e.code, e.message, e.retryable, e.line, tostring(e) }
    """
    text = "input { again = field.boolean{default = false} }\n" + text
    ran = Journaled(text, model=None)
    first = await ran.value()
    assert first[:2] == ["turn", "turn.invalid_request"]
    assert await ran.value(ran.records) == first


async def test_a_turn_error_that_leaves_a_step_is_told_once() -> None:
    text = """
    broken = Agent { model = "demo/error-400" }
    step("say", function() return broken("hello").response end)
    """
    ran = Journaled(text, model=None)
    with pytest.raises(TurnError):
        await ran.value()
    assert len([event for event in ran.events if isinstance(event, ErrorEvent)]) == 1


async def test_what_turns_within_a_step_used_counts_on_a_replay_too() -> None:
    text = """
    poet = Agent { model = "openai/gpt-4o-mini" }
    local said = step("say", function() return { poet("one").response, poet("two").response } end)
    return { said, poet("three").response }
    """
    ran = Journaled(text)
    first = await ran.run()
    records = ran.records
    again = await ran.run({1: records[1]})
    assert again.value == first.value
    assert first.totals.turns == again.totals.turns == 3
    assert first.totals.input_tokens == again.totals.input_tokens
    assert first.totals.output_tokens is not None
    assert [event.turn_id for event in ran.events if isinstance(event, AgentTurnEvent)] == [
        "turn-1",
        "turn-1",
    ]

    limited = Journaled(text, limits={"turns": 2})
    with pytest.raises(LimitError, match="had its 2 turns"):
        await limited.value({1: records[1]})


async def test_a_conversation_within_a_step_ends_with_it_so_that_a_replay_is_alike() -> None:
    text = """
    poet = Agent { model = "openai/gpt-4o-mini" }
    poet("one")
    local within = step("say", function() poet("two") return poet("three").response end)
    return { within, poet("four").response }
    """
    ran = Journaled(text)
    within, behind = await ran.value()
    assert "message 2;" in within
    assert "message 2;" in behind
    assert await ran.value(ran.records) == [within, behind]


async def test_turns_within_a_step_have_ids_of_their_own() -> None:
    text = """
    poet = Agent { model = "openai/gpt-4o-mini" }
    step("a", function() return poet("one").response end)
    step("b", function() return poet("two").response end)
    poet("three")
    """
    ran = Journaled(text)
    await ran.value()
    told = [e.turn_id for e in ran.events if isinstance(e, AgentTurnEvent) and e.stage == "started"]
    assert told == ["turn-0-1.1", "turn-0-2.1", "turn-1"]


async def test_a_limit_within_a_step_is_not_recorded() -> None:
    text = """
    poet = Agent { model = "openai/gpt-4o-mini" }
    pcall(step, "say", function() poet("one") poet("two") end)
    return "not reached"
    """
    ran = Journaled(text, limits={"turns": 1})
    with pytest.raises(LimitError):
        await ran.value()
    assert ran.records == {}


async def test_a_step_within_a_step_is_a_part_of_it() -> None:
    text = """
    return step("outer", function()
        local ok, e = pcall(step, "broken", function() error("x") end)
        return { step("inner", function() return now() > 0 end), ok }
    end)
    """
    ran = Journaled(text)
    assert await ran.value() == [True, False]
    assert ran.names == ["step:outer"]


async def test_a_procedure_that_has_changed_is_told_so_and_cannot_catch_it() -> None:
    ran = Journaled('step("a", function() return 1 end)')
    await ran.value()
    changed = Journaled('pcall(step, "b", function() return 1 end) return "on"')
    result = await changed.run(ran.records)
    assert result.error is not None
    assert result.error.kind == "replay"
    assert "step 1 was recorded as step:a, but now step:b came" in str(result.error)


@pytest.mark.parametrize("call", ["step('a')", "step(function() end)", "step(1, print)"])
async def test_a_step_without_a_name_or_a_function_is_refused(call: str) -> None:
    with pytest.raises(DefinitionError, match="step takes a name and a function"):
        await Journaled(call).value()
