"""Gemini generateContent and streamGenerateContent?alt=sse.

Written from "Generating content" and "Function calling" of the Gemini API reference, its "Thought
signatures", "Safety settings" and "Troubleshooting" guides (ai.google.dev/gemini-api/docs), and the
error model of google.rpc.Status. Without `alt=sse` the real one streams a JSON array; this one
answers that with an error, as nothing of ours asks for it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from tests.providers.asked import Request, require, words
from tests.providers.dialect import Dialect, Provider, comment, encode, sse
from tests.providers.script import Answer, Call, Failure, Refusal, Search, Thought, Usage, grouped

SIGNATURE = "AY89a18iOcFus5wr5bW5xN6zZ4aUiCyhgmg6HE2Y"
_ROUTE = re.compile(r"/v1beta/models/([^/:]+):(generateContent|streamGenerateContent)")
_KINDS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"}
_KINDS |= {404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}
_KINDS |= {504: "DEADLINE_EXCEEDED"}
_FINISHES = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
_KNOWN = {"contents", "tools", "toolConfig", "safetySettings", "systemInstruction"}
_KNOWN |= {"generationConfig", "cachedContent", "model", "serviceTier", "store"}
_RATING = {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}


class GenerateContent(Dialect):
    """POST /v1beta/models/…; those named gemini-3… sign their calls and want it back."""

    lacks: ClassVar[frozenset[str]] = frozenset({"refusal"})

    def serves(self, route: str) -> bool:
        return _ROUTE.fullmatch(route) is not None

    def read(self, request: Request) -> Request:
        found = _ROUTE.fullmatch(request.route)
        model, verb = found.groups() if found else ("", "")
        contents = request.body.get("contents") or []
        said = [words(x.get("parts")) for x in contents if x.get("role", "user") == "user"]
        declared = [
            function.get("name", "")
            for tool in request.body.get("tools") or []
            for function in _either(tool, "functionDeclarations") or []
        ]
        return replace(
            request,
            model=model,
            prompt=next((text for text in reversed(said) if text), ""),
            tools=tuple(declared),
            stream=verb == "streamGenerateContent",
            results=tuple(
                (str(part.get("id") or part.get("name")), json.dumps(part.get("response")))
                for part in (_functions(contents[-1], "functionResponse") if contents else [])
            ),
        )

    def judge(self, request: Request) -> None:
        key = request.headers.get("x-goog-api-key") or request.query.get("key")
        key = key or request.headers.get("authorization")
        unknown_caller = "Method doesn't allow unregistered callers. Please use API Key."
        require(key, unknown_caller, 403)
        sse_asked = not request.stream or request.query.get("alt") == "sse"
        require(sse_asked, "This server streams with alt=sse only.")
        for name in request.body:
            known = _camel(name) in _KNOWN
            refused = f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
            require(known, refused)
        contents = request.body.get("contents") or []
        require(contents, "* GenerateContentRequest.contents: contents is not specified")
        _judge_turns(contents, signed=request.model.startswith("gemini-3"))

    def streamed(self, answer: Answer, request: Request) -> Iterator[bytes]:
        if answer.finish_reason == "prompt_blocked":
            yield sse(_blocked(answer, request), answer)
            return
        texts = 0
        for piece in grouped(answer):
            if isinstance(piece, Search):
                continue  # told with the end
            if isinstance(piece, Failure):
                error = self.error(piece.status, piece.message)
                yield encode([error], answer).encode() if piece.bare else sse(error, answer)
                return
            candidates = [_candidate(_parts(piece, request))]
            if isinstance(piece, str):
                others = [(*other, *[""] * 999)[texts] for other in answer.others]
                candidates += [_candidate([{"text": x}], at) for at, x in enumerate(others, 1)]
                texts += 1
            yield comment(answer) + sse(_response(candidates, request), answer)
        if answer.finish_reason is None or not answer.done:
            return
        endings = [self._end(answer, [{"text": ""}], at) for at in range(len(answer.others) + 1)]
        last = _response(endings, request)
        usage = counts(answer.usage)
        yield sse({**last, "usageMetadata": usage} if usage is not None else last, answer)

    def whole(self, answer: Answer, request: Request) -> Any:
        if answer.finish_reason == "prompt_blocked":
            return _blocked(answer, request)
        parts: list[dict[str, Any]] = []
        for piece in grouped(answer):
            if isinstance(piece, Search | Failure):
                continue
            for part in _parts(piece, request):
                last = parts[-1] if parts else {}
                same = part.get("thought") == last.get("thought")
                if "text" in part and "text" in last and same:
                    last["text"] += part["text"]
                    continue
                parts.append(part)
        candidates = [self._end(answer, parts)]
        for at, other in enumerate(answer.others, 1):
            candidates.append(self._end(answer, [{"text": "".join(other)}], at))
        data = _response(candidates, request)
        usage = counts(answer.usage)
        return data if usage is None else {**data, "usageMetadata": usage}

    def error(self, status: int, message: str) -> Any:
        kind = _KINDS.get(status, "INVALID_ARGUMENT" if status < 500 else "INTERNAL")
        return {"error": {"code": status, "message": message, "status": kind}}

    def _end(self, answer: Answer, parts: list[dict[str, Any]], index: int = 0) -> dict[str, Any]:
        """A candidate that ends."""
        finish = _FINISHES.get(answer.finish_reason or "", answer.finish_reason)
        candidate = _candidate(parts, index)
        if finish is not None:
            candidate["finishReason"] = finish
        if finish == "SAFETY":
            candidate["safetyRatings"] = [_RATING]
            if not any(part.get("text") or "functionCall" in part for part in parts):
                del candidate["content"]
        if answer.searches:
            chunks = [
                {"web": {"uri": url, "title": title}}
                for search in answer.searches
                for title, url in search.results
            ]
            queries = [search.query for search in answer.searches]
            candidate["groundingMetadata"] = {
                "webSearchQueries": queries,
                "groundingChunks": chunks,
            }
        return candidate


def _parts(piece: str | Thought | Refusal | list[Call], request: Request) -> list[dict[str, Any]]:
    match piece:
        case str():
            return [{"text": piece}]
        case Thought():
            return [{"text": piece.text, "thought": True}]
        case Refusal():
            return [{"text": piece.text}]
    parts: list[dict[str, Any]] = []
    for number, call in enumerate(piece):
        if not isinstance(call.arguments, dict):
            raise TypeError("gemini sends the arguments of a call as an object")
        function = {"name": call.name, "args": call.arguments}
        part: dict[str, Any] = {
            "functionCall": {**function, **({"id": call.id} if call.id else {})}
        }
        if request.model.startswith("gemini-3") and number == 0:
            part["thoughtSignature"] = SIGNATURE  # of parallel calls, only the first has one
        parts.append(part)
    return parts


def _candidate(parts: list[dict[str, Any]], index: int = 0) -> dict[str, Any]:
    return {"content": {"parts": parts, "role": "model"}, "index": index}


def _response(candidates: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    name = f"response-{request.number}"
    return {"candidates": candidates, "modelVersion": request.model, "responseId": name}


def _blocked(answer: Answer, request: Request) -> dict[str, Any]:
    """The prompt itself was refused: no candidate at all."""
    feedback = {"blockReason": "SAFETY", "safetyRatings": [_RATING]}
    data: dict[str, Any] = {"promptFeedback": feedback, "modelVersion": request.model}
    if isinstance(answer.usage, Usage):
        told = {"promptTokenCount": answer.usage.input, "totalTokenCount": answer.usage.input}
        data["usageMetadata"] = told
    return data


def counts(usage: Usage | dict[str, Any] | None) -> dict[str, Any] | None:
    """The `usageMetadata` of an answer: thoughts are beside the candidates, not in them."""
    if not isinstance(usage, Usage):
        return usage
    told = {"promptTokenCount": usage.input}
    told["candidatesTokenCount"] = usage.output - (usage.reasoning or 0)
    told["totalTokenCount"] = usage.input + usage.output
    if usage.cached is not None:
        told["cachedContentTokenCount"] = usage.cached
    if usage.reasoning is not None:
        told["thoughtsTokenCount"] = usage.reasoning
    return told


def _camel(name: str) -> str:
    """Both spellings of a field are taken."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def _either(given: dict[str, Any], name: str) -> Any:
    return next((value for key, value in given.items() if _camel(key) == name), None)


