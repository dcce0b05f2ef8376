"""One MCP server of one run: started when first asked, ended with the run."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, TypeVar

import anyio
from anyio.abc import TaskGroup, TaskStatus
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CONNECTION_CLOSED
from mcp_types import Tool as Offered

from tactus.dspy.redact import redact
from tactus.errors import ToolError
from tactus.runtime.tools.answer import answer_of, check_with
from tactus.runtime.tools.making import late, wire_name
from tactus.runtime.tools.wiring import Connect, Stderr, connection_to, secrets_of
from tactus.settings import Settings
from tactus.tool import Tool

# What a server does wrong is told in the error of the call: without a handler of its own, the
# library's complaints would go to stderr.
logging.getLogger("mcp").addHandler(logging.NullHandler())

_STARTS = 3  # of one server in one run: one that crashes is started again when it is next asked
_PAGES = 100
_GRACE = 3.0  # seconds for the last words of one that crashed

_Answer = TypeVar("_Answer")


class _Session:
    """One start of the server, from its connection to its end."""

    client: Client

    def __init__(self) -> None:
        self.stderr = Stderr()
        self.end = anyio.Event()
        self.ended = anyio.Event()

    async def serve(self, connect: Connect, *, task_status: TaskStatus[None]) -> None:
        """Hold the connection until `end`: it has to be left by the task that entered it."""
        started = False
        try:
            async with AsyncExitStack() as stack:
                self.stderr.open()
                stack.callback(self.stderr.close)
                reading = await stack.enter_async_context(anyio.create_task_group())
                stack.callback(reading.cancel_scope.cancel)
                reading.start_soon(self.stderr.read)
                connection = Client(connect(self.stderr), cache=None)
                self.client = await stack.enter_async_context(connection)
                started = True
                task_status.started()
                await self.end.wait()
        except Exception:
            if not started:
                raise  # to whoever waits for the start
            # the connection broke: each call under way was told so
        finally:
            self.ended.set()


class Server:
    """The MCP server `name` of `settings`, whose connection is held by a task of `tasks`."""

    def __init__(self, name: str, settings: Settings, tasks: TaskGroup) -> None:
        self._name = name
        self._config = settings.mcp[name]
        self._settings = settings
        self._timeout = settings.tools.timeout
        self._tasks = tasks
        self._starting = anyio.Lock()
        self._starts = 0
        self._session: _Session | None = None  # the latest
        self._is_up = False

    async def tools(self) -> list[tuple[str, Tool]]:
        """Its tools, by the names that it gives them.

        Raises:
            ToolError: it cannot be started or asked.
        """
        offered = await self._ask("the list of its tools", _list)
        return [(each.name, self._tool(each)) for each in offered]

    def end(self) -> None:
        """Let it end."""
        if self._session is not None:
            self._session.end.set()

    async def ended(self) -> None:
        """Return when it has ended."""
        if self._session is not None:
            await self._session.ended.wait()

    def _tool(self, offered: Offered) -> Tool:
        full = f"mcp.{self._name}.{offered.name}"

        async def call(arguments: dict[str, Any]) -> Any:
            result = await self._ask(full, lambda client: client.call_tool(offered.name, arguments))
            return answer_of(result, full)

        return Tool(
            wire_name(full),
            offered.description or offered.title or "",
            offered.input_schema,
            partial(check_with, offered.input_schema),
            call,
        )

    async def _ask(self, what: str, send: Callable[[Client], Awaitable[_Answer]]) -> _Answer:
        session: _Session | None = None
        try:
            with anyio.fail_after(self._timeout):
                session = await self._started()
                return await send(session.client)
        except TimeoutError:
            raise late(f"{self._name}: {what}", self._timeout) from None
        except ToolError:
            raise
        except MCPError as error:
            if session is not None and error.code == CONNECTION_CLOSED:
                await self._close(session)
                raise self._failed(f"ended during {what}") from None
            raise self._failed(f"answered {what} with an error: {error}") from None
        except Exception as error:  # noqa: BLE001 - whatever it sent: the model is told
            raise self._failed(f"gave no proper answer to {what}: {_why(error)}") from None

    async def _started(self) -> _Session:
        async with self._starting:
            if self._session is None or not self._is_up:
                if self._starts == _STARTS:
                    raise self._failed(f"ended {_STARTS} times, and is not started again")
                self._starts += 1
                connect = connection_to(self._name, self._config, self._settings.secrets)
                self._session = _Session()
                try:
                    await self._tasks.start(self._session.serve, connect)
                except Exception as error:  # noqa: BLE001 - of whatever kind, it did not start
                    raise self._failed(f"cannot be started: {_why(error)}") from None
                self._is_up = True
            return self._session

    async def _close(self, session: _Session) -> None:
        """Close what is left of `session`, whose server ended; the next call starts it again."""
        if session is self._session:
            self._is_up = False
        session.end.set()
        with anyio.move_on_after(_GRACE):
            await session.ended.wait()

    def _failed(self, what: str) -> ToolError:
        said = "" if self._session is None else self._session.stderr.text.strip()
        message = f'the MCP server "{self._name}" {what}'
        if said:
            message += f"; its last words:\n{said}"
        hidden = (*self._settings.secrets.values(), *secrets_of(self._config))
        return ToolError(
            redact(message, hidden), hint=f"Look at [mcp.{self._name}] in tactus.toml."
        )


async def _list(client: Client) -> list[Offered]:
    offered: list[Offered] = []
    cursor: str | None = None
    for _ in range(_PAGES):
        page = await client.list_tools(cursor=cursor)
        offered += page.tools
        cursor = page.next_cursor
        if not cursor:
            break
    return offered


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _why(error: BaseException) -> str:
    first = _first(error)
    if isinstance(first, FileNotFoundError) and first.filename:
        return f"there is no program {first.filename!r}"
    if isinstance(first, MCPError) and first.code == CONNECTION_CLOSED:
        return "it ended at once"
    return str(first).partition("\n")[0] or type(first).__name__
