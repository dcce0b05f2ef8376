"""What of the outside the settings name, as `tactus doctor` tells it; nothing is started."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import anyio

from tactus.cli.finding import Finding, without_secrets
from tactus.outside import McpServer
from tactus.runtime.servers import candidates, find_servers
from tactus.settings import Settings

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def outside(settings: Settings) -> Iterator[Finding]:
    """The user's models, providers, tools and MCP servers, and the model servers that answer."""
    for name, model in sorted(settings.models.items()):
        yield Finding("model name", "ok", f"{name} = {model}")
    yield from _own_providers(settings)
    yield from _tools(settings)
    for name, server in sorted(settings.mcp.items()):
        yield _mcp(name, server, settings)
    yield from _servers(settings)


def _own_providers(settings: Settings) -> Iterator[Finding]:
    for name, own in sorted(settings.providers.items()):
        detail = f"{name}: {own.wire} at {without_secrets(settings.base_of(name) or own.api_base)}"
        if own.key is None or own.key in settings.secrets:
            yield Finding("own provider", "ok", detail)
        else:
            fix = f"Set its key: tactus keys set {own.key}"
            yield Finding("own provider", "note", f"{detail}, without {own.key}", fix)


def _tools(settings: Settings) -> Iterator[Finding]:
    tools = settings.tools
    if tools.http_hosts:
        yield Finding("http.get", "ok", f"may ask {', '.join(tools.http_hosts)}")
    if tools.files is None:
        return
    folder = Path(tools.files).resolve()
    if folder.is_dir():
        yield Finding("files.*", "ok", f"see {folder}")
    else:
        yield Finding("files.*", "note", f"{folder} is no folder", "Make it, or name another.")


def _mcp(name: str, server: McpServer, settings: Settings) -> Finding:
    values = [*server.env.values(), *server.headers.values()]
    wanted = {variable for value in values for variable in _VARIABLE.findall(value)}
    lacking = sorted(wanted - settings.secrets.keys())
    if server.url is not None:
        detail = f"{name}: {without_secrets(server.url)}"
    else:
        detail = f"{name}: {server.command}"
        if shutil.which(server.command or "") is None:
            fix = f"Install it, or correct command in [mcp.{name}]."
            return Finding("MCP server", "note", f"{detail}, which is no program here", fix)
    if lacking:
        fix = f"Set it: tactus keys set {lacking[0]}"
        return Finding("MCP server", "note", f"{detail}, without {', '.join(lacking)}", fix)
    return Finding("MCP server", "ok", detail)


def _servers(settings: Settings) -> Iterator[Finding]:
    servers = anyio.run(find_servers, candidates(settings=settings))
    for server in servers:
        models = ", ".join(server.models[:8]) or "no model"
        detail = f"{server.name} at {server.base_url}: {models}"
        fix = None
        if server.models:
            fix = f"Its models are {server.provider}/NAME, as {server.provider}/{server.models[0]}."
        yield Finding("local server", "ok", detail, fix)
    if not servers:
        fix = "Start Ollama, LM Studio, llama.cpp or vLLM to run models on this machine."
        yield Finding("local servers", "note", "none answered", fix)
