"""How an MCP server is reached: a program that is started with next to nothing, or an address."""

import os
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TextIO

import anyio
import httpx2
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from tactus.errors import ToolError
from tactus.outside import McpServer

_KEPT = ("PATH", "HOME", "LANG")
_LAST = 2_000  # bytes of stderr that an error tells
_CONNECTING = 30.0  # seconds
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class Stderr:
    """What a program writes to stderr: nobody's terminal sees it, its last words are kept.

    `file` is for the program, once `open` was called.
    """

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._length = 0

    def open(self) -> None:
        """Make the pipe."""
        self._descriptor, writing = os.pipe()
        os.set_blocking(self._descriptor, False)
        self.file: TextIO = os.fdopen(writing, "w")

    @property
    def text(self) -> str:
        """The last words so far."""
        return b"".join(self._pieces)[-_LAST:].decode("utf-8", "replace")

    async def read(self) -> None:
        """Read, so that the program is never held up, until nobody can write any more."""
        while self._take():
            await anyio.wait_readable(self._descriptor)

    def close(self) -> None:
        """Take what is left, and let go."""
        self.file.close()
        self._take()
        os.close(self._descriptor)

    def _take(self) -> bool:
        try:
            while piece := os.read(self._descriptor, 65_536):
                self._pieces.append(piece)
                self._length += len(piece)
                while self._length - len(self._pieces[0]) > _LAST:
                    self._length -= len(self._pieces.popleft())
        except BlockingIOError:
            return True
        return False


Connect = Callable[[Stderr], Any]


def connection_to(name: str, server: McpServer, secrets: Mapping[str, str]) -> Connect:
    """What makes the connection to `server`, given where its stderr goes.

    Raises:
        ToolError: a variable that its `env` or `headers` name is not set.
    """
    if server.url is not None:
        headers = _filled(name, server.headers, secrets)
        url = server.url
        return lambda _stderr: _over_http(url, headers)
    environment = {each: os.environ[each] for each in _KEPT if each in os.environ}
    environment |= _filled(name, server.env, secrets)
    program = StdioServerParameters(
        command=server.command or "", args=list(server.args), env=environment
    )
    return lambda stderr: stdio_client(program, errlog=stderr.file)


@asynccontextmanager
async def _over_http(url: str, headers: Mapping[str, str]) -> AsyncGenerator[Any]:
    # how long a call may take is for the caller to say
    timeout = httpx2.Timeout(_CONNECTING, read=None)
    async with (
        httpx2.AsyncClient(headers=headers, timeout=timeout) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams


def secrets_of(server: McpServer) -> list[str]:
    """What must not be shown of it."""
    return [*server.env.values(), *server.headers.values()]


def _filled(name: str, values: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    def fill(match: re.Match[str]) -> str:
        if match[1] not in secrets:
            raise ToolError(
                f'the MCP server "{name}" wants {match[1]}, which is not set',
                hint=f"Set it in the environment, or with `tactus keys set {match[1]}`.",
            )
        return secrets[match[1]]

    return {each: _VARIABLE.sub(fill, value) for each, value in values.items()}
