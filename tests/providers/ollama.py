"""Ollama: its own /api/chat as newline-delimited JSON, and OpenAI's chat dialect below /v1.

Written from "API" (docs/api.md of ollama/ollama: chat, list local models, version), "Streaming",
"Errors" and "OpenAI compatibility" of its documentation.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from tests.providers.asked import Request, require
from tests.providers.dialect import Dialect, Provider, encode
from tests.providers.openai import Chat, read_chat
from tests.providers.script import Answer, Call, Failure, Thought, Usage, grouped

MODEL = "llama3.2:latest"
_WHEN = "2026-01-01T12:00:00.000000001Z"


class OllamaChat(Dialect):
    """POST /api/chat; streams unless told not to."""

    media_type: ClassVar[str] = "application/x-ndjson"
    lacks: ClassVar[frozenset[str]] = frozenset(
        {"refusal", "content_filter", "prompt_blocked", "search", "others", "comment"}
        | {"cached", "reasoning"}
    )

    def serves(self, route: str) -> bool:
        return route == "/api/chat"

    def read(self, request: Request) -> Request:
        streamed = request.body.get("stream") is not False
        return read_chat(request, result_of="tool_name", stream=streamed)

    def judge(self, request: Request) -> None:
        require(request.body.get("model"), "model is required")
        for message in request.body.get("messages") or []:
            require(
                message.get("role") in {"system", "user", "assistant", "tool"},
                f'invalid role: {message.get("role")}, must be one of ["system" "user" "assistant" '
                '"tool"]',
            )
            typed = (
                "json: cannot unmarshal {} into Go struct field ChatRequest.messages.{} of type {}"
            )
            text = isinstance(message.get("content", ""), str | None)
            require(text, typed.format("array", "content", "string"))
            for call in message.get("tool_calls") or []:
                given = call.get("function", {}).get("arguments", {})
                field = "tool_calls.function.arguments"
                table = "api.ToolCallFunctionArguments"
                require(isinstance(given, dict), typed.format("string", field, table))

    def streamed(self, answer: Answer, request: Request) -> Iterator[bytes]:
        for piece in grouped(answer):
            match piece:
                case str():
                    yield self._line(answer, request, {"content": piece})
                case Thought():
                    yield self._line(answer, request, {"content": "", "thinking": piece.text})
                case list():
                    calls = [_called(call, number) for number, call in enumerate(piece)]
                    yield self._line(answer, request, {"content": "", "tool_calls": calls})
                case Failure():
                    error = self.error(piece.status, piece.message)
                    yield (encode(error, answer) + answer.line_end).encode()
                    return
        if answer.finish_reason is not None and answer.done:
            yield self._line(answer, request, {"content": ""}, _end(answer))

    def whole(self, answer: Answer, request: Request) -> Any:
        message: dict[str, Any] = {"role": "assistant", "content": answer.text}
        if answer.thoughts:
            message["thinking"] = answer.thoughts
        if answer.calls:
            message["tool_calls"] = [_called(call, at) for at, call in enumerate(answer.calls)]
        data = {"model": request.model, "created_at": _WHEN, "message": message}
        return data | (_end(answer) if answer.finish_reason is not None else {"done": False})

    def error(self, status: int, message: str) -> Any:
        return {"error": message}

    def broken(self, answer: Answer) -> bytes:
        return b'{"model": "llama3.2", "message": {"cont' + answer.line_end.encode()

    def _line(
        self,
        answer: Answer,
        request: Request,
        said: dict[str, Any],
        end: dict[str, Any] | None = None,
    ) -> bytes:
        data: dict[str, Any] = {"model": request.model, "created_at": _WHEN}
        data |= {"message": {"role": "assistant", **said}, **(end or {"done": False})}
        return (encode(data, answer) + answer.line_end).encode()


def _called(call: Call, number: int) -> dict[str, Any]:
    if not isinstance(call.arguments, dict):
        raise TypeError("ollama sends the arguments of a call as an object")
    function = {"index": number, "name": call.name, "arguments": call.arguments}
    return {"id": call.id, "function": function} if call.id else {"function": function}


def _end(answer: Answer) -> dict[str, Any]:
    """What the last line adds; durations are in nanoseconds."""
    end: dict[str, Any] = {"done": True, "done_reason": answer.finish_reason}
    end |= {"total_duration": 4883583458, "load_duration": 1334875}
    if isinstance(answer.usage, Usage):
        end |= {"prompt_eval_count": answer.usage.input, "prompt_eval_duration": 342546000}
        end |= {"eval_count": answer.usage.output, "eval_duration": 4535599000}
    return end | (answer.usage if isinstance(answer.usage, dict) else {})


class OllamaOpenAI(Chat):
    """Below /v1: thoughts are `reasoning`, errors say `api_error`."""

    def error(self, status: int, message: str) -> Any:
        kind = {404: "not_found_error"}.get(status)
        kind = kind or ("invalid_request_error" if status < 500 else "api_error")
        return {"error": {"message": message, "type": kind, "param": None, "code": None}}


PROVIDER = Provider(
    "ollama_chat",
    "/v1",
    (OllamaChat(), OllamaOpenAI(keyed=False, reasoning="reasoning")),
    {
        "/api/version": {"version": "0.12.6"},
        "/api/tags": {
            "models": [
                {
                    "name": MODEL,
                    "model": MODEL,
                    "modified_at": _WHEN,
                    "size": 2019393189,
                    "digest": "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72",
                    "details": {
                        "parent_model": "",
                        "format": "gguf",
                        "family": "llama",
                        "families": ["llama"],
                        "parameter_size": "3.2B",
                        "quantization_level": "Q4_K_M",
                    },
                }
            ]
        },
        "/v1/models": {
            "object": "list",
            "data": [{"id": MODEL, "object": "model", "created": 1, "owned_by": "library"}],
        },
    },
)
