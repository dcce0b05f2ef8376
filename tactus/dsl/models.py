"""Which model a procedure means."""

from collections.abc import Mapping
from typing import Any

from tactus.errors import DefinitionError
from tactus.fields import nearest

Aliases = Mapping[str, str]
"""The user's own names for models, as `[models]` of the settings has them."""


def provider_and_model(options: Mapping[str, Any], aliases: Aliases) -> tuple[Any, Any]:
    """The provider and the model that an agent's options name, together, apart or by an alias.

    Raises:
        DefinitionError: one of them is missing.
    """
    provider, model = options.get("provider"), options.get("model")
    if provider is None and isinstance(model, str):
        model = aliases.get(model, model)
        if "/" in model:
            provider, model = model.split("/", 1)
        elif model == "demo":
            provider = "demo"
    elif isinstance(model, str) and isinstance(provider, str):
        model = model.removeprefix(f"{provider}/")
    if provider == "demo" and model is None:
        model = "demo"
    if model == "":
        raise DefinitionError("the model is empty", hint='Write model = "openai/gpt-4o-mini".')
    if model is None:
        raise DefinitionError(
            "an agent needs a model",
            hint='Write model = "openai/gpt-4o-mini", or provider = "demo" to try without a key.',
        )
    if provider is None:
        raise DefinitionError(
            f"the model {model!r} has no provider{_alias_near(model, aliases)}",
            hint=f'Write provider = "openai", or model = "openai/{model}".',
        )
    return provider, model


def in_full(model: Any, aliases: Aliases) -> str:
    """The model `model` with its provider, as `openai/gpt-4o-mini`.

    Raises:
        DefinitionError: it is no text, or names no provider.
    """
    if not isinstance(model, str):
        raise DefinitionError(
            "fallback takes a list of models", hint='Write fallback = {"openai/gpt-4o-mini"}.'
        )
    provider, name = provider_and_model({"model": model}, aliases)
    return f"{provider}/{name}"


def _alias_near(model: Any, aliases: Aliases) -> str:
    return f", and is no name in [models].{nearest(str(model), aliases)}" if aliases else ""
