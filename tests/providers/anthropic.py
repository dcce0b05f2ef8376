"""Anthropic messages.

Written from "Messages" of the Anthropic API reference, "Streaming messages", "Extended thinking",
"Tool use", "Web search tool", "Handling stop reasons" and "Errors" of its documentation
(platform.claude.com/docs). The documentation says that turns of the same role which follow each
other are joined, so they are no breach here.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from tests.providers.asked import Request, require, spoken, words
from tests.providers.dialect import Dialect, Provider, comment, sse
from tests.providers.script import (
    Answer,
    Call,
    Failure,
    Piece,
    Refusal,
    Search,
    Thought,
    Usage,
    blocks,
)

SIGNATURE = "EqQBCgIYAhIkMGJjOWY3ZjAtc2lnbmF0dXJl"
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_KINDS = {401: "authentication_error", 402: "billing_error", 403: "permission_error"}
_KINDS |= {404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error"}
_KINDS |= {500: "api_error", 504: "timeout_error", 503: "overloaded_error", 529: "overloaded_error"}
_Event = tuple[str, dict[str, Any], bool]
_STOPS = {"length": "max_tokens", "content_filter": "refusal"}


class Messages(Dialect):
    """POST /v1/messages."""

    lacks: ClassVar[frozenset[str]] = frozenset({"prompt_blocked", "others"})

    def serves(self, route: str) -> bool:
        return route == "/v1/messages"

    def read(self, request: Request) -> Request:
        given = request.body
        messages = [m for m in given.get("messages") or [] if isinstance(m, dict)]
        last = _parts(messages[-1]) if messages else []
        results = [part for part in last if part.get("type") == "tool_result"]
        return replace(
            request,
            model=str(given.get("model")),
            prompt=spoken(messages),
            tools=tuple(tool.get("name", "") for tool in given.get("tools") or ()),
            stream=bool(given.get("stream")),
            results=tuple((str(x.get("tool_use_id")), words(x.get("content"))) for x in results),
        )

    def judge(self, request: Request) -> None:
        given, headers = request.body, request.headers
        key = headers.get("x-api-key") or headers.get("authorization")
        require(key, "x-api-key header is required", 401)
        require(headers.get("anthropic-version"), "anthropic-version: header is required")
        for name in ("model", "max_tokens", "messages"):
            require(name in given, f"{name}: Field required")
        limit = given["max_tokens"]
        require(isinstance(limit, int), "max_tokens: Input should be a valid integer")
        require(limit > 0, "max_tokens: Input should be greater than or equal to 1")
        messages = given["messages"]
        require(messages, "messages: at least one message is required")
        first = messages[0].get("role") == "user"
        require(first, 'messages: first message must use the "user" role')
        for number, tool in enumerate(given.get("tools") or ()):
            named = _TOOL_NAME.fullmatch(tool.get("name", ""))
            require(named, f"tools.{number}.custom.name: String should match pattern")
            schema = "type" in tool or tool.get("input_schema", {}).get("type") == "object"
            require(schema, f"tools.{number}.custom.input_schema.type: Input should be 'object'")
        thinking = given.get("thinking") or {}
        if thinking.get("type") == "enabled":
            budget = thinking.get("budget_tokens", 0)
            require(limit > budget, "`max_tokens` must be greater than `thinking.budget_tokens`.")
            cool = given.get("temperature", 1) == 1
            require(cool, "`temperature` may only be set to 1 when thinking is enabled.")
        _judge_blocks(messages, thinking=thinking.get("type") == "enabled")

    def streamed(self, answer: Answer, request: Request) -> Iterator[bytes]:
        waiting = b""
        for kind, told, last in self._events(answer, request):
            waiting += sse({"type": kind, **told}, answer, kind)
            if last:
                yield comment(answer) + waiting
                waiting = b""
        if waiting:
            yield waiting

    def _events(self, answer: Answer, request: Request) -> Iterator[_Event]:
        """The events in order, and whether a piece ends with them."""
        message = {**_message(request), "content": [], "stop_reason": None, "stop_sequence": None}
        usage = counts(answer.usage, output=1)
        yield (
            "message_start",
            {"message": {**message, **({"usage": usage} if usage else {})}},
            False,
        )
        index = calls = 0
        for block in blocks(answer):
            if isinstance(block[0], Failure):
                yield "error", _error(block[0].status, block[0].message), True
                return
            for start, deltas in _content(block, request, calls):
                place = {"index": index}
                yield "content_block_start", {**place, "content_block": start}, False
                if index == 0 and not answer.pings:
                    yield "ping", {}, False
                for delta in deltas:
                    if answer.pings:
                        yield "ping", {}, False
                    said = delta["type"] != "signature_delta"
                    yield "content_block_delta", {**place, "delta": delta}, said
                yield "content_block_stop", place, False
                index += 1
            calls += isinstance(block[0], Call)
        if answer.finish_reason is not None:
            usage = counts(answer.usage, searches=len(answer.searches))
            if usage and answer.split_usage:
                usage = {"output_tokens": usage["output_tokens"]}
            end = {"delta": _stop(answer), **({"usage": usage} if usage else {})}
            yield "message_delta", end, True
        if answer.done:
            yield "message_stop", {}, True

    def whole(self, answer: Answer, request: Request) -> Any:
        content: list[dict[str, Any]] = []
        calls = 0
        for block in blocks(answer):
            content += [_filled(*pair) for pair in _content(block, request, calls)]
            calls += isinstance(block[0], Call)
        data = {**_message(request), "content": content, **_stop(answer)}
        usage = counts(answer.usage, searches=len(answer.searches))
        return {**data, "usage": usage} if usage else data

    def error(self, status: int, message: str) -> Any:
        return {"type": "error", **_error(status, message), "request_id": "req_011CSHoEeqs5C35K2UU"}


def _error(status: int, message: str) -> dict[str, Any]:
    usual = "invalid_request_error" if status < 500 else "api_error"
    return {"error": {"type": _KINDS.get(status, usual), "message": message}}


def _message(request: Request) -> dict[str, Any]:
    name = f"msg_{request.number}"
    return {"id": name, "type": "message", "role": "assistant", "model": request.model}


def _content(
    block: list[Piece], request: Request, number: int
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The content blocks of this block of pieces: how each starts, and its deltas."""
    match block[0]:
        case Call() as call:
            name = call.id or f"toolu_{request.number}_{number}"
            start = {"type": "tool_use", "id": name, "name": call.name, "input": {}}
            yield start, [{"type": "input_json_delta", "partial_json": x} for x in call.slices]
        case Thought():
            deltas = [{"type": "thinking_delta", "thinking": piece.text} for piece in block]  # type: ignore[union-attr]
            deltas.append({"type": "signature_delta", "signature": SIGNATURE})
            yield {"type": "thinking", "thinking": "", "signature": ""}, deltas
        case Search() as search:
            name = f"srvtoolu_{request.number}"
            query = Call("web_search", {"query": search.query}).text
            start = {"type": "server_tool_use", "id": name, "name": "web_search", "input": {}}
            yield start, [{"type": "input_json_delta", "partial_json": query}]
            found = [
                {"type": "web_search_result", "title": title, "url": url, "page_age": None}
                | {"encrypted_content": "EqgfCioIARgBIiQ3YTAwMjY1Mi1mZjM5"}
                for title, url in search.results
            ]
            yield {"type": "web_search_tool_result", "tool_use_id": name, "content": found}, []
        case _:
            texts = [piece.text if isinstance(piece, Refusal) else piece for piece in block]
            deltas = [{"type": "text_delta", "text": text} for text in texts]
            yield {"type": "text", "text": ""}, deltas


