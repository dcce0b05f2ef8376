"""MCP servers as tools, over stdio and over HTTP, with real servers."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
import pytest
from anyio.streams.text import TextReceiveStream

from tactus.errors import DefinitionError, ToolError
from tactus.runtime.tools.toolbox import Opened, Toolbox
from tactus.settings import Settings
from tactus.tool import Tool
from tests.tactus.cli.command import REPOSITORY

OFFERING = ("-m", "tests.tactus.runtime.tools.offering")
SECRET = "sk-0123456789abcdef"


def over_stdio(**options: Any) -> dict[str, Any]:
    return {
        "command": sys.executable,
        "args": [*OFFERING, "stdio"],
        "env": {"PYTHONPATH": str(REPOSITORY), "SECRET_WORD": "${WORD_TOKEN}"},
        **options,
    }


def toolbox(server: dict[str, Any], **settings: Any) -> Toolbox:
    given = {"mcp": {"it": server}, "secrets": {"WORD_TOKEN": SECRET}, **settings}
    return Toolbox(Settings.model_validate(given))


@asynccontextmanager
async def over_http() -> AsyncIterator[str]:
    """The address of a server on this machine."""
    command = [sys.executable, *OFFERING, "http"]
    async with await anyio.open_process(command, cwd=REPOSITORY) as process:
        assert process.stdout is not None
        port = (await TextReceiveStream(process.stdout).receive()).strip()
        try:
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            if process.returncode is None:
                process.kill()


async def one(opened: Opened, name: str) -> Tool:
    (tool,) = await opened.find(f"mcp.it.{name}")
    return tool


async def call(opened: Opened, name: str, **arguments: Any) -> Any:
    return await (await one(opened, name)).call(arguments)


@pytest.fixture(params=["stdio", "http"])
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    if request.param == "stdio":
        async with toolbox(over_stdio()).open() as found:
            yield found
    else:
        async with over_http() as url, toolbox({"url": url}).open() as found:
            yield found


async def test_a_server_offers_all_its_tools_or_one(opened: Opened) -> None:
    every = {tool.name for tool in await opened.find("mcp.it")}
    assert {"mcp_it_add", "mcp_it_refuse"} <= every
    add = await one(opened, "add")
    assert (add.name, add.description) == ("mcp_it_add", "Add two numbers.")
    assert add.parameters["required"] == ["a", "b"]


async def test_a_structured_answer_is_a_table_and_parts_are_joined(opened: Opened) -> None:
    assert await call(opened, "add", a=2, b=3) == {"result": 5}
    assert await call(opened, "parts") == "one\ntwo\n[image, image/png]"


async def test_calls_run_together(opened: Opened) -> None:
    add = await one(opened, "add")
    answers: dict[int, Any] = {}

    async def ask(number: int) -> None:
        answers[number] = await add.call({"a": number, "b": 1})

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(ask, number)
    assert answers == {number: {"result": number + 1} for number in range(20)}


async def test_what_the_server_calls_an_error_is_told(opened: Opened) -> None:
    with pytest.raises(ToolError, match="there is no such thing"):
        await call(opened, "refuse")
    assert await call(opened, "add", a=1, b=1) == {"result": 2}


async def test_arguments_are_checked_by_the_servers_schema(opened: Opened) -> None:
    add = await one(opened, "add")
    assert add.check({"a": 1, "b": 2}) == ({"a": 1, "b": 2}, ())
    _, problems = add.check({"a": "one"})
    assert set(problems) == {"'b' is a required property", "a: 'one' is not of type 'integer'"}


async def test_a_tool_that_is_not_there_is_told_with_the_nearest(opened: Opened) -> None:
    with pytest.raises(DefinitionError, match=r'no tool "ad".*Did you mean "mcp.it.add"'):
        await opened.find("mcp.it.ad")


async def test_a_server_is_given_the_variables_it_asks_for_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ours")
    async with toolbox(over_stdio()).open() as opened:
        seen = await call(opened, "variables")
    assert seen["SECRET_WORD"] == SECRET
    assert seen["PATH"] == os.environ["PATH"]
    given = {"PATH", "HOME", "LANG", "LOGNAME", "SHELL", "TERM", "USER"}
    assert set(seen) - given - {"LC_CTYPE"} == {"SECRET_WORD", "PYTHONPATH"}


async def test_headers_are_sent_with_their_variables_filled_in() -> None:
    async with over_http() as url:
        server = {"url": url, "headers": {"Authorization": "Bearer ${WORD_TOKEN}"}}
        async with toolbox(server).open() as opened:
            assert (await call(opened, "headers"))["authorization"] == f"Bearer {SECRET}"


async def test_a_variable_that_is_missing_is_named() -> None:
    async with toolbox(over_stdio(), secrets={}).open() as opened:
        with pytest.raises(ToolError, match='"it" wants WORD_TOKEN') as raised:
            await opened.find("mcp.it")
    assert "tactus keys set WORD_TOKEN" in str(raised.value.hint)


async def test_a_crash_fails_the_call_with_the_servers_last_words_and_not_the_run(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with toolbox(over_stdio()).open() as opened:
        with pytest.raises(ToolError, match=r'"it" ended during mcp.it.crash') as raised:
            await call(opened, "crash")
        assert "the server is up\nout of luck, [hidden]" in str(raised.value)
        assert await call(opened, "add", a=1, b=2) == {"result": 3}  # it is started again
        for _ in range(2):
            with pytest.raises(ToolError, match="ended during"):
                await call(opened, "crash")
        with pytest.raises(ToolError, match="ended 3 times, and is not started again"):
            await call(opened, "add", a=1, b=2)
    assert capfd.readouterr() == ("", "")


async def test_a_call_may_take_so_long_and_no_longer() -> None:
    async with over_http() as url, toolbox({"url": url}, tools={"timeout": 5}).open() as opened:
        wait = await one(opened, "wait")
        began = anyio.current_time()
        with pytest.raises(ToolError, match=r"mcp.it.wait took longer than 5 s"):
            await wait.call({})
        assert anyio.current_time() - began < 9
        assert await call(opened, "add", a=1, b=1) == {"result": 2}


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ({"command": "no-such-program-here"}, "there is no program 'no-such-program-here'"),
        (
            {"command": sys.executable, "args": ["-c", "import sys; sys.exit('no licence')"]},
            "it ended at once; its last words:\nno licence",
        ),
        ({"url": "http://127.0.0.1:9/mcp"}, "connect"),
    ],
    ids=["no program", "ends at once", "nobody listens"],
)
async def test_a_server_that_cannot_be_started_says_why(
    server: dict[str, Any], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with toolbox(server).open() as opened:
        with pytest.raises(ToolError) as raised:
            await opened.find("mcp.it")
    assert 'the MCP server "it" cannot be started: ' in str(raised.value)
    assert message in str(raised.value)
    assert raised.value.hint == "Look at [mcp.it] in tactus.toml."
    assert capfd.readouterr() == ("", "")


async def test_what_fails_in_a_run_is_raised_as_it_is_and_servers_end_with_it() -> None:
    pids: list[int] = []

    async def run() -> None:
        async with toolbox(over_stdio()).open() as opened:
            pids.append((await call(opened, "process"))["result"])
            raise LookupError("of the run")

    with pytest.raises(LookupError, match="of the run"):
        await run()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


async def test_a_run_that_is_stopped_in_a_call_ends_the_server() -> None:
    box = toolbox(over_stdio())
    with anyio.CancelScope() as scope:
        async with box.open() as opened, anyio.create_task_group() as tasks:
            pid = (await call(opened, "process"))["result"]
            tasks.start_soon(partial(call, opened, "wait"))
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_server_behind_an_address_that_goes_away_fails_the_call() -> None:
    async with over_http() as url, toolbox({"url": url}).open() as opened:
        with pytest.raises(ToolError, match=r'the MCP server "it" ended during mcp.it.crash'):
            await call(opened, "crash")
        with pytest.raises(ToolError, match=r'the MCP server "it" cannot be started: .*connect'):
            await call(opened, "add", a=1, b=2)


async def test_two_tools_are_never_called_the_same() -> None:
    async with over_http() as url:
        settings = Settings.model_validate({"mcp": {"it": {"url": url}, "it_two": {"url": url}}})
        async with Toolbox(settings).open() as opened:
            await opened.find("mcp.it.two_add")
            with pytest.raises(DefinitionError, match="would both be called mcp_it_two_add"):
                await opened.find("mcp.it_two.add")


async def test_a_server_that_chatters_is_borne_and_one_that_hangs_is_killed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('this is no JSON', flush=True)\n"
        "sys.stderr.write('chatter ' * 100_000 + 'and silence'); sys.stderr.flush()\n"
        "time.sleep(600)\n"
    )
    server = {"command": sys.executable, "args": ["-c", code]}
    began = anyio.current_time()
    async with toolbox(server, tools={"timeout": 1}).open() as opened:
        with pytest.raises(ToolError, match="it: the list of its tools took longer than 1 s"):
            await opened.find("mcp.it")
    assert anyio.current_time() - began < 15
    assert capfd.readouterr() == ("", "")


async def test_a_slow_server_holds_up_no_other_tool() -> None:
    server = {"command": sys.executable, "args": ["-c", "import time; time.sleep(600)"]}
    async with toolbox(server).open() as opened, anyio.create_task_group() as tasks:
        tasks.start_soon(opened.find, "mcp.it")
        await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(15):
            assert await opened.find("now")
        tasks.cancel_scope.cancel()


async def test_an_address_that_is_no_mcp_server_is_told() -> None:
    async with over_http() as url, toolbox({"url": f"{url}/else"}).open() as opened:
        with pytest.raises(ToolError, match='the MCP server "it" cannot be started: ') as raised:
            await opened.find("mcp.it")
    assert "404" in str(raised.value) or "Not Found" in str(raised.value)
