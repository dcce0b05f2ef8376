"""A little MCP server: `python -m tests.tactus.runtime.tools.offering stdio`, or `http`.

Over HTTP it listens on a free port of this machine, which it writes to stdout first.
"""

import os
import socket
import sys

import anyio
import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, ImageContent, TextContent

server = MCPServer("offering")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
def two_add() -> int:
    """Add two and two."""
    return 4


@server.tool()
def parts() -> CallToolResult:
    """Text in two parts, and a picture."""
    picture = ImageContent(data="aGk=", mime_type="image/png")
    return CallToolResult(content=[TextContent(text="one"), TextContent(text="two"), picture])


@server.tool()
def refuse() -> str:
    """Fail."""
    raise ToolError("there is no such thing")


@server.tool()
def variables() -> dict[str, str]:
    """What the environment holds."""
    return dict(os.environ)


@server.tool()
def process() -> int:
    """The number of the process."""
    return os.getpid()


@server.tool()
def headers(context: Context) -> dict[str, str]:
    """What came with the request."""
    return dict(context.headers or {})


@server.tool()
async def wait() -> str:
    """Never answer."""
    await anyio.sleep_forever()
    return ""


@server.tool()
def crash() -> str:
    """End at once, with a last word that holds a secret."""
    sys.stderr.write(f"out of luck, {os.environ.get('SECRET_WORD')}\n")
    sys.stderr.flush()
    os._exit(3)


def main() -> None:
    if sys.argv[1] == "stdio":
        sys.stderr.write("the server is up\n")
        server.run("stdio")
        return
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)  # noqa: T201 - it is told so
    config = uvicorn.Config(server.streamable_http_app(), log_level="error", lifespan="on")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
