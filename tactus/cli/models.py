"""`tactus models`: the table of providers, what can be used now, and what is missing."""

from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import anyio

from tactus.cli import failure
from tactus.cli.finding import without_secrets
from tactus.cli.terminal import give, give_json
from tactus.errors import TactusError
from tactus.runtime.servers import LocalServer, candidates, find_servers
from tactus.settings import Settings, read_settings

if TYPE_CHECKING:  # imports DSPy, which takes a second
    from tactus.dspy.provider_table import Provider

State = Literal["ready", "no key", "not running", "unknown"]

_TITLES: dict[State, str] = {
    "ready": "Usable now:",
    "no key": "With a key (tactus keys set NAME):",
    "not running": "Once its server runs on this machine:",
    "unknown": "Not known before a call, as they have credentials of another kind or none:",
}


def show_models(*, as_json: bool) -> int:
    """Show the table; returns the exit code."""
    try:
        settings, _ = read_settings()
    except TactusError as error:
        failure.show(error)
        return error.exit_code
    servers = anyio.run(find_servers, candidates(settings=settings))
    rows = import_module("tactus.dspy.provider_table").all_providers(settings)
    states = {row.name: _state(row, settings, servers) for row in rows}
    if as_json:
        give_json(
            {
                "providers": [_plain(row, states[row.name], settings) for row in rows],
                "names": [_named(name, settings, states) for name in sorted(settings.models)],
                "local": [asdict(server) for server in servers],
            }
        )
    else:
        _give_lines(rows, states, settings, servers)
    return 0


def _state(row: "Provider", settings: Settings, servers: Sequence[LocalServer]) -> State:
    providers = import_module("tactus.dspy.providers")
    if not providers.is_ready(row, settings):
        return "no key"
    if any(server.provider in row.base_names for server in servers):
        return "ready"
    if any(settings.secrets.get(variable) for variable in row.key_variables):
        return "ready"
    if row.is_own or row.needs_key:
        return "ready"
    return "not running" if row.placeholder_key is not None else "unknown"


def _plain(row: "Provider", state: State, settings: Settings) -> dict[str, Any]:
    return {
        "name": row.name,
        "state": state,
        "engine": row.engine,
        "wire": row.wire,
        "key_variables": row.key_variables,
        "missing": row.key_variables if state == "no key" else (),
        "api_base": _base(row, settings),
        "base_setting": f"api_base.{row.base_names[0]}",
        "own": row.is_own,
        "supports": asdict(row.support),
    }


def _base(row: "Provider", settings: Settings) -> str | None:
    moved = next((url for name in row.base_names if (url := settings.base_of(name))), None)
    url = moved or row.api_base
    return None if url is None else without_secrets(url)


def _named(name: str, settings: Settings, states: dict[str, State]) -> dict[str, Any]:
    model = settings.models[name]
    provider = model.partition("/")[0]
    return {"name": name, "model": model, "state": states.get(provider, _of_demo(provider))}


def _of_demo(provider: str) -> str:
    return "ready" if provider == "demo" else "no such provider"


def _give_lines(
    rows: Sequence["Provider"],
    states: dict[str, State],
    settings: Settings,
    servers: Sequence[LocalServer],
) -> None:
    if settings.models:
        give("Your names:")
        for name in sorted(settings.models):
            told = _named(name, settings, states)
            give(f"  {name:<22}{told['model']} ({told['state']})")
    for state, title in _TITLES.items():
        found = [row for row in rows if states[row.name] == state]
        if state == "ready":
            give(title)
            give(f"  {'demo':<22}needs nothing")
        elif found:
            give(title)
        if state == "unknown":
            give(f"  {', '.join(row.name for row in found)}")
            continue
        for row in found:
            give(f"  {row.name:<22}{_told(row, state, settings, servers)}")


def _told(row: "Provider", state: State, settings: Settings, servers: Sequence[LocalServer]) -> str:
    words = [" or ".join(row.key_variables)] if row.key_variables and state != "not running" else []
    if (base := _base(row, settings)) is not None:
        words.append(base)
    if row.engine == "litellm":
        words.append("by LiteLLM")
    words += [
        f"models: {', '.join(server.models[:8]) or 'none'}"
        for server in servers
        if server.provider in row.base_names
    ]
    can = [name for name, yes in asdict(row.support).items() if yes]
    return " · ".join([*words, ", ".join(can)])
