"""The API described by itself: OpenAPI 3.1, and the JSON Schema of the events."""

import re
from functools import cache
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ide_backend.problem import json_response
from ide_backend.routes import asked
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
    "run_and_stream": asked.StreamBody,
}
_STREAMS = ("run_events", "all_events", "run_and_stream")


async def event_schema(_: Request) -> Response:
    """The JSON Schema of every event, as it is sent."""
    return json_response(events_schema())


async def openapi(request: Request) -> Response:
    """This description."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    return json_response(describe(routes))


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


def describe(routes: list[Route]) -> dict[str, Any]:
    """The OpenAPI document of `routes`."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = re.sub(r"{(\w+)(?::\w+)?}", r"{\1}", route.path)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            paths.setdefault(path, {})[method.lower()] = _operation(route, path)
    schemas = {kind.__name__: kind.model_json_schema() for kind in set(_BODIES.values())}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tactus IDE", "version": __version__},
        "security": [{"cookie": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM},
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "tactus_session"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(route: Route, path: str) -> dict[str, Any]:
    media = "text/event-stream" if route.name in _STREAMS else "application/json"
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": (route.endpoint.__doc__ or "").strip().split("\n")[0],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", path)
        ],
        "responses": {
            "2XX": {"description": "It worked.", "content": {media: {}}},
            "4XX": {
                "description": "It was refused; the message says why.",
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                },
            },
        },
    }
    if route.name in _BODIES:
        schema = {"$ref": f"#/components/schemas/{_BODIES[route.name].__name__}"}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


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
