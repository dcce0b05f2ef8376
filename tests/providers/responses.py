"""OpenAI responses.

Written from "Responses" and "Responses: streaming events" of the OpenAI API reference
(platform.openai.com/docs/api-reference/responses-streaming).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from tests.providers.asked import Request, require, spoken, words
from tests.providers.dialect import Dialect, Provider, comment, sse
from tests.providers.openai import TOOL_NAME, Chat
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

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


class Responses(Dialect):
    """POST …/responses."""

    lacks: ClassVar[frozenset[str]] = frozenset({"prompt_blocked", "others"})

    def serves(self, route: str) -> bool:
        return route.endswith("/responses")

    def read(self, request: Request) -> Request:
        given = request.body
        items = _items(given)
        results: list[tuple[str, str]] = []
        for item in items:
            if item.get("type") == "function_call_output":
                results.append((str(item.get("call_id")), words(item.get("output"))))
            else:
                results.clear()
        tools = given.get("tools") or ()
        return replace(
            request,
            model=str(given.get("model")),
            prompt=spoken(items),
            tools=tuple(tool.get("name", "") for tool in tools if tool.get("type") == "function"),
            stream=bool(given.get("stream")),
            results=tuple(results),
        )

    def judge(self, request: Request) -> None:
        given = request.body
        key = request.headers.get("authorization", "")
        require(key.startswith("Bearer ") and key[7:], "You didn't provide an API key.", 401)
        require(isinstance(given.get("model"), str), "Missing required parameter: 'model'.")
        require(given.get("input"), "Missing required parameter: 'input'.")
        unknown = [name for name in ("messages", "max_tokens", "stream_options") if name in given]
        allowed = not unknown or unknown == ["stream_options"]
        require(allowed, f"Unsupported parameter: '{''.join(unknown[:1])}'.")
        for tool in given.get("tools") or ():
            named = tool.get("type") != "function" or TOOL_NAME.fullmatch(tool.get("name", ""))
            require(named, "Missing required parameter: 'tools[0].name'.")
        waiting: list[str] = []
        for item in _items(given):
            if item.get("type") == "function_call":
                waiting.append(str(item.get("call_id")))
            if item.get("type") == "function_call_output":
                name = str(item.get("call_id"))
                require(
                    name in waiting,
                    f"No tool call found for function call output with call_id {name}.",
                )
                waiting.remove(name)
        require(not waiting, f"No tool output found for function call {', '.join(waiting)}.")

    def streamed(self, answer: Answer, request: Request) -> Iterator[bytes]:
        events = _Events(answer)
        begun = {**_response(request), "status": "in_progress", "output": [], "usage": None}
        waiting = events("response.created", response=begun)
        waiting += events("response.in_progress", response=begun)
        output: list[dict[str, Any]] = []
        for block in blocks(answer):
            if isinstance(block[0], Failure):
                yield waiting + _failed(events, block[0], begun, output)
                return
            item = _item(block, request, len(output))
            for frames, piece in _told(events, item, block, len(output)):
                waiting += frames
                if piece:
                    yield comment(answer) + waiting
                    waiting = b""
            output.append(item)
        if answer.finish_reason is not None and answer.done:
            ended = self.whole(answer, request)
            yield waiting + events(f"response.{ended['status']}", response=ended)
        elif waiting:
            yield waiting

    def whole(self, answer: Answer, request: Request) -> Any:
        output: list[dict[str, Any]] = []
        for block in blocks(answer):
            if not isinstance(block[0], Failure):
                output.append(_item(block, request, len(output)))
        why = _INCOMPLETE.get(answer.finish_reason or "")
        data = {**_response(request), "output": output, "usage": counts(answer.usage)}
        data["incomplete_details"] = {"reason": why} if why else None
        return {**data, "status": "incomplete" if why else "completed"}

    def error(self, status: int, message: str) -> Any:
        return Chat().error(status, message)


class _Events:
    """Numbers the events of one answer."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._number = -1

    def __call__(self, kind: str, **told: Any) -> bytes:
        self._number += 1
        return sse({"type": kind, "sequence_number": self._number, **told}, self._answer, kind)


