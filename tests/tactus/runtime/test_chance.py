"""`random` and `uuid`."""

import uuid

import pytest

from tactus.errors import DefinitionError
from tests.tactus.runtime.journaled import Journaled

ALL = "return { random(), random(1000000), random(5, 7), uuid(), uuid(), math.random(1000000) }"


async def test_numbers_are_within_their_bounds() -> None:
    text = """
    local seen = {}
    for i = 1, 300 do
        local a, b, c = random(), random(3), random(-1, 1)
        assert(a >= 0 and a < 1 and math.type(a) == "float")
        assert(b >= 1 and b <= 3 and math.type(b) == "integer")
        assert(c >= -1 and c <= 1)
        seen[b] = true
    end
    return #seen
    """
    assert await Journaled(text).value() == 3


async def test_the_whole_range_of_integers_can_be_asked_for() -> None:
    text = "return math.type(random(math.mininteger, math.maxinteger))"
    assert await Journaled(text).value() == "integer"


async def test_a_uuid_is_one_and_no_two_are_alike() -> None:
    first, second = await Journaled("return { uuid(), uuid() }").value()
    assert uuid.UUID(first).version == 4
    assert first != second


async def test_they_need_no_record_and_are_the_same_when_the_run_is_repeated() -> None:
    ran = Journaled(ALL)
    first = await ran.value()
    assert ran.records == {}
    assert await ran.value() == first


async def test_another_run_has_others() -> None:
    ran = Journaled(ALL)
    first, second = await ran.value(run_id="r1"), await ran.value(run_id="r2")
    assert all(a != b for a, b in zip(first[3:], second[3:], strict=True))


async def test_they_do_not_close_the_load() -> None:
    text = 'local name = "a" .. random(3)\nagent(name, { model = "demo" })\nreturn name'
    assert (await Journaled(text).value())[0] == "a"


async def test_what_is_drawn_within_a_step_changes_nothing_behind_it() -> None:
    text = """
    local inside = step("draw", function() return { uuid(), random(1000000) } end)
    local again = step("draw", function() return { uuid(), random(1000000) } end)
    return { inside, again, uuid(), random(1000000) }
    """
    ran = Journaled(text)
    first = await ran.value()
    assert first[0] != first[1]
    assert await ran.value(ran.records) == first
    assert await ran.value({1: ran.records[1]}) == first  # the second step is done once more


async def test_branches_draw_the_same_whatever_their_timing() -> None:
    text = """
    local function branch(pause)
        return function()
            sleep(pause)
            local a = random(1000000)
            sleep(pause)
            return { a, uuid() }
        end
    end
    return Parallel { branch(%s), branch(%s) }
    """
    one = await Journaled(text % (0.001, 0.02)).value()
    other = await Journaled(text % (0.02, 0.001)).value()
    assert one == other


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("random(0)", "no number from 1 to 0"),
        ("random(3, 1)", "no number from 3 to 1"),
        ("random(1.5)", "takes whole numbers, 1.5 came"),
        ("random('x')", "takes whole numbers, x came"),
    ],
)
async def test_bounds_that_are_none_are_refused(call: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        await Journaled(call).value()
