"""What stands in a span, and how its failure does."""

import json
from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import Span, Status, StatusCode
from opentelemetry.util.types import AttributeValue

_PROVIDERS = {  # where the conventions have a name of their own
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}


def provider_name(provider: str) -> str:
    """`provider` as the conventions call it."""
    return _PROVIDERS.get(provider, provider)


def known(values: Mapping[str, AttributeValue | None]) -> dict[str, AttributeValue]:
    """`values` without those that are unknown, each as an exporter can take it."""
    return {
        name: whole(value) if isinstance(value, str) else value
        for name, value in values.items()
        if value is not None
    }


def whole(text: str) -> str:
    """`text` without halves of characters: with one, an exporter loses all that it sends."""
    return text.encode("utf-8", "replace").decode()


def as_json(value: Any) -> str:
    """`value` as JSON text, which is how a span holds what is no plain value."""
    return json.dumps(value, ensure_ascii=False, default=str)


def fail(span: Span, code: str, message: str | None, at: int) -> None:
    """Mark `span` as failed with `code` at `at`, in nanoseconds; `message` only where it may be."""
    span.set_status(Status(StatusCode.ERROR, whole(message or code)))
    span.set_attribute("error.type", code)
    told = known({"exception.type": code, "exception.message": message})
    span.add_event("exception", told, timestamp=at)