def _item(block: list[Piece], request: Request, index: int) -> dict[str, Any]:
    """The finished output item that this block of pieces is."""
    name = f"{request.number}_{index}"
    match block[0]:
        case Call() as call:
            item = {"id": f"fc_{name}", "type": "function_call", "status": "completed"}
            return item | {
                "name": call.name,
                "arguments": call.text,
                "call_id": call.id or f"call_{name}",
            }
        case Search() as search:
            action = {"type": "search", "query": search.query}
            item = {"id": f"ws_{name}", "type": "web_search_call", "status": "completed"}
            return {**item, "action": action}
        case Thought():
            summary = [{"type": "summary_text", "text": _text(block)}]
            return {"id": f"rs_{name}", "type": "reasoning", "summary": summary}
        case Refusal():
            part: dict[str, Any] = {"type": "refusal", "refusal": _text(block)}
        case _:
            part = {"type": "output_text", "text": _text(block), "annotations": []}
    item = {"id": f"msg_{name}", "type": "message", "status": "completed", "role": "assistant"}
    return {**item, "content": [part]}


def _told(
    events: _Events, item: dict[str, Any], block: list[Piece], index: int
) -> Iterator[tuple[bytes, bool]]:
    """The events of one item, and whether a piece ends with them."""
    place = {"item_id": item["id"], "output_index": index}
    opened: dict[str, Any] = {**item, "status": "in_progress"}
    closed = {"output_index": index, "item": item}
    match item["type"]:
        case "function_call":
            opened["arguments"] = ""
            yield events("response.output_item.added", output_index=index, item=opened), False
            kind = "response.function_call_arguments"
            for text in block[0].slices:  # type: ignore[union-attr]
                yield events(f"{kind}.delta", **place, delta=text), True
            whole = {"name": item["name"], "arguments": item["arguments"]}
            yield events(f"{kind}.done", **place, **whole), False
        case "web_search_call":
            yield events("response.output_item.added", output_index=index, item=opened), False
            for stage in ("in_progress", "searching", "completed"):
                last = stage == "completed"
                yield events(f"response.web_search_call.{stage}", **place), last
        case _:
            reasoning = item["type"] == "reasoning"
            opened["summary" if reasoning else "content"] = []
            yield events("response.output_item.added", output_index=index, item=opened), False
            whole = (item["summary"] if reasoning else item["content"])[0]
            field = "refusal" if whole["type"] == "refusal" else "text"
            kind = whole["type"].replace("summary_text", "reasoning_summary_text")
            odds: dict[str, Any] = {"logprobs": []} if whole["type"] == "output_text" else {}
            part = "reasoning_summary_part" if reasoning else "content_part"
            place["summary_index" if reasoning else "content_index"] = 0
            yield events(f"response.{part}.added", **place, part={**whole, field: ""}), False
            for piece in block:
                text = piece if isinstance(piece, str) else piece.text  # type: ignore[union-attr]
                yield events(f"response.{kind}.delta", **place, delta=text, **odds), True
            yield events(f"response.{kind}.done", **place, **odds, **{field: whole[field]}), False
            yield events(f"response.{part}.done", **place, part=whole), False
    yield events("response.output_item.done", **closed), False


def _failed(
    events: _Events, failure: Failure, begun: dict[str, Any], output: list[dict[str, Any]]
) -> bytes:
    code = "rate_limit_exceeded" if failure.status == 429 else "server_error"
    error = {"code": code, "message": failure.message}
    if failure.bare:
        return events("error", **error, param=None)
    ended = {**begun, "status": "failed", "output": output, "error": error}
    return events("response.failed", response=ended)


def _text(block: list[Piece]) -> str:
    return "".join(x if isinstance(x, str) else x.text for x in block)  # type: ignore[union-attr]


def _response(request: Request) -> dict[str, Any]:
    data = {"id": f"resp_{request.number}", "object": "response", "created_at": 1}
    data |= {"model": request.model, "error": None, "incomplete_details": None}
    given = {name: request.body.get(name) for name in ("instructions", "tools", "tool_choice")}
    given["tools"] = given["tools"] or []
    given["tool_choice"] = given["tool_choice"] or "auto"
    return {**data, **given, "parallel_tool_calls": True, "metadata": {}}


def _items(given: dict[str, Any]) -> list[dict[str, Any]]:
    asked = given.get("input")
    if isinstance(asked, str):
        return [{"role": "user", "content": asked}]
    return [item for item in asked or [] if isinstance(item, dict)]


def counts(usage: Usage | dict[str, Any] | None) -> dict[str, Any] | None:
    """The `usage` of an answer."""
    if not isinstance(usage, Usage):
        return usage
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached or 0, "cache_write_tokens": 0},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        "total_tokens": usage.input + usage.output,
    }


PROVIDER = Provider("openai", "/v1", (Responses(),))
