"""A plain reading of what the servers send, by what each provider's documentation says of it."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
from httpx_sse import EventSource, ServerSentEvent


@dataclass
class Folded:
    """What one answer says: `counts` are the provider's own words for its tokens."""

    text: str = ""
    thoughts: str = ""
    refusal: str = ""
    calls: list[list[str]] = field(default_factory=list)  # name, arguments as text
    finish: str | None = None
    counts: dict[str, Any] | None = None
    searches: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def called(self) -> list[tuple[str, Any]]:
        return [(name, json.loads(text)) for name, text in self.calls]


def events_of(body: bytes) -> list[ServerSentEvent]:
    """The events of a body, which may begin with a byte order mark."""
    plain = body.removeprefix(b"\xef\xbb\xbf")
    kind = {"content-type": "text/event-stream"}
    return list(EventSource(httpx.Response(200, headers=kind, content=plain)).iter_sse())


def fold(wire: str, body: bytes, *, streamed: bool) -> Folded:
    """Read a whole body."""
    if not streamed:
        whole = json.loads(body)
        match wire:
            case "anthropic":
                return _anthropic_whole(whole)
            case "gemini":
                return _gemini([whole])
            case "ollama":
                return _ollama([whole])
            case "responses":
                return _responses([{"type": "response.completed", "response": whole}])
        return _chat_whole(whole)
    if wire == "ollama":
        text = body.decode().removeprefix("\ufeff")
        return _ollama([json.loads(line) for line in text.split("\n") if line.strip()])
    events = [event.data for event in events_of(body)]
    data = [json.loads(text) for text in events if text != "[DONE]"]
    reader = {"anthropic": _anthropic, "gemini": _gemini, "responses": _responses}
    return reader.get(wire, _chat)(data)


def _chat(chunks: list[dict[str, Any]]) -> Folded:
    folded = Folded(events=chunks)
    for chunk in chunks:
        folded.counts = chunk.get("usage") or folded.counts
        for choice in [x for x in chunk["choices"] if x["index"] == 0]:
            delta = choice["delta"]
            folded.text += delta.get("content") or ""
            folded.thoughts += delta.get("reasoning_content") or ""
            folded.refusal += delta.get("refusal") or ""
            for call in delta.get("tool_calls") or []:
                if call["index"] == len(folded.calls):
                    folded.calls.append([call["function"]["name"], ""])
                folded.calls[call["index"]][1] += call["function"]["arguments"]
            folded.finish = choice["finish_reason"] or folded.finish
    return folded


def _chat_whole(data: dict[str, Any]) -> Folded:
    choice = data["choices"][0]
    message = choice["message"]
    calls = [call["function"] for call in message.get("tool_calls") or []]
    return Folded(
        message["content"] or "",
        message.get("reasoning_content", ""),
        message.get("refusal") or "",
        [[call["name"], call["arguments"]] for call in calls],
        choice["finish_reason"],
        data.get("usage"),
    )


def _responses(events: list[dict[str, Any]]) -> Folded:
    folded = Folded(events=events)
    said = {"output_text": "", "refusal": "", "reasoning_summary_text": ""}
    for event in events:
        kind = event["type"].removeprefix("response.").removesuffix(".delta")
        if kind in said and event["type"].endswith(".delta"):
            said[kind] += event["delta"]
    for item in events[-1]["response"]["output"]:
        if item["type"] == "function_call":
            folded.calls.append([item["name"], item["arguments"]])
        if item["type"] == "web_search_call":
            folded.searches.append(item["action"]["query"])
        if item["type"] == "reasoning":
            folded.thoughts += item["summary"][0]["text"]
        for part in item.get("content") or []:
            folded.text += part.get("text", "")
            folded.refusal += part.get("refusal", "")
    ended = events[-1]["response"]
    folded.finish = (ended["incomplete_details"] or {}).get("reason", ended["status"])
    folded.counts = ended["usage"]
    if len(events) > 1:  # what came in pieces is what the end says
        assert list(said.values()) == [folded.text, folded.refusal, folded.thoughts]
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
    return folded


def _anthropic(events: list[dict[str, Any]]) -> Folded:
    message: dict[str, Any] = {}
    for event in events:
        match event["type"]:
            case "message_start":
                message = dict(event["message"])
            case "content_block_start":
                assert event["index"] == len(message["content"])
                message["content"].append({**event["content_block"], "json": ""})
            case "content_block_delta":
                block, delta = message["content"][event["index"]], event["delta"]
                kind = delta["type"].removesuffix("_delta")
                field = "json" if kind == "input_json" else kind
                block[field] += delta.get("partial_json", delta.get(kind, ""))
            case "message_delta":
                message |= event["delta"]
                if "usage" in event:
                    message["usage"] = message.get("usage", {}) | event["usage"]
    for block in message["content"]:
        if block["json"]:
            block["input"] = json.loads(block["json"])
    folded = _anthropic_whole(message)
    folded.events = events
    return folded


def _anthropic_whole(message: dict[str, Any]) -> Folded:
    folded = Folded(finish=message["stop_reason"], counts=message.get("usage"))
    for block in message["content"]:
        match block["type"]:
            case "text":
                folded.text += block["text"]
            case "thinking":
                assert block["signature"]
                folded.thoughts += block["thinking"]
            case "tool_use":
                folded.calls.append([block["name"], json.dumps(block["input"])])
            case "server_tool_use":
                folded.searches.append(block["input"]["query"])
    return folded


def _gemini(chunks: list[dict[str, Any]]) -> Folded:
    folded = Folded(events=chunks)
    for chunk in chunks:
        folded.counts = chunk.get("usageMetadata") or folded.counts
        folded.finish = chunk.get("promptFeedback", {}).get("blockReason") or folded.finish
        for candidate in [x for x in chunk.get("candidates", ()) if x["index"] == 0]:
            folded.finish = candidate.get("finishReason") or folded.finish
            folded.searches += candidate.get("groundingMetadata", {}).get("webSearchQueries", [])
            for part in candidate.get("content", {}).get("parts", ()):
                if "functionCall" in part:
                    call = part["functionCall"]
                    folded.calls.append([call["name"], json.dumps(call["args"])])
                elif part.get("thought"):
                    folded.thoughts += part["text"]
                else:
                    folded.text += part["text"]
    return folded


def _ollama(lines: list[dict[str, Any]]) -> Folded:
    folded = Folded(events=lines, finish=lines[-1].get("done_reason"), counts=lines[-1])
    for line in lines:
        message = line["message"]
        folded.text += message["content"]
        folded.thoughts += message.get("thinking", "")
        for call in message.get("tool_calls", ()):
            function = call["function"]
            folded.calls.append([function["name"], json.dumps(function["arguments"])])
    return folded
