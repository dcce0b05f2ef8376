"""The one table of providers: from DSPy's native client, LiteLLM's lists, and the user's own."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import orjson
from dspy._vendor.lm15.compat import AnthropicCompat, OpenAIChatCompat, OpenAIResponsesCompat
from dspy._vendor.lm15.registry import PROVIDERS, ProviderDefinition
from dspy._vendor.lm15.router import LITELLM_PROVIDER_PREFIXES

from tactus.dspy.keys import key_variables
from tactus.outside import OwnProvider
from tactus.settings import Settings

Wire = Literal["openai", "responses", "anthropic", "gemini"]

_WIRES: dict[str, Wire] = {
    "openai-chat": "openai",
    "openai-responses": "responses",
    "anthropic": "anthropic",
    "gemini": "gemini",
}
# The native client's name of the provider through which a server of the user's own is spoken to. Of
# the chat wire it is the plain form, which nearly every server takes, not OpenAI's own.
_SPOKEN_AS: dict[Wire, str] = {
    "openai": "vllm",
    "responses": "openai",
    "anthropic": "anthropic",
    "gemini": "gemini",
}


@dataclass(frozen=True, slots=True)
class Support:
    """What a provider can do: yes, no, or None where it is the model's affair or not known."""

    streaming: bool | None = None
    tools: bool | None = None
    schema: bool | None = None
    reasoning: bool | None = None
    usage: bool | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """One row.

    Attributes:
        name: what stands before the `/` of a model.
        engine: who speaks to it.
        engine_name: what the engine calls it.
        wire: the form of its API; None where that is LiteLLM's affair.
        key_variables: where its key may stand, the first one that is set counts.
        needs_key: whether it answers nobody without one; a cloud's credentials are no such key.
        placeholder_key: what is sent where there is no key and the wire wants a word.
        api_base: the usual address; None where the engine knows it.
        base_names: the settings `api_base.NAME` that move it, the first one that is set counts;
            each is also the variable `<NAME>_BASE_URL`.
        support: what it can do.
        in_litellm: whether LiteLLM serves it too, by the same name.
        hosted: whether it is a cloud with credentials of its own kind.
        is_own: whether it is the user's own.
    """

    name: str
    engine: Literal["native", "litellm"]
    engine_name: str
    wire: Wire | None
    key_variables: tuple[str, ...]
    needs_key: bool
    placeholder_key: str | None
    api_base: str | None
    base_names: tuple[str, ...]
    support: Support
    in_litellm: bool = False
    hosted: bool = False
    is_own: bool = False


_LOCAL = {  # servers of a person's own machine: port, and the variable of a key if they want one
    "llamacpp": (8080, ("LLAMACPP_API_KEY", "LLAMA_API_KEY")),
    "lmstudio": (1234, ("LMSTUDIO_API_KEY", "LM_API_TOKEN")),
    "vllm": (8000, ("VLLM_API_KEY",)),
}
_ALSO = {  # another name of the same, whose settings hold for it too
    "openai_responses": "openai",
    "lm_studio": "lmstudio",
    "hosted_vllm": "vllm",
    "ollama_chat": "ollama",
}


def find_provider(name: str, settings: Settings) -> Provider | None:
    """The row of `name`; None when there is no such provider."""
    own = settings.providers.get(name)
    return _own(name, own) if own is not None else _known().get(name)


def all_providers(settings: Settings) -> list[Provider]:
    """Every row: the user's own, those of the native client, then those of LiteLLM."""
    own = [_own(name, provider) for name, provider in settings.providers.items()]
    known = [row for name, row in _known().items() if name not in settings.providers]
    return own + known


def _own(name: str, provider: OwnProvider) -> Provider:
    spoken_as = _SPOKEN_AS[provider.wire]
    return Provider(
        name=name,
        engine="native",
        engine_name=spoken_as,
        wire=provider.wire,
        key_variables=(provider.key,) if provider.key else (),
        needs_key=provider.key is not None,
        placeholder_key=None if provider.key else "none",  # never the key of another provider
        api_base=provider.api_base,
        base_names=(name,),
        support=_native_support(PROVIDERS[spoken_as]),
        is_own=True,
    )