def _filled(start: dict[str, Any], deltas: list[dict[str, Any]]) -> dict[str, Any]:
    """The block that these deltas make."""
    if start["type"] in {"tool_use", "server_tool_use"}:
        text = "".join(delta["partial_json"] for delta in deltas)
        return {**start, "input": Call("", text).value}
    filled = dict(start)
    for delta in deltas:
        field = delta["type"].removesuffix("_delta")
        filled[field] = filled.get(field, "") + delta[field]
    return filled


def _stop(answer: Answer) -> dict[str, Any]:
    usual = "tool_use" if answer.calls else "end_turn"
    reason = {"stop": usual, **_STOPS}.get(answer.finish_reason or "", answer.finish_reason)
    if reason == "stop_sequence":
        return {"stop_reason": reason, "stop_sequence": "END"}
    stop: dict[str, Any] = {"stop_reason": reason, "stop_sequence": None}
    if reason == "refusal":
        stop["stop_details"] = {"type": "refusal", "category": None, "explanation": None}
    return stop


def counts(
    usage: Usage | dict[str, Any] | None, output: int | None = None, searches: int = 0
) -> dict[str, Any] | None:
    """The `usage` of an answer: what was cached is beside the input, not in it."""
    if not isinstance(usage, Usage):
        return usage
    told: dict[str, Any] = {"input_tokens": usage.input - (usage.cached or 0)}
    told |= {"cache_creation_input_tokens": 0, "cache_read_input_tokens": usage.cached or 0}
    told["output_tokens"] = usage.output if output is None else output
    if usage.reasoning is not None and output is None:
        told["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    if searches:
        told["server_tool_use"] = {"web_search_requests": searches}
    return told


def _parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    content = message.get("content")
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def _judge_blocks(messages: list[dict[str, Any]], *, thinking: bool) -> None:
    """Tool calls have their results in the message behind them; no text is empty."""
    waiting: list[str] = []
    for number, message in enumerate(messages):
        role, parts = message.get("role"), _parts(message)
        place = f"messages.{number}"
        require(
            role in {"user", "assistant"}, f"{place}.role: Input should be 'user' or 'assistant'"
        )
        kinds = [part.get("type") for part in parts]
        for part in parts:
            if part.get("type") == "text":
                require(part.get("text"), "messages: text content blocks must be non-empty")
            if part.get("type") == "thinking":
                require(
                    part.get("signature"), f"{place}.content.0.thinking.signature: Field required"
                )
        given = [part.get("tool_use_id") for part in parts if part.get("type") == "tool_result"]
        stray = f"{place}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: "
        require(
            set(given) <= set(waiting),
            stray + f"{given}. Each `tool_result` block must have a "
            "corresponding `tool_use` block in the previous message.",
        )
        missing = ", ".join(name for name in waiting if name not in given)
        require(
            not missing,
            f"{place}: `tool_use` ids were found without `tool_result` blocks "
            f"immediately after: {missing}. Each `tool_use` block must have a corresponding "
            "`tool_result` block in the next message.",
        )
        first = kinds[: len(given)] == ["tool_result"] * len(given)
        require(first, f"{place}: `tool_result` blocks must come before all other content")
        waiting = [str(part.get("id")) for part in parts if part.get("type") == "tool_use"]
        if thinking and waiting and role == "assistant":
            opened = kinds[0] in {"thinking", "redacted_thinking"}
            require(
                opened,
                f"{place}.content.0.type: Expected `thinking` or `redacted_thinking`, but "
                f"found `{kinds[0]}`. When `thinking` is enabled, a final `assistant` message must "
                "start with a thinking block.",
            )
    require(not waiting, f"`tool_use` ids were found without `tool_result` blocks: {waiting}")


PROVIDER = Provider(
    "anthropic",
    "/v1",
    (Messages(),),
    {
        "/v1/models": {
            "data": [
                {
                    "type": "model",
                    "id": "claude-sonnet-4-5",
                    "display_name": "Claude Sonnet 4.5",
                    "created_at": "2025-09-29T00:00:00Z",
                }
            ],
            "has_more": False,
            "first_id": "claude-sonnet-4-5",
            "last_id": "claude-sonnet-4-5",
        }
    },
)
