"""How each provider is reached with the settings there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from tactus.dspy.provider_table import Provider, Wire, all_providers, find_provider
from tactus.errors import SettingsError, TurnError
from tactus.settings import Settings

DEMO = "demo"


@dataclass(frozen=True)
class Door:
    """How a provider is reached.

    `name` is the engine's own name of it; `key` is sent to it, or None when it finds its own
    credentials; `api_base` is None for the provider's usual address; `wire` is the form of its API,
    None where that is LiteLLM's affair; `is_priced` says whether the price lists are its own.
    """

    engine: Literal["native", "litellm"]
    name: str
    key: str | None = field(repr=False)
    api_base: str | None
    hosted: bool = False
    wire: Wire | None = None
    is_priced: bool = True


def door_to(provider: str, settings: Settings) -> Door:
    """How `provider` is reached with these settings.

    Raises:
        SettingsError: there is no such provider; names the nearest.
        TurnError: its key is missing (`not_configured`); names the variable.
    """
    row = find_provider(provider, settings)
    if row is None or (row.engine == "litellm" and settings.engine == "native"):
        raise _unknown(provider, settings)
    api_base = _base(row, settings)
    key = _key(row, settings.secrets)
    if key is None and row.needs_key and (row.is_own or not _is_local(api_base)):
        raise _keyless(provider, row.key_variables)
    api_base = api_base or row.api_base
    if row.engine == "litellm" or (settings.engine == "litellm" and row.in_litellm):
        return Door("litellm", provider, key, _litellm_base(provider, api_base))
    if key is None and row.needs_key:
        key = "none"  # a server on this machine asks for none, the wire wants a word
    return Door(
        "native",
        row.engine_name,
        key or row.placeholder_key,
        api_base,
        row.hosted,
        row.wire,
        is_priced=not row.is_own,
    )


def _base(row: Provider, settings: Settings) -> str | None:
    found = (settings.base_of(name) for name in row.base_names)
    return next((url for url in found if url), None)


def _key(row: Provider, secrets: Mapping[str, str]) -> str | None:
    return next((secrets[name] for name in row.key_variables if secrets.get(name)), None)


def _litellm_base(provider: str, api_base: str | None) -> str | None:
    """LiteLLM adds the version path of these by itself."""
    if api_base and provider in ("anthropic", "ollama", "ollama_chat"):
        return api_base.rstrip("/").removesuffix("/v1")
    return api_base


def _is_local(url: str | None) -> bool:
    host = urlsplit(url or "").hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _keyless(provider: str, variables: tuple[str, ...]) -> TurnError:
    names = " or ".join(variables) or "its credentials"
    return TurnError(
        f"no key for {provider}: {names} is not set",
        reason="not_configured",
        hint=f"Set {names} in the environment or in .env, or try it without a key: --model demo.",
    )


def _unknown(provider: str, settings: Settings) -> SettingsError:
    rows = all_providers(settings)
    known = {DEMO, *(row.name for row in rows if settings.engine != "native" or row.wire)}
    near = get_close_matches(provider, sorted(known), n=1)
    hint = f'Did you mean "{near[0]}"?' if near else 'For example "openai", "anthropic" or "demo".'
    if provider in {row.name for row in rows}:
        hint = 'LiteLLM serves it, which engine = "native" leaves out.'
    return SettingsError(f'there is no provider "{provider}"', hint=hint)


@dataclass(frozen=True, slots=True)
class ProviderState:
    """Whether a provider can be called as things are; `key_variable` is what it wants, if it is."""

    name: str
    ready: bool
    key_variable: str | None


_USUAL = ("openai", "anthropic", "gemini", "groq", "mistral", "deepseek", "openrouter", "xai")


def usual_providers(settings: Settings) -> list[ProviderState]:
    """The demo, the usual providers and those of the settings; never a key."""
    found = [ProviderState(DEMO, ready=True, key_variable=None)]
    for name in dict.fromkeys((*_USUAL, *sorted(settings.providers), *sorted(settings.api_base))):
        row = find_provider(name, settings)
        if row is not None:
            variable = row.key_variables[0] if row.key_variables else None
            found.append(ProviderState(name, is_ready(row, settings), variable))
    return found


def is_ready(row: Provider, settings: Settings) -> bool:
    """Whether nothing is missing to call it: neither its key nor, for one of the user's, a part."""
    try:
        door_to(row.name, settings)
    except (SettingsError, TurnError):
        return False
    return True