@cache
def _known() -> Mapping[str, Provider]:
    native = {
        name: name
        for name, definition in PROVIDERS.items()
        # a login that a person gave another program is not spent
        if definition.dialect in _WIRES and definition.credential_policy != "oauth"
    }
    native |= LITELLM_PROVIDER_PREFIXES
    native |= {"openai_responses": "openai"}
    rows = {name: _native(name, PROVIDERS[engine_name]) for name, engine_name in native.items()}
    rows |= {name: _local(name, name) for name in _LOCAL}
    rows |= {name: _local(name, _ALSO[name]) for name in ("hosted_vllm", "lm_studio")}
    others = _litellm_support()
    both = others.keys() & rows.keys() - {"vllm"}  # which LiteLLM runs in its own process
    rows |= {name: replace(rows[name], in_litellm=True) for name in both}
    return rows | {name: _litellm(name, others[name]) for name in others if name not in rows}


def _native(name: str, definition: ProviderDefinition) -> Provider:
    placeholder = definition.placeholder_key
    return Provider(
        name=name,
        engine="native",
        engine_name=definition.id,
        wire=_WIRES[definition.dialect],
        key_variables=definition.env_keys,
        needs_key=placeholder is None and not definition.access.cloud_chain,
        placeholder_key=placeholder,
        api_base=None,
        base_names=(name, *filter(None, (_ALSO.get(name),))),
        support=_native_support(definition),
        hosted=definition.hosted,
    )


def _local(name: str, server: str) -> Provider:
    port, variables = _LOCAL[server]
    return Provider(
        name=name,
        engine="native",
        engine_name="vllm",
        wire="openai",
        key_variables=variables,
        needs_key=False,
        placeholder_key="EMPTY",
        api_base=f"http://127.0.0.1:{port}/v1",
        base_names=tuple(dict.fromkeys((name, server))),
        support=_native_support(PROVIDERS["vllm"]),
    )


def _litellm(name: str, support: Support) -> Provider:
    variables, needed = key_variables(name)
    return Provider(
        name=name,
        engine="litellm",
        engine_name=name,
        wire=None,
        key_variables=variables,
        needs_key=needed,
        placeholder_key=None,
        api_base=None,
        base_names=(name,),
        support=support,
        in_litellm=True,
    )


def _native_support(definition: ProviderDefinition) -> Support:
    compat = _compat(definition)
    thinking = getattr(compat, "thinking_format", None) or getattr(compat, "reasoning_format", None)
    return Support(
        streaming=definition.supports.stream,
        tools=True,
        schema="reject"
        not in (getattr(compat, "json_schema", None), getattr(compat, "structured_output", None)),
        reasoning=thinking != "none",
        usage=getattr(compat, "stream_usage", "include") == "include",
    )


def _compat(definition: ProviderDefinition) -> Any:
    presets: dict[str, Any] = {
        "openai-chat": OpenAIChatCompat,
        "openai-responses": OpenAIResponsesCompat,
        "anthropic": AnthropicCompat,
    }
    if definition.dialect not in presets:
        return None
    usual = "anthropic" if definition.dialect == "anthropic" else "openai"
    name = definition.compat if isinstance(definition.compat, str) else usual
    return presets[definition.dialect].preset(name)


def _litellm_support() -> dict[str, Support]:
    """The providers that LiteLLM can chat with, from its own lists, without importing it."""
    endpoints = _list("provider_endpoints_support_backup.json").get("providers", {})
    told: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for model in _list("model_prices_and_context_window_backup.json").values():
        if model.get("mode") == "chat":
            told[model.get("litellm_provider", "")].append(model)

    def some(name: str, option: str) -> bool | None:
        return any(model.get(option) for model in told[name]) if told[name] else None

    return {
        name: Support(
            streaming=True,
            tools=some(name, "supports_function_calling"),
            schema=some(name, "supports_response_schema"),
            reasoning=some(name, "supports_reasoning"),
        )
        for name, provider in endpoints.items()
        if "/" not in name and provider["endpoints"].get("chat_completions")
    }


def _list(file: str) -> dict[str, Any]:
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    try:
        found = orjson.loads(Path(spec.origin).with_name(file).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
