"""`Parallel` and `race`."""

import time

import pytest

from tactus.errors import DefinitionError, LimitError, ProcedureError, TurnError
from tactus.events import AgentTurnEvent
from tests.tactus.runtime.journaled import Journaled

POET = 'poet = Agent { model = "openai/gpt-4o-mini" }\n'


async def test_the_results_come_in_the_order_of_the_functions() -> None:
    text = """
    return Parallel {
        function() sleep(0.02) return "a" end,
        function() return "b" end,
        function() sleep(0.01) return "c" end,
    }
    """
    assert await Journaled(text).value() == ["a", "b", "c"]


async def test_the_results_of_named_functions_come_under_their_names() -> None:
    text = "return Parallel { left = function() return 1 end, right = function() return 2 end }"
    assert await Journaled(text).value() == {"left": 1, "right": 2}


async def test_a_function_that_returns_nothing_leaves_a_hole() -> None:
    text = "local r = Parallel { function() end, function() return 2 end } return { r[1], r[2] }"
    assert await Journaled(text).value() == {2: 2}


async def test_nothing_side_by_side_is_nothing() -> None:
    assert await Journaled("return next(Parallel {}) == nil").value() is True


async def test_what_an_agent_said_is_still_a_result_of_a_turn() -> None:
    text = POET + 'local r = Parallel { function() return poet("hi") end } return tostring(r[1])'
    assert "hi" in await Journaled(text).value()


async def test_functions_run_at_the_same_time() -> None:
    text = """
    local f = function() sleep(0.2) end
    local before = now()
    Parallel { f, f, f, f, f, f, f, f, f, f }
    return now() - before
    """
    assert 0.2 <= await Journaled(text).value() < 1.5


async def test_branches_may_branch() -> None:
    text = """
    local function pair(a, b)
        return Parallel { function() sleep(0.01) return a end, function() return b end }
    end
    return Parallel { function() return pair(1, 2) end, function() return pair(3, 4) end }
    """
    assert await Journaled(text).value() == [[1, 2], [3, 4]]


async def test_an_error_ends_the_others_and_is_raised_with_its_own_line() -> None:
    text = """Parallel {
        function() sleep(1000) end,
        function()
            sleep(0.001)
            error("no ink")
        end,
    }"""
    began = time.monotonic()
    with pytest.raises(ProcedureError, match="no ink") as raised:
        await Journaled(text).value()
    assert raised.value.line == 5
    assert time.monotonic() - began < 5


async def test_a_failed_turn_in_a_branch_can_be_caught_and_names_its_line() -> None:
    text = """
    broken = Agent { model = "demo/error-400" }
    local ok, e = pcall(Parallel, {
        function() return broken("hello") end,
    })
    return { e.kind, e.line }
    """
    with_other = Journaled(text, model=None)
    assert await with_other.value() == ["turn", 4]


async def test_a_failed_turn_that_nothing_catches_is_the_error_of_the_run() -> None:
    text = """
    broken = Agent { model = "demo/error-400" }
    Parallel { function() broken("hello") end }
    """
    with pytest.raises(TurnError):
        await Journaled(text, model=None).value()


async def test_more_branches_than_the_limit_end_the_run_also_when_nested() -> None:
    text = """
    local function two() pcall(Parallel, { function() sleep(1) end, function() sleep(1) end }) end
    Parallel { two, two }
    """
    assert (await Journaled(text, limits={"branches": 6}).run()).status == "completed"
    with pytest.raises(LimitError) as raised:
        await Journaled(text, limits={"branches": 5}).value()
    assert raised.value.limit == "branches"


async def test_branches_that_have_ended_do_not_count_against_the_limit() -> None:
    text = """
    local f = function() return 1 end
    for _ = 1, 20 do Parallel { f, f } race { f, f } pcall(Parallel, { f, error }) end
    return "done"
    """
    assert await Journaled(text, limits={"branches": 2}).value() == "done"


@pytest.mark.parametrize("word", ["Parallel", "race"])
@pytest.mark.parametrize(
    ("given", "said"),
    [("nil", "takes a table of functions"), ("{ 1 }", "takes functions; 1 is a number")],
)
async def test_what_is_no_function_is_refused(word: str, given: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=f"{word} {said}"):
        await Journaled(f"{word}({given})").value()


async def test_a_race_returns_the_first_value_and_which_it_was() -> None:
    text = """
    local a, i = race { function() sleep(1000) end, function() return "quick" end }
    local b, name = race { slow = function() sleep(1000) end, fast = function() return 7 end }
    return { a, i, b, name }
    """
    assert await Journaled(text).value() == ["quick", 2, 7, "fast"]


async def test_the_losers_of_a_race_are_stopped_with_their_model_calls() -> None:
    text = (
        POET
        + """
    local closed
    local _, which = race {
        function()
            local guard <close> = setmetatable({}, { __close = function() closed = true end })
            return poet("a long story")
        end,
        function() sleep(0.05) return "quick" end,
    }
    sleep(0.01)
    return { which, closed }
    """
    )
    slow = {"tokens_per_second": 1, "time_to_first_token": 0}
    ran = Journaled(text, demo=slow)
    began = time.monotonic()
    assert await ran.value() == [2, True]
    assert time.monotonic() - began < 10
    stages = [event.stage for event in ran.events if isinstance(event, AgentTurnEvent)]
    assert stages == ["started", "stopped"]


async def test_the_error_of_the_first_of_a_race_is_raised() -> None:
    text = 'race { function() sleep(1000) end, function() error("lost") end }'
    with pytest.raises(ProcedureError, match="lost"):
        await Journaled(text).value()


async def test_a_race_of_nobody_is_refused() -> None:
    with pytest.raises(DefinitionError, match="at least one function"):
        await Journaled("race {}").value()


async def test_within_a_step_branches_are_a_part_of_it() -> None:
    text = """
    return step("both", function()
        local all = Parallel { function() sleep(0.01) return 1 end, function() return 2 end }
        local first, which = race { function() sleep(1000) end, function() return "x" end }
        local ok, e = pcall(race, { function() sleep(1000) end, function() error("y") end })
        return { all, first, which, ok }
    end)
    """
    ran = Journaled(text)
    assert await ran.value() == [[1, 2], "x", 2, False]
    assert ran.names == ["step:both"]
