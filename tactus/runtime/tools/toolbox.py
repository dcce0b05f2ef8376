"""The tools that an agent is granted by name: built-in ones, and those of MCP servers."""

from contextlib import AbstractAsyncContextManager
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from tactus.errors import DefinitionError
from tactus.fields import nearest
from tactus.runtime.tools.builtin import BUILT_IN
from tactus.settings import Settings
from tactus.tool import Tool

if TYPE_CHECKING:  # imports the MCP client, which takes a second
    from tactus.runtime.tools.server import Server

_PATIENCE = 5.0  # seconds that all servers together have to end by themselves


class Toolbox:
    """What agents may be granted under `settings`; makes and starts nothing by itself."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def names(self) -> tuple[str, ...]:
        """Every name that can be granted, of an MCP server that of all its tools together."""
        return (*BUILT_IN, *(f"mcp.{server}" for server in sorted(self._settings.mcp)))

    def open(self) -> "Opened":
        """The tools of one run: to be entered around it, in the task that leaves it again."""
        return Opened(self._settings, self.names())


class Opened(AbstractAsyncContextManager["Opened"]):
    """The tools of one run. MCP servers start when they are first asked for, and end with it."""

    def __init__(self, settings: Settings, names: tuple[str, ...]) -> None:
        self._settings = settings
        self._names = names
        self._tasks = anyio.create_task_group()
        self._servers: dict[str, Server] = {}
        self._found: dict[str, tuple[Tool, ...]] = {}
        self._named: dict[str, str] = {}
        self._importing = anyio.Lock()

    async def __aenter__(self) -> "Opened":
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            for server in self._servers.values():
                server.end()
            with anyio.move_on_after(_PATIENCE):
                for server in self._servers.values():
                    await server.ended()
        finally:
            self._tasks.cancel_scope.cancel()
            # what failed is not shown to the group, which would wrap it into one of its own
            await self._tasks.__aexit__(None, None, None)

    async def find(self, name: str) -> tuple[Tool, ...]:
        """The tools that `name` stands for: one, or all of an MCP server (`mcp.SERVER`).

        Raises:
            DefinitionError: there is none, or the settings grant it nothing to reach; says what to
                do.
            ToolError: the MCP server cannot be started or asked; names it, with what it wrote to
                stderr.
        """
        if name not in self._found:
            found = await self._find(name)
            self._claim(found, name)
            self._found[name] = tuple(found.values())
        return self._found[name]

    async def _find(self, name: str) -> dict[str, Tool]:
        """The tools by their full names."""
        if name in BUILT_IN:
            # in a thread: the first one of a kind may import what it is made of
            tool = await anyio.to_thread.run_sync(BUILT_IN[name], self._settings.tools)
            return {name: tool}
        word, _, rest = name.partition(".")
        server, _, tool_name = rest.partition(".")
        if word != "mcp" or server not in self._settings.mcp:
            raise self._unknown(name)
        tools = {f"mcp.{server}.{each}": tool for each, tool in await self._of(server)}
        if not tool_name:
            return tools
        if name not in tools:
            raise DefinitionError(
                f'the MCP server "{server}" has no tool "{tool_name}".{nearest(name, tools)}',
                hint=f"It has: {', '.join(tools) or 'none'}.",
            )
        return {name: tools[name]}

    async def _of(self, name: str) -> list[tuple[str, Tool]]:
        async with self._importing:
            if name not in self._servers:
                module: Any = await anyio.to_thread.run_sync(
                    import_module, "tactus.runtime.tools.server"
                )
                self._servers[name] = module.Server(name, self._settings, self._tasks)
        return await self._servers[name].tools()

    def _claim(self, found: dict[str, Tool], asked: str) -> None:
        """Note what each is called on the wire, where two must not be called the same."""
        for name, tool in found.items():
            other = self._named.setdefault(tool.name, name)
            if other != name:
                raise DefinitionError(
                    f'the tools "{other}" and "{name}" would both be called {tool.name}',
                    hint=f'Grant one of them only (asked for was "{asked}").',
                )

    def _unknown(self, name: str) -> DefinitionError:
        servers = [known for known in self._names if known.startswith("mcp.")]
        hint = f"Built in are: {', '.join(BUILT_IN)}."
        if servers:
            hint += f" MCP servers in the settings: {', '.join(servers)}."
        elif name.startswith("mcp."):
            hint = "Declare the server in tactus.toml: [mcp.NAME] with a command or a url."
        return DefinitionError(f'there is no tool "{name}".{nearest(name, self._names)}', hint=hint)
