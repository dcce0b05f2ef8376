"""The API described by itself: OpenAPI 3.1, and the JSON Schema of the events."""

import re
from functools import cache, lru_cache
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ide_backend.backend import backend_of
from ide_backend.problem import json_response
from ide_backend.routes import answers, asked
from tactus import __version__
from tactus.events import EVENT, EventRecord

_BODIES: dict[str, type[BaseModel]] = {
    "session": asked.SessionBody,
    "write_file": asked.WriteBody,
    "new_file": asked.NewFileBody,
    "delete_file": asked.DeleteBody,
    "check": asked.CheckBody,
    "start_run": asked.RunBody,
    "stop_run": asked.NothingBody,
    "rerun": asked.RerunBody,
    "delete_run": asked.NothingBody,
    "answer_question": asked.AnswerBody,
    "run_and_stream": asked.StreamBody,
}
_ANSWERS: dict[str, Any] = {
    "list_files": answers.FileList,
    "read_file": answers.FileText,
    "write_file": answers.FileVersion,
    "new_file": answers.FileText,
    "list_templates": list[answers.Template],
    "check": answers.Checked,
    "language": answers.Language,
    "list_runs": answers.RunList,
    "one_run": answers.RunAndSource,
    "start_run": answers.OneRun,
    "stop_run": answers.OneRun,
    "rerun": answers.OneRun,
    "list_questions": answers.QuestionList,
    "answer_question": answers.Answered,
    "list_turns": answers.TurnList,
    "analytics": answers.Analytics,
    "models": answers.Models,
    "health": answers.Health,
    "openapi": dict[str, Any],
    "event_schema": dict[str, Any],
}
_STATUS = {  # of success, where it is not 200
    **dict.fromkeys(("new_file", "start_run", "rerun"), 201),
    "stop_run": 202,
    **dict.fromkeys(("session", "delete_file", "delete_run"), 204),
}
_Kind = tuple[str, Literal["validation", "serialization"], TypeAdapter[Any]]

_STREAMS = ("run_events", "all_events", "run_and_stream")
_WHOLE = {"type": "integer", "minimum": 0, "maximum": 10**15}
_TEXT = {"type": "string"}
_STREAM_QUERY = {
    "after": _TEXT,
    "format": {"enum": ["llm", "message", "text", "agui", "vercel", "cloudevents"]},
    "text": {"enum": ["both", "delta"]},
}
_QUERY: dict[str, dict[str, Any]] = {
    "list_runs": {
        **dict.fromkeys(("status", "procedure", "q", "goal"), _TEXT),
        **dict.fromkeys(("before", "limit"), _WHOLE),
    },
    "list_turns": {"status": _TEXT, "run": _TEXT, "limit": _WHOLE},
    "list_questions": {"run": _TEXT},
    "analytics": {"since": _WHOLE, "bucket": _WHOLE},
    "run_events": {**_STREAM_QUERY, "after": _WHOLE},
    "all_events": {**_STREAM_QUERY, **dict.fromkeys(("run", "goal", "type"), _TEXT)},
}


async def event_schema(_: Request) -> Response:
    """The JSON Schema of every event, as it is sent."""
    return json_response(events_schema())


async def openapi(request: Request) -> Response:
    """This description."""
    return json_response(_described(request.app, backend_of(request).door.cookie))


@lru_cache(maxsize=1)
def _described(app: Starlette, cookie: str) -> dict[str, Any]:
    return describe([route for route in app.routes if isinstance(route, Route)], cookie)


@cache
def events_schema() -> dict[str, Any]:
    """The record's fields beside those of one event; readers ignore what they do not know."""
    union = EVENT.json_schema(mode="serialization", ref_template="#/$defs/{model}")
    definitions = union.pop("$defs")
    record = EventRecord.model_json_schema(mode="serialization")
    fields = {name: kind for name, kind in record["properties"].items() if name != "event"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:tactus:events:1",
        "title": "A Tactus event",
        "type": "object",
        "properties": fields,
        "required": ["seq", "run_id", "timestamp", "event_type"],
        "oneOf": union["oneOf"],
        "$defs": definitions,
    }


def describe(routes: list[Route], cookie: str) -> dict[str, Any]:
    """The OpenAPI document of `routes`; `cookie` is the name of the session's."""
    asked_for: list[_Kind] = [(n, "validation", TypeAdapter(kind)) for n, kind in _BODIES.items()]
    answered: list[_Kind] = [
        (name, "serialization", TypeAdapter(kind)) for name, kind in _ANSWERS.items()
    ]
    schemas, shared = TypeAdapter.json_schemas(
        [*asked_for, *answered], ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = re.sub(r"{(\w+)(?::\w+)?}", r"{\1}", route.path)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            operation = _operation(route, path)
            if body := schemas.get((route.name, "validation")):
                operation["requestBody"] = {"required": True, "content": _json(body)}
            operation["responses"] = _responses(
                route.name, schemas.get((route.name, "serialization"), {})
            )
            paths.setdefault(path, {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tactus IDE", "version": __version__},
        "security": [{"cookie": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": {**shared.get("$defs", {}), "Problem": _PROBLEM},
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": cookie},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(route: Route, path: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": (route.endpoint.__doc__ or "").strip().split("\n")[0],
        "parameters": [
            *(_parameter("path", name, _TEXT) for name in re.findall(r"{(\w+)}", path)),
            *(_parameter("query", name, kind) for name, kind in _QUERY.get(route.name, {}).items()),
        ],
    }
    if route.name in _PUBLIC:
        operation["security"] = []
    return operation


def _parameter(place: str, name: str, kind: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": kind}


def _responses(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    problem = {"content": _json({"$ref": "#/components/schemas/Problem"})}
    status = _STATUS.get(name, 200)
    done: dict[str, Any] = {"description": "It worked."}
    if name in _STREAMS:
        done["content"] = {"text/event-stream": {}}
    elif name == "page":
        done["content"] = {"text/html": {}}
    elif status != 204:
        done["content"] = _json(schema)
    responses = {
        str(status): done,
        "4XX": {"description": "It was refused; the message says why.", **problem},
        "503": {"description": "The event log cannot be used now.", **problem},
    }
    if name == "run_events":
        responses["204"] = {"description": "There are no more events."}
    return responses


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


_PUBLIC = ("page", "session")
_PROBLEM = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "hint": {"type": ["string", "null"]},
                "file": {"type": ["string", "null"]},
                "line": {"type": ["integer", "null"]},
            },
        }
    },
}
