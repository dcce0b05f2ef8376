"""What can be granted, by which names."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tactus.errors import DefinitionError
from tactus.runtime.tools.toolbox import Toolbox
from tactus.settings import Settings


def test_every_name_is_told_without_starting_anything() -> None:
    settings = Settings.model_validate({"mcp": {"it": {"command": "no-such-program"}}})
    assert Toolbox(settings).names() == (
        "files.list",
        "files.read",
        "files.write",
        "http.get",
        "now",
        "tactus.done",
        "mcp.it",
    )


def test_nothing_heavy_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import anyio, sys\n"
        "from tactus.runtime.tools.toolbox import Toolbox\n"
        "from tactus.settings import Settings\n"
        "async def main():\n"
        "    async with Toolbox(Settings()).open() as opened:\n"
        "        await opened.find('now'); await opened.find('tactus.done')\n"
        "anyio.run(main)\n"
        "print({'mcp', 'httpcore2', 'httpx2', 'dspy', 'jsonschema'} & set(sys.modules))\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"


async def test_done_gives_back_what_the_model_says() -> None:
    async with Toolbox(Settings()).open() as opened:
        (done,) = await opened.find("tactus.done")
    assert done.name == "done"
    assert await done.call({"reason": "all found", "result": "42"}) == {
        "reason": "all found",
        "result": "42",
    }
    assert done.check({}) == ({}, ())
    assert done.check({"result": 42})[1] == ("result: must be a string; 42 came",)


async def test_now_is_now_in_utc_and_as_the_clocks_here_show_it() -> None:
    async with Toolbox(Settings()).open() as opened:
        (now,) = await opened.find("now")
    told = await now.call({})
    assert told["utc"].endswith("Z")
    for text in told.values():
        assert abs(datetime.fromisoformat(text) - datetime.now(UTC)) < timedelta(seconds=10)


@pytest.mark.parametrize(
    ("name", "near", "hint"),
    [
        ("http.gte", 'Did you mean "http.get"?', "Built in are: files.list"),
        ("mcp.other", "", "[mcp.NAME]"),
        ("mcp", "", "Built in are"),
    ],
)
async def test_a_name_that_is_not_there_gets_the_nearest(name: str, near: str, hint: str) -> None:
    async with Toolbox(Settings()).open() as opened:
        with pytest.raises(DefinitionError, match=f'there is no tool "{name}"') as raised:
            await opened.find(name)
    assert near in str(raised.value)
    assert hint in str(raised.value.hint)


async def test_what_fails_while_tools_are_open_is_raised_as_it_is() -> None:
    with pytest.raises(LookupError, match="of the run"):
        async with Toolbox(Settings()).open():
            raise LookupError("of the run")
