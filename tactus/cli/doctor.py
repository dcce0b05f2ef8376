"""`tactus doctor`: what a run would find here, and how to mend it."""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import anyio
import typer
from pydantic import BaseModel

from tactus import __version__
from tactus.cli.terminal import give, give_json, say
from tactus.errors import TactusError
from tactus.runtime.runtime import Runtime
from tactus.runtime.servers import find_servers
from tactus.settings import SETTINGS_FILE, Origin, Settings, read_settings
from tactus.store.wal import VERSION, wal_is_safe

_MARKS = {"ok": "✓", "note": "·", "fail": "✗"}
_COLORS = {"ok": typer.colors.GREEN, "note": typer.colors.YELLOW, "fail": typer.colors.RED}
_LUA = 'return { story = "" }'


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `fix` says what to do about it, where there is something to do."""

    name: str
    status: Literal["ok", "note", "fail"]
    detail: str
    fix: str | None = None


def examine(*, as_json: bool = False) -> int:
    """Look at everything; returns 0, or 2 when a run could not work."""
    findings = list(_findings())
    failed = any(finding.status == "fail" for finding in findings)
    if as_json:
        data = {"ok": not failed, "findings": [asdict(finding) for finding in findings]}
        give_json(data)
        return 2 if failed else 0
    for finding in findings:
        give(f"{_MARKS[finding.status]} {finding.name}: {finding.detail}")
        if finding.fix:
            give(f"    {finding.fix}")
    if failed:
        say("something has to be mended before a procedure can run", fg=_COLORS["fail"])
    else:
        say("ready: tactus run FILE --model demo --stream", fg=_COLORS["ok"])
    return 2 if failed else 0


def _findings() -> Iterator[Finding]:
    yield Finding("Tactus", "ok", __version__)
    yield _python()
    try:
        settings, origin = read_settings()
    except TactusError as error:
        yield Finding("settings", "fail", str(error), "Correct it there; nothing runs before.")
        settings, origin = Settings(), Origin()
    else:
        yield from _origin(origin)
        yield from _in_force(settings, origin)
    yield _lua()
    yield from (_package(name) for name in ("dspy", "litellm"))
    yield _sqlite()
    yield _keys(settings)
    for provider, url in sorted(settings.api_base.items()):
        yield Finding("base URL", "ok", f"{provider}: {_without_secrets(url)}")
    yield from _servers()
    yield _write_access(Path.cwd())


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("Python", "ok", found)


def _origin(origin: Origin) -> Iterator[Finding]:
    if origin.settings_file is None:
        fix = f"Put settings into {SETTINGS_FILE} here or in a folder above."
        yield Finding("settings file", "note", "none", fix)
    else:
        yield Finding("settings file", "ok", str(origin.settings_file))
    if origin.env_file is not None:
        yield Finding(".env", "ok", str(origin.env_file))
    if origin.variables:
        yield Finding("variables", "ok", ", ".join(origin.variables))


def _in_force(settings: Settings, origin: Origin) -> Iterator[Finding]:
    """Each setting that is not the default, and what set it; base URLs and keys are told apart."""
    variables = {name.upper(): name for name in origin.variables}
    found = False
    for name, value in _changed(settings, Settings()):
        variable = f"TACTUS_{name.upper().replace('.', '__')}"
        source = variables.get(variable, SETTINGS_FILE)
        shown = _without_secrets(value) if "api_base" in name else value
        found = True
        yield Finding("setting", "ok", f"{name} = {shown} (from {source})")
    if not found:
        yield Finding("settings", "ok", "all as by default")


def _changed(model: BaseModel, default: BaseModel, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, info in type(model).model_fields.items():
        value, usual = getattr(model, name), getattr(default, name)
        if isinstance(value, BaseModel):
            yield from _changed(value, usual, f"{above}{name}.")
        elif value != usual and not info.exclude and name != "api_base":
            yield f"{above}{name}", value


def _without_secrets(url: str) -> str:
    """`url` without its user, password and query, any of which may be a key."""
    shown = re.sub(r"\A((?:[a-z][a-z0-9+.-]*://)?).*@", r"\1…@", url, flags=re.I | re.S)
    return re.sub(r"[?#].*", "?…", shown, flags=re.S)


def _lua() -> Finding:
    try:
        Runtime(Settings()).load(_LUA, "doctor.lua")
        return Finding("Lua", "ok", f"5.4, from lupa {version('lupa')}")
    except (TactusError, ImportError, PackageNotFoundError) as error:
        return Finding("Lua", "fail", str(error), "Install Tactus again; lupa is part of it.")


def _package(name: str) -> Finding:
    try:
        return Finding(name, "ok", version(name))  # its metadata: importing it takes seconds
    except PackageNotFoundError:
        return Finding(name, "fail", "is missing", "Install Tactus again; it is part of it.")


def _sqlite() -> Finding:
    if wal_is_safe():
        return Finding("SQLite", "ok", VERSION)
    detail = f"{VERSION}, whose write-ahead log fails two writers; the event log has one only"
    return Finding("SQLite", "ok", detail)


def _keys(settings: Settings) -> Finding:
    keys = {name: key for name, key in settings.secrets.items() if name.endswith("_API_KEY")}
    if not keys:
        fix = "Set OPENAI_API_KEY or your provider's, in the environment or in .env."
        return Finding("keys", "note", "none, so only local models and the demo run", fix)
    masked = (f"{name}={_masked(key)}" for name, key in sorted(keys.items()))
    return Finding("keys", "ok", ", ".join(masked))


def _masked(key: str) -> str:
    return f"…{key[-4:]}" if len(key) >= 16 else "…"  # four characters of a short key are too many


def _servers() -> Iterator[Finding]:
    servers = anyio.run(find_servers)
    for server in servers:
        models = ", ".join(server.models[:8]) or "no model"
        yield Finding("local server", "ok", f"{server.name} at {server.base_url}: {models}")
    if not servers:
        fix = "Start Ollama, LM Studio, llama.cpp or vLLM to run models on this machine."
        yield Finding("local servers", "note", "none answered", fix)


def _write_access(folder: Path) -> Finding:
    if os.access(folder, os.W_OK):
        return Finding("this folder", "ok", f"{folder} can be written")
    return Finding("this folder", "note", f"{folder} cannot be written", "`tactus new` needs it.")
