"""Strands go on in the order of their records."""

import random
from collections.abc import Awaitable, Callable

import anyio
import pytest

from tactus.engine.inline import InlineJournal
from tactus.engine.strands import Strands
from tactus.errors import ReplayError

Pause = Callable[[], Awaitable[None]]


async def story(strands: Strands, pause: Pause, done: list[str]) -> list[object]:
    """Three strands of steps, each of which depends on the order in which all of them went on."""
    order: list[str] = []

    async def strand(name: str) -> list[str]:
        said = []
        for number in range(3):

            async def body(what: str = f"{name}{number}") -> str:
                await pause()
                done.append(what)
                return what

            said.append(await strands.step(f"say:{name}{number}:{len(order)}", body))
            order.append(name)
        return said

    async def main() -> list[object]:
        return [await strands.together([lambda n=n: strand(n) for n in "abc"]), order]  # type: ignore[misc]

    result: list[object] = await strands.run(main)
    return result


def at_random(seed: int) -> Pause:
    dice = random.Random(seed)

    async def pause() -> None:
        for _ in range(dice.randrange(12)):
            await anyio.lowlevel.checkpoint()

    return pause


@pytest.mark.parametrize("seed", range(20))
async def test_a_replay_repeats_the_order_of_the_strands_whatever_its_timing(seed: int) -> None:
    journal, first = InlineJournal(), list[str]()
    result = await story(Strands(journal), at_random(seed), first)

    again = list[str]()
    for kept in range(len(journal.records) + 1):  # the run broke off behind so many records
        records = {at: one for at, one in journal.records.items() if at <= kept}
        replayed = await story(Strands(InlineJournal(dict(records))), at_random(seed + 1), again)
        if kept == len(journal.records):
            assert replayed == result
    assert len(first) == 9


async def test_no_recorded_step_runs_again() -> None:
    journal, first, again = InlineJournal(), list[str](), list[str]()
    result = await story(Strands(journal), at_random(1), first)

    replayed = await story(Strands(InlineJournal(dict(journal.records))), at_random(2), again)

    assert replayed == result
    assert again == []


async def test_another_procedure_on_the_same_records_is_told_apart() -> None:
    journal = InlineJournal()

    async def one() -> None:
        await strands.step("greet#1", said)

    async def other() -> None:
        await strands.step("greet#2", said)

    async def said() -> str:
        return "hello"

    strands = Strands(journal)
    await strands.run(one)
    strands = Strands(InlineJournal(dict(journal.records)))
    with pytest.raises(ReplayError, match="step 1 was recorded as greet#1, but now greet#2 came"):
        await strands.run(other)


async def test_the_first_of_a_race_ends_the_others() -> None:
    ended = list[str]()
    never = anyio.Event()

    async def slow() -> str:
        try:
            await strands.step("slow", wait_for_ever)
        finally:
            ended.append("slow")
        return "slow"

    async def quick() -> str:
        return str(await strands.step("quick", at_once))

    async def wait_for_ever() -> None:
        await never.wait()

    async def at_once() -> str:
        return "quick"

    async def main() -> object:
        return await strands.race([slow, quick])

    strands = Strands(InlineJournal())
    assert await strands.run(main) == (1, "quick")
    assert ended == ["slow"]


async def test_a_strand_that_fails_ends_the_others_and_its_error_is_raised() -> None:
    never = anyio.Event()

    async def slow() -> None:
        await strands.step("slow", never.wait)

    async def broken() -> None:
        raise ValueError("no")

    async def main() -> object:
        with pytest.raises(ValueError, match="no"):
            await strands.together([slow, broken])
        return await strands.together([])

    strands = Strands(InlineJournal())
    assert await strands.run(main) == []


async def test_a_step_within_a_step_is_a_part_of_it() -> None:
    journal = InlineJournal()

    async def inner() -> str:
        return "in"

    async def outer() -> str:
        return f"out of {await strands.step('inner', inner)}"

    async def main() -> object:
        return await strands.step("outer", outer)

    strands = Strands(journal)
    assert await strands.run(main) == "out of in"
    assert [record.name for record in journal.records.values()] == ["outer"]


async def test_stopping_the_run_ends_every_strand_and_step() -> None:
    never, waiting = anyio.Event(), anyio.Event()

    async def wait() -> None:
        waiting.set()
        await never.wait()

    async def one() -> None:
        await strands.step("wait", wait)

    async def main() -> None:
        await strands.together([one, one])

    strands = Strands(InlineJournal())
    with anyio.fail_after(5), anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(strands.run, main)
            await waiting.wait()
            scope.cancel()
    assert scope.cancelled_caught


async def test_a_step_that_is_called_off_within_its_strand_ends_and_the_strand_goes_on() -> None:
    never, waiting, ended = anyio.Event(), anyio.Event(), list[str]()

    async def wait() -> None:
        waiting.set()
        try:
            await never.wait()
        finally:
            ended.append("step")

    async def at_once() -> str:
        return "quick"

    async def main() -> object:
        async with anyio.create_task_group() as tasks:

            async def call_off() -> None:
                await waiting.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(call_off)
            await strands.step("wait", wait)
        return await strands.step("quick", at_once)

    strands = Strands(InlineJournal())
    with anyio.fail_after(5):
        assert await strands.run(main) == "quick"
    assert ended == ["step"]
