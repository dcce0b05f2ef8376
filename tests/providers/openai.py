"""OpenAI chat completions, and what servers that speak them after OpenAI do otherwise.

Written from "Chat Completions" and "Chat Completions: streaming events" of the OpenAI API
reference (platform.openai.com/docs/api-reference/chat), "Function calling" and "Error codes" of its
guides; `reasoning_content` from DeepSeek's "Thinking mode", the `error:` line from GPUStack.

`openai_server` serves this wire alone; `body`, `stream` and `delta` write answers frame by frame.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, ClassVar

from tests.providers.asked import Breach, Request, require, spoken, words
from tests.providers.dialect import Dialect, Provider, comment, encode, sse
from tests.providers.script import (
    Answer,
    Call,
    Failure,
    Refusal,
    Thought,
    Usage,
    grouped,
)
from tests.providers.serving import Server, serve

__all__ = ["USAGE", "Answer", "Chat", "Request", "Server", "body", "delta", "frames"]
__all__ += ["openai_server", "stream"]

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_KINDS = {401: "invalid_request_error", 403: "invalid_request_error", 429: "requests"}
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


class Chat(Dialect):
    """POST …/chat/completions; `keyed` asks for a key, `reasoning` is the field of thoughts."""

    lacks: ClassVar[frozenset[str]] = frozenset({"prompt_blocked", "search"})

    def __init__(self, *, keyed: bool = True, reasoning: str = "reasoning_content") -> None:
        self._keyed = keyed
        self._reasoning = reasoning

    def serves(self, route: str) -> bool:
        return route.endswith("/chat/completions")

    def read(self, request: Request) -> Request:
        return read_chat(request, result_of="tool_call_id", stream=bool(request.body.get("stream")))

    def judge(self, request: Request) -> None:
        given = request.body
        if self._keyed:
            key = request.headers.get("authorization", "")
            require(key.startswith("Bearer ") and key[7:], "You didn't provide an API key.", 401)
        require(isinstance(given.get("model"), str), "you must provide a model parameter")
        messages = given.get("messages")
        require(isinstance(messages, list), "Missing required parameter: 'messages'.")
        require(
            messages, "Invalid 'messages': empty array. Expected an array with minimum length 1."
        )
        for tool in given.get("tools") or ():
            name = tool.get("function", {}).get("name", "")
            require(TOOL_NAME.fullmatch(name), "Invalid 'tools[0].function.name'")
        require(not given.get("tool_choice") or given.get("tools"), "'tool_choice' needs 'tools'.")
        _judge_calls(messages or [])

    def streamed(self, answer: Answer, request: Request) -> Iterator[bytes]:
        base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1}
        base["model"] = request.model
        asked = request.body.get("stream_options") or {}

        def chunk(said: dict[str, Any], finish: str | None = None, index: int = 0) -> bytes:
            choice = {"index": index, "delta": said, "finish_reason": finish}
            return sse({**base, "choices": [choice]}, answer)

        opened = False
        texts = 0
        for said in self._deltas(answer, request):
            if isinstance(said, Failure):
                error = self.error(said.status, said.message)
                line = f"error: {encode(error['error'], answer)}{answer.line_end * 2}".encode()
                yield line if said.bare else sse(error, answer)
                return
            role = {} if opened else {"role": "assistant"}
            frames = comment(answer) + chunk({**role, **said})
            if "content" in said:
                for index, other in enumerate(answer.others, 1):
                    frames += chunk({**role, "content": (*other, *[""] * 999)[texts]}, index=index)
                texts += 1
            opened = True
            yield frames
        if answer.finish_reason is not None:
            finish = self._finish(answer)
            yield b"".join(chunk({}, finish, i) for i in range(len(answer.others) + 1))
        if answer.usage is not None and asked.get("include_usage"):
            yield sse({**base, "choices": [], "usage": counts(answer.usage)}, answer)
        if answer.done:
            yield sse("[DONE]", answer)

    def _deltas(self, answer: Answer, request: Request) -> Iterator[dict[str, Any] | Failure]:
        number = 0
        for piece in grouped(answer):
            match piece:
                case str():
                    yield {"content": piece}
                case Thought():
                    yield {self._reasoning: piece.text}
                case Refusal():
                    yield {"refusal": piece.text}
                case Failure():
                    yield piece
                case [Call(size=int()) as call]:
                    opening = {"index": number, **called(call, request, number)}
                    opening["function"] = {"name": call.name, "arguments": ""}
                    yield {"tool_calls": [opening]}
                    for text in call.slices:
                        part = {"index": number, "function": {"arguments": text}}
                        yield {"tool_calls": [part]}
                    number += 1
                case list():
                    numbered = list(enumerate(piece, number))
                    calls = [{"index": at, **called(call, request, at)} for at, call in numbered]
                    yield {"tool_calls": calls}
                    number += len(piece)

    def whole(self, answer: Answer, request: Request) -> Any:
        message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
        if answer.pieces == () or (not answer.text and not answer.calls and not answer.refusal):
            message["content"] = ""
        if answer.thoughts:
            message[self._reasoning] = answer.thoughts
        message["refusal"] = answer.refusal or None
        if answer.calls:
            listed = enumerate(answer.calls)
            message["tool_calls"] = [called(call, request, number) for number, call in listed]
        finish = self._finish(answer)
        choices = [{"index": 0, "message": message, "finish_reason": finish}]
        for index, other in enumerate(answer.others, 1):
            message = {"role": "assistant", "content": "".join(other)}
            choices.append({"index": index, "message": message, "finish_reason": finish})
        data: dict[str, Any] = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1}
        data |= {"model": request.model, "choices": choices}
        return data if answer.usage is None else {**data, "usage": counts(answer.usage)}

    def error(self, status: int, message: str) -> Any:
        kind = _KINDS.get(status, "invalid_request_error" if status < 500 else "server_error")
        code = _CODES.get(status)
        return {"error": {"message": message, "type": kind, "param": None, "code": code}}

    def _finish(self, answer: Answer) -> str | None:
        usual = "tool_calls" if answer.calls else "stop"
        return {"stop": usual, "refusal": "stop"}.get(
            answer.finish_reason or "", answer.finish_reason
        )


def read_chat(request: Request, *, result_of: str, stream: bool) -> Request:
    """The request in the common terms; tool messages name their call in the field `result_of`."""
    given = request.body
    messages = [m for m in given.get("messages") or () if isinstance(m, dict)]
    results: list[tuple[str, str]] = []
    for message in messages:
        if message.get("role") == "assistant":
            results.clear()
        if message.get("role") == "tool":
            results.append((str(message.get(result_of, "")), words(message.get("content"))))
    tools = tuple(tool.get("function", {}).get("name", "") for tool in given.get("tools") or ())
    return replace(
        request,
        model=str(given.get("model")),
        prompt=spoken(messages),
        tools=tools,
        stream=stream,
        results=tuple(results),
    )


def called(call: Call, request: Request, number: int) -> dict[str, Any]:
    """A whole tool call, as a message holds it."""
    name = call.id or f"call_{request.number}_{number}"
    function = {"name": call.name, "arguments": call.text}
    return {"id": name, "type": "function", "function": function}


def counts(usage: Usage | dict[str, Any] | None) -> dict[str, Any] | None:
    """The `usage` of an answer."""
    if not isinstance(usage, Usage):
        return usage
    total = usage.input + usage.output
    told: dict[str, Any] = {"prompt_tokens": usage.input, "completion_tokens": usage.output}
    told["total_tokens"] = total
    if usage.cached is not None:
        told["prompt_tokens_details"] = {"cached_tokens": usage.cached}
    if usage.reasoning is not None:
        told["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
    return told


def _judge_calls(messages: list[dict[str, Any]]) -> None:
    """Every tool call has its result right behind it, and every result its call."""
    waiting: list[str] = []
    unanswered = (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to "
        "each 'tool_call_id'. The following tool_call_ids did not have response messages: "
    )
    for message in messages:
        role = message.get("role")
        require(role in {"system", "developer", "user", "assistant", "tool"}, "Invalid 'role'.")
        if role == "tool":
            stray = (
                "messages with role 'tool' must be a response to a preceeding message with "
                "'tool_calls'."
            )
            require(message.get("tool_call_id") in waiting, stray)
            waiting.remove(message["tool_call_id"])
            continue
        require(not waiting, unanswered + ", ".join(waiting))
        calls = message.get("tool_calls") or []
        needs = "Invalid value for 'content': expected a string, got null."
        require(calls or message.get("content") is not None or message.get("refusal"), needs)
        for call in calls:
            text = isinstance(call.get("function", {}).get("arguments"), str)
            require(text, "Invalid type for 'tool_calls[0].function.arguments': expected a string.")
        waiting = [call["id"] for call in calls]
    if waiting:
        raise Breach(unanswered + ", ".join(waiting))


PROVIDER = Provider(
    "openai",
    "/v1",
    (Chat(),),
    {
        "/v1/models": {
            "object": "list",
            "data": [{"id": "gpt-4o-mini", "object": "model", "created": 1, "owned_by": "system"}],
        }
    },
)


def frames(answer: Answer, model: str) -> Iterator[bytes]:
    """The SSE frames of a streamed answer, in order."""
    asked = Request("", {}, {"stream_options": {"include_usage": True}}, model=model)
    return Chat().streamed(answer, asked)


def body(content: bytes, kind: str | None, status: int = 200, **answer: Any) -> Answer:
    """An answer with this body, of this content type; the body ends with the connection."""
    lines = [f"HTTP/1.1 {status} Scripted", "Connection: close"]
    lines += [f"Content-Type: {kind}"] if kind else []
    return Answer(raw="\r\n".join([*lines, "", ""]).encode() + content, **answer)


def stream(*data: object, **answer: Any) -> Answer:
    """A streamed answer with these frames, each a JSON value, and then `[DONE]`."""
    frames = [*(json.dumps(frame) for frame in data), "[DONE]"]
    content = "".join(f"data: {frame}\n\n" for frame in frames).encode()
    return body(content, "text/event-stream", **answer)


def delta(finish_reason: str | None = None, **said: Any) -> dict[str, Any]:
    """A chunk in which the model says this."""
    return {"choices": [{"index": 0, "delta": said, "finish_reason": finish_reason}]}


def openai_server(
    *answers: Answer, choose: Callable[[Request], Answer] | None = None, port: int = 0
) -> AbstractAsyncContextManager[Server]:
    """Serve `answers` in order, the last one again and again; or what `choose` says."""
    return serve(PROVIDER, *answers, choose=choose, port=port)
