"""Which providers there are, who serves each, and what each needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import orjson
from dspy._vendor.lm15.registry import PROVIDERS
from dspy._vendor.lm15.router import LITELLM_PROVIDER_PREFIXES

from tactus.dspy.keys import key_variables
from tactus.errors import SettingsError, TurnError
from tactus.settings import Settings

DEMO = "demo"
_CHAT = ("openai-chat", "anthropic", "gemini")  # the dialects that a turn can be spoken in


@dataclass(frozen=True)
class Door:
    """How a provider is reached.

    `name` is the engine's own name of it; `key` is sent to it, or None when it finds its own
    credentials; `api_base` is None for the provider's usual address.
    """

    engine: Literal["native", "litellm"]
    name: str
    key: str | None = field(repr=False)
    api_base: str | None
    hosted: bool = False


def door_to(provider: str, settings: Settings) -> Door:
    """How `provider` is reached with these settings.

    Raises:
        SettingsError: there is no such provider; names the nearest.
        TurnError: its key is missing (`not_configured`); names the variable.
    """
    api_base = settings.base_of(provider)
    native = _native_names().get(provider)
    if native is None or settings.engine == "litellm":
        if native is None and (settings.engine == "native" or provider not in _litellm_names()):
            raise _unknown(provider, settings)
        variables, needed = key_variables(provider)
        if native:
            variables, needed = PROVIDERS[native].env_keys, not PROVIDERS[native].placeholder_key
        key = _key(variables, settings.secrets)
        if key is None and needed and not _is_local(api_base):
            raise _keyless(provider, variables)
        return Door("litellm", provider, key, _litellm_base(provider, api_base))
    definition = PROVIDERS[native]
    key = _key(definition.env_keys, settings.secrets) or definition.placeholder_key
    if key is None and _is_local(api_base):
        key = "none"  # a server on this machine asks for none, the wire wants a word
    if key is None and not definition.access.cloud_chain:
        raise _keyless(provider, definition.env_keys)
    return Door("native", native, key, api_base, definition.hosted)


def _native_names() -> Mapping[str, str]:
    """Names of providers that the native engine serves, with its own name of each.

    Those that would spend a person's stored login of another program are left out.
    """
    own = {
        name: name
        for name, definition in PROVIDERS.items()
        if definition.dialect in _CHAT and definition.credential_policy != "oauth"
    }
    return {**own, **LITELLM_PROVIDER_PREFIXES}


def _litellm_names() -> frozenset[str]:
    """Names of providers that LiteLLM serves, without importing it."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return frozenset()
    file = Path(spec.origin).with_name("provider_endpoints_support_backup.json")
    try:
        return frozenset(orjson.loads(file.read_bytes())["providers"])
    except (OSError, ValueError, KeyError):
        return frozenset()


def _key(variables: tuple[str, ...], secrets: Mapping[str, str]) -> str | None:
    return next((secrets[name] for name in variables if secrets.get(name)), None)


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
    known = {DEMO, *_native_names()}
    if settings.engine != "native":
        known |= _litellm_names()
    near = get_close_matches(provider, sorted(known), n=1)
    hint = f'Did you mean "{near[0]}"?' if near else 'For example "openai", "anthropic" or "demo".'
    return SettingsError(f'there is no provider "{provider}"', hint=hint)


@dataclass(frozen=True, slots=True)
class ProviderState:
    """Whether a provider can be called as things are; `key_variable` is what it wants, if it is."""

    name: str
    ready: bool
    key_variable: str | None


_USUAL = ("openai", "anthropic", "gemini", "groq", "mistral", "deepseek", "openrouter", "xai")


def usual_providers(settings: Settings) -> list[ProviderState]:
    """The demo, the usual providers and those with an address in the settings; never a key."""
    native = _native_names()
    found = [ProviderState(DEMO, ready=True, key_variable=None)]
    for name in dict.fromkeys((*_USUAL, *sorted(settings.api_base))):
        if name not in native:
            continue
        variables = PROVIDERS[native[name]].env_keys
        try:
            door_to(name, settings)
            ready = True
        except (SettingsError, TurnError):
            ready = False
        found.append(ProviderState(name, ready, variables[0] if variables else None))
    return found
