"""A run that uses every word, broken off behind each of its records and repeated."""

import random
from pathlib import Path

import anyio
import pytest

from tactus.runtime.questions import Answer, Question
from tests.tactus.runtime.journaled import Journaled

ALL = """
local calls = 0
tool = Tool {
    description = "Counts",
    input = { word = field.string{} },
    function(args)
        calls = calls + 1
        sleep(random() / 100)
        return { n = #args.word, id = uuid() }
    end,
}
poet = Agent { model = "demo", tools = { tool } }
local critics = {} -- each branch has its own: what one had heard before would depend on the timing
for _, name in ipairs { "a", "b", "c" } do
    critics[name] = agent("critic_" .. name, { model = "demo" })
end
broken = Agent { model = "demo/error-400" }

local order = {}
local function branch(name, pause)
    return function()
        sleep(pause)
        order[name] = { random(1000), uuid() }
        local said = critics[name]("Branch " .. name).response
        return { name = name, said = #said, inner = Parallel {
            function() sleep(pause) return step("inner " .. name, function()
                return { random(1000), critics[name]("In a step, " .. name).response }
            end) end,
            function() return now() > 0 end,
        } }
    end
end

local all = Parallel { branch("a", 0.004), branch("b", 0.001), branch("c", 0.002) }
local winner, which = race {
    slow = function() sleep(3600) return "never" end,
    asks = function() return Human.input { message = "Who?", timeout = 3600 } end,
    fails = function() sleep(3600) error("never") end,
}
local spoken = poet("Count the words, please.")
local made = step("made", function()
    local ok, problem = pcall(broken, "hello")
    return { ok = ok, code = problem.code, id = uuid() }
end)
local ok, problem = pcall(step, "fails", function() error("no ink") end)
local ok2, problem2 = pcall(broken, "hello")
local child = run_procedure("child.lua", { n = random(9) })
local keys = {}
for key in pairs { zeta = 1, alpha = 2, mid = 3 } do keys[#keys + 1] = key end
return {
    all = all, order = order, winner = winner, which = which, calls = calls, made = made,
    spoken = spoken.response, tools = #spoken.tool_calls,
    problem = tostring(problem), problem2 = tostring(problem2), child = child, keys = keys,
    names = { tostring({}), tostring(print) }, dice = { random(), math.random(1000), uuid() },
    chosen = Human.choose { message = "Which?", options = { "x", "y" } },
    sure = Human.approve { message = "Sure?", timeout = 3600, default = false },
}
"""
CHILD = """
input { n = field.integer{} }
output { n = field.integer{}, id = field.string{}, said = field.string{} }
poet = Agent { model = "demo" }
sleep(0.001)
return { n = input.n, id = uuid(), said = poet("A line").response }
"""


class People:
    """Answer after a while that is another each time."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    async def ask(self, question: Question) -> Answer:
        for _ in range(self._dice.randrange(5)):
            await anyio.lowlevel.checkpoint()
        answers: dict[str, bool | str] = {"input": "Ada", "choose": "y", "approve": True}
        return Answer(answers[question.kind])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "child.lua").write_text(CHILD, encoding="utf-8")
    return tmp_path


def steps(ran: Journaled) -> list[str]:
    """Which steps were taken; how often was waited for the first of several, time says."""
    return sorted(name for name in ran.names if name != "first")


async def test_every_prefix_of_the_records_leads_to_the_same_result(folder: Path) -> None:
    ran = Journaled(ALL, folder=folder, questions=People(0), model=None)
    first = await ran.run(seed=1)
    assert first.error is None
    records, names = ran.records, steps(ran)
    assert first.value["which"] == "asks"
    assert first.value["calls"] == 1
    for kept in range(len(records) + 1):
        before = {at: record for at, record in records.items() if at <= kept}
        again = Journaled(ALL, folder=folder, questions=People(kept + 1), model=None)
        result = await again.run(before, seed=kept + 2)
        assert result.error is None, (kept, result.error)
        assert result.value == first.value, kept
        assert steps(again) == names, kept
        assert result.totals.turns == first.totals.turns, kept
        assert result.totals.output_tokens == first.totals.output_tokens, kept


async def test_in_worker_threads_it_is_the_same(folder: Path) -> None:
    ran = Journaled(ALL, folder=folder, questions=People(0), model=None)
    first = await ran.value(seed=1)
    limiter = anyio.CapacityLimiter(2)
    threaded = Journaled(ALL, folder=folder, questions=People(1), model=None, limiter=limiter)
    assert await threaded.value(seed=2) == first
    assert steps(threaded) == steps(ran)
    assert await threaded.value(ran.records) == first


async def test_the_whole_of_the_records_leads_to_no_new_one(folder: Path) -> None:
    ran = Journaled(ALL, folder=folder, questions=People(0), model=None)
    first = await ran.value(seed=1)
    records = ran.records
    nobody = Journaled(ALL, folder=folder, model=None)
    assert await nobody.value(records, seed=9) == first
    assert nobody.records == records
