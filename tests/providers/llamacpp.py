"""The llama.cpp server: the chat dialect of OpenAI with its own errors and pages.

Written from "LLaMA.cpp HTTP Server" (tools/server/README.md of ggml-org/llama.cpp).
"""

from typing import Any

from tests.providers.dialect import Provider
from tests.providers.openai import Chat

MODEL = "qwen3-8b"
_KINDS = {401: "authentication_error", 404: "not_found_error", 501: "not_supported_error"}
_KINDS |= {503: "unavailable_error"}


class LlamaCpp(Chat):
    """Asks for no key; thoughts are `reasoning_content`."""

    def error(self, status: int, message: str) -> Any:
        kind = _KINDS.get(status, "invalid_request_error" if status < 500 else "server_error")
        return {"error": {"code": status, "message": message, "type": kind}}


PROVIDER = Provider(
    "openai",
    "/v1",
    (LlamaCpp(keyed=False),),
    {
        "/health": {"status": "ok"},
        "/v1/health": {"status": "ok"},
        "/v1/models": {
            "object": "list",
            "data": [{"id": MODEL, "object": "model", "created": 1, "owned_by": "llamacpp"}],
        },
    },
)