def _functions(content: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = [_either(part, kind) for part in content.get("parts") or []]
    return [value for value in found if value]


def _judge_turns(contents: list[dict[str, Any]], *, signed: bool) -> None:
    """Calls have as many responses in the turn behind them; the last turn is the user's."""
    waiting = 0
    for content in contents:
        role = content.get("role", "user")
        valid = "Please use a valid role: user, model."
        require(role in {"user", "model", "function"}, valid)
        require(content.get("parts"), "Unable to submit request because it must include parts.")
        given = len(_functions(content, "functionResponse"))
        require(
            given == waiting,
            "Please ensure that the number of function response parts is equal to the number of "
            "function call parts of the function call turn.",
        )
        waiting = len(_functions(content, "functionCall"))
        calls = [part for part in content["parts"] if _either(part, "functionCall")]
        if signed and calls:
            missing = "Function call is missing a thought_signature in functionCall parts."
            require(_either(calls[0], "thoughtSignature"), missing)
    require(
        contents[-1].get("role", "user") != "model",
        "Please ensure that single turn requests end with a user role or the role field is empty.",
    )


PROVIDER = Provider(
    "gemini",
    "/v1beta",
    (GenerateContent(),),
    {
        "/v1beta/models": {
            "models": [
                {
                    "name": "models/gemini-2.5-flash",
                    "displayName": "Gemini 2.5 Flash",
                    "supportedGenerationMethods": ["generateContent", "countTokens"],
                }
            ]
        }
    },
)
