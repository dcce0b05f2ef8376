"""The tools that come with Tactus. Each is granted by its name, and reaches what settings allow."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Any

import anyio.to_thread

from tactus.errors import DefinitionError
from tactus.fields import FieldDefinition
from tactus.outside import ToolSettings
from tactus.runtime.tools.making import make
from tactus.tool import Tool


def _text(description: str, *, required: bool = True) -> FieldDefinition:
    return FieldDefinition(type="string", description=description, required=required)


async def _done(arguments: dict[str, Any]) -> Any:
    return arguments


async def _now(_arguments: dict[str, Any]) -> Any:
    now = datetime.now(UTC)
    return {
        "utc": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "local": now.astimezone().isoformat(timespec="seconds"),
    }


def _make_done(settings: ToolSettings) -> Tool:
    fields = {
        "reason": _text("Why nothing is left to do.", required=False),
        "result": _text("What came of it.", required=False),
    }
    about = "Say that the task is done. Call this once, when nothing is left to do."
    return replace(make("tactus.done", about, fields, _done, timeout=settings.timeout), ends=True)


def _make_now(settings: ToolSettings) -> Tool:
    about = "The date and the time, in UTC and as the clocks here show it, as ISO 8601."
    return make("now", about, {}, _now, timeout=settings.timeout)


def _make_get(settings: ToolSettings) -> Tool:
    if not settings.http_hosts:
        raise DefinitionError(
            'the tool "http.get" may reach no host',
            hint='List them in tactus.toml: [tools] http_hosts = ["api.example.com"].',
        )
    web = import_module("tactus.runtime.tools.web")  # an HTTP client: only for those who ask
    fields = {"url": _text("The address, with http:// or https://.")}
    about = f"Fetch text from the web. Hosts that may be asked: {', '.join(settings.http_hosts)}."
    call = partial(web.get, listed=settings.http_hosts)
    return make("http.get", about, fields, call, timeout=settings.timeout)


_PATH = "Where, below the folder: notes/today.md."
_FILES: dict[str, tuple[str, dict[str, FieldDefinition]]] = {
    "list": (
        "List the files and folders of a folder.",
        {"path": FieldDefinition(type="string", description=_PATH, default=".")},
    ),
    "read": ("Read a text file.", {"path": _text(_PATH)}),
    "write": (
        "Write a text file, in place of what was there; folders on the way are made.",
        {"path": _text(_PATH), "text": _text("Everything the file shall hold.")},
    ),
}


def _make_files(verb: str, settings: ToolSettings) -> Tool:
    if settings.files is None:
        raise DefinitionError(
            f'the tool "files.{verb}" is granted no folder',
            hint='Name it in tactus.toml: [tools] files = "notes".',
        )
    from tactus.runtime.tools.folder import Folder  # only for those who ask

    work = getattr(Folder(settings.files), verb)
    about, fields = _FILES[verb]

    async def call(arguments: dict[str, Any]) -> Any:
        return await anyio.to_thread.run_sync(partial(work, **arguments))

    return make(f"files.{verb}", about, fields, call, timeout=settings.timeout)


BUILT_IN: dict[str, Callable[[ToolSettings], Tool]] = {
    "files.list": partial(_make_files, "list"),
    "files.read": partial(_make_files, "read"),
    "files.write": partial(_make_files, "write"),
    "http.get": _make_get,
    "now": _make_now,
    "tactus.done": _make_done,
}
"""How each is made; raises DefinitionError where the settings grant it nothing to reach."""
