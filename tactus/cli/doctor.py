"""`tactus doctor`: what a run would find here, and how to mend it."""

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel

from tactus import __version__
from tactus.cli.finding import Finding, without_secrets
from tactus.cli.keys import masked
from tactus.cli.outside import outside
from tactus.cli.terminal import give, give_json, say
from tactus.errors import TactusError
from tactus.runtime.runtime import Runtime
from tactus.settings import SETTINGS_FILE, Origin, Settings, read_settings
from tactus.store.wal import VERSION, wal_is_safe
from tactus.telemetry.telemetry import missing

_MARKS = {"ok": "✓", "note": "·", "fail": "✗"}
_COLORS = {"ok": typer.colors.GREEN, "note": typer.colors.YELLOW, "fail": typer.colors.RED}
_TOLD_APART = ("api_base", "models", "providers", "tools", "mcp")
_LUA = 'return { story = "" }'


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
        yield Finding("base URL", "ok", f"{provider}: {without_secrets(url)}")
    yield from outside(settings)
    if said := missing(settings.telemetry):
        yield Finding("telemetry", "note", said)
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
        shown = without_secrets(value) if "api_base" in name else value
        found = True
        yield Finding("setting", "ok", f"{name} = {shown} (from {source})")
    if not found:
        yield Finding("settings", "ok", "all as by default")


def _changed(model: BaseModel, default: BaseModel, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, info in type(model).model_fields.items():
        value, usual = getattr(model, name), getattr(default, name)
        if name in _TOLD_APART:
            continue
        if isinstance(value, BaseModel):
            yield from _changed(value, usual, f"{above}{name}.")
        elif value != usual and not info.exclude:
            yield f"{above}{name}", value


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
    own = {provider.key for provider in settings.providers.values()}
    keys = {
        name: key
        for name, key in settings.secrets.items()
        if name.endswith("_API_KEY") or name in own
    }
    if not keys:
        fix = "Set OPENAI_API_KEY or your provider's: tactus keys set openai"
        return Finding("keys", "note", "none, so only local models and the demo run", fix)
    shown = (f"{name}={masked(key)}" for name, key in sorted(keys.items()))
    return Finding("keys", "ok", ", ".join(shown))


def _write_access(folder: Path) -> Finding:
    if os.access(folder, os.W_OK):
        return Finding("this folder", "ok", f"{folder} can be written")
    return Finding("this folder", "note", f"{folder} cannot be written", "`tactus new` needs it.")
