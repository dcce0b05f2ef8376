"""What could differ between two runs of the same procedure does not: a run can be replayed."""

import json
import os
import subprocess
import sys

import pytest

from tactus.errors import LimitError
from tactus.settings import Limits
from tests.tactus.lua.machines import run

SCRIPTS = {
    "pairs over text keys": """
        local t = {} for i = 1, 50 do t["key" .. (i * 7919) % 1000] = i end
        local order = {} for k in pairs(t) do order[#order + 1] = k end
        return order""",
    "pairs over a mixture": """
        local t = {[2.5] = 1, x = 2, [true] = 3, [-1] = 4, 5, 6, [100] = 7, [false] = 8, y = 9}
        local order = {} for k in pairs(t) do order[#order + 1] = tostring(k) end
        return order""",
    "next": """
        local t, order, k = {zeta = 1, alpha = 2, mid = 3, [1] = 4}, {}, nil
        repeat k = next(t, k) order[#order + 1] = tostring(k) until k == nil
        return order""",
    "tostring of tables and functions": """
        local t, f = {}, function() end
        return {tostring(t), tostring(f), tostring({}), tostring(t), ("%s"):format(f),
            tostring(coroutine.create(f)), tostring(setmetatable({}, {__name = "Named"}))}""",
    "random": """
        local r = {} for i = 1, 20 do r[i] = math.random(1000000) end
        r[21] = math.random() r[22] = math.random(0)
        return r""",
    "sort of equal elements": """
        local t = {} for i = 1, 300 do t[i] = {i % 5, i} end
        table.sort(t, function(a, b) return a[1] < b[1] end)
        local r = {} for i, v in ipairs(t) do r[i] = v[2] end
        return r""",
    "what leaves": """
        local t = {} for i = 1, 30 do t["k" .. (i * 31) % 97] = i end
        return t""",
    "an error text": "local ok, e = pcall(error, {}) return tostring(e)",
}
CHILD = """
import json, sys, anyio
from tests.tactus.lua.machines import run
async def all_of_them():
    return {name: await run(text, seed=7) for name, text in json.load(sys.stdin).items()}
print(json.dumps(anyio.run(all_of_them)))
"""


def in_a_fresh_process(hash_seed: str) -> str:
    made = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps(SCRIPTS),
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=50,
    )
    return made.stdout


def test_two_fresh_processes_come_to_the_same_results_in_the_same_order() -> None:
    first, second = in_a_fresh_process("1"), in_a_fresh_process("2")
    assert first == second
    assert len(json.loads(first)) == len(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS)
async def test_two_machines_of_a_process_come_to_the_same_result(script: str) -> None:
    assert json.dumps(await run(SCRIPTS[script], seed=3)) == json.dumps(
        await run(SCRIPTS[script], seed=3)
    )


async def test_another_seed_gives_other_random_numbers() -> None:
    assert await run(SCRIPTS["random"], seed=1) != await run(SCRIPTS["random"], seed=2)


async def test_a_negative_seed_is_a_seed() -> None:
    assert await run("return math.random(10) <= 10", seed=-1) is True


async def test_pairs_goes_through_the_sequence_then_numbers_texts_and_booleans() -> None:
    assert (
        await run("""
    local t = {b = 1, a = 1, [true] = 1, [false] = 1, [10] = 1, [-1] = 1, [0.5] = 1, "x", "y"}
    local order = {} for k in pairs(t) do order[#order + 1] = tostring(k) end
    return table.concat(order, " ")
    """)
        == "1 2 -1 0.5 10 a b false true"
    )


async def test_names_of_tables_are_counted_from_one_in_each_run() -> None:
    text = "local a, b = {}, {} return {tostring(b), tostring(a), tostring(b)}"
    assert await run(text) == ["table: 1", "table: 2", "table: 1"]


async def test_addresses_are_not_shown() -> None:
    said = await run("local ok, e = pcall(string.format, '%p', {}) return e")
    assert "addresses are not shown" in said


async def test_a_walk_that_was_left_does_not_hide_new_keys_from_the_next() -> None:
    text = """
    local t = {1, a = 1}
    local k = next(t) k = next(t, k)
    t.b = 2
    local seen = {}
    k = nil
    repeat k = next(t, k) seen[#seen + 1] = k until k == nil
    return seen
    """
    assert await run(text) == [1, "a", "b"]


async def test_changing_and_clearing_fields_while_walking_is_allowed() -> None:
    text = """
    local t, n = {}, 0
    for i = 1, 20 do t["k" .. i] = i t[i] = i end
    for k, v in pairs(t) do t[k] = nil n = n + 1 end
    for k, v in next, {a = 1, b = 2} do n = n + v end
    return {n, next(t) == nil}
    """
    assert await run(text) == [43, True]


async def test_the_instructions_that_a_run_may_use_end_at_the_same_place() -> None:
    told: list[list[object]] = []
    for _ in range(2):
        seen: list[object] = []
        with pytest.raises(LimitError):
            await run(
                "local i = 0 while true do i = i + 1 if i % 100 == 0 then tell(i) end end",
                limits=Limits(instructions=200_000),
                tell=seen.append,
            )
        told.append(seen)
    assert told[0] == told[1] != []
