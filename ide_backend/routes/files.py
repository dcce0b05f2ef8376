"""The workspace: files, templates, checks, and the words of the language."""

import re
from functools import cache, partial
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from ide_backend.backend import backend_of
from ide_backend.problem import Problem, json_response
from ide_backend.routes.asked import CheckBody, DeleteBody, NewFileBody, WriteBody, body_of
from tactus.dsl.reference import language as read_language
from tactus.dsl.reference import types
from tactus.errors import TactusError
from tactus.fields import nearest
from tactus.runtime.runtime import Runtime
from tactus.runtime.templates import templates as read_templates
from tactus.runtime.templates import text_for

_SUMMARY = re.compile(r"^-- [\w.-]+: (.*?)(?:\.\s|:\s|$)", re.MULTILINE)


async def list_files(request: Request) -> Response:
    """The files of the workspace."""
    workspace = backend_of(request).workspace
    files = await anyio.to_thread.run_sync(workspace.files)
    return json_response({"root": workspace.root.name, "files": files})


async def read_file(request: Request) -> Response:
    """A file's text and version."""
    workspace = backend_of(request).workspace
    file = await anyio.to_thread.run_sync(workspace.read, request.path_params["path"])
    return json_response(file.plain())


async def write_file(request: Request) -> Response:
    """Save a file; 409 with the current text when something else has changed it."""
    body = await body_of(request, WriteBody)
    write = partial(
        backend_of(request).workspace.write, request.path_params["path"], body.text, body.version
    )
    file = await anyio.to_thread.run_sync(write)
    return json_response({"path": file.path, "version": file.version})


async def new_file(request: Request) -> Response:
    """Make a file from a template; never overwrites one."""
    body = await body_of(request, NewFileBody)
    known = read_templates()
    if body.template not in known:
        hint = f"Templates are: {', '.join(known)}."
        message = f"there is no template {body.template!r}.{nearest(body.template, known)}"
        raise Problem(422, "template", message, hint)

    def make() -> dict[str, str]:
        text = text_for(body.template, body.path)
        return backend_of(request).workspace.write(body.path, text, None).plain()

    return json_response(await anyio.to_thread.run_sync(make), 201)


async def delete_file(request: Request) -> Response:
    """Delete a file that is still of the given version."""
    body = await body_of(request, DeleteBody)
    delete = backend_of(request).workspace.delete
    await anyio.to_thread.run_sync(delete, request.path_params["path"], body.version)
    return Response(status_code=204)


async def list_templates(_: Request) -> Response:
    """The examples that a new file can begin with."""
    return json_response(await anyio.to_thread.run_sync(_templates))


async def check(request: Request) -> Response:
    """Check a procedure as it stands in the editor, without a model."""
    body = await body_of(request, CheckBody)
    backend = backend_of(request)
    runtime = backend.supervisor.runtime(None)
    look = partial(_check, runtime, body)
    found = await anyio.to_thread.run_sync(look, limiter=backend.supervisor.limiter)
    return json_response(backend.supervisor.redactor.data(found))


async def language(_: Request) -> Response:
    """The words of the language, for completion and hover."""
    return json_response(await anyio.to_thread.run_sync(_language))


def _check(runtime: Runtime, body: CheckBody) -> dict[str, Any]:
    diagnostics: list[dict[str, Any]] = []
    try:
        definition = runtime.load(body.text, body.path)
    except TactusError as error:
        definition = runtime.declared(body.text, body.path, whole=True)
        diagnostics.append(
            {
                "line": error.line,
                "message": error.message,
                "code": error.code,
                "hint": error.hint,
                "severity": "error",
            }
        )
    declared = definition.model_dump(mode="json")
    return {"ok": not diagnostics, "diagnostics": diagnostics, "definition": declared}


@cache
def _templates() -> list[dict[str, str]]:
    found = []
    for name, path in read_templates().items():
        text = path.read_text(encoding="utf-8")
        summary = _SUMMARY.search(text)
        found.append({"name": name, "title": summary[1] if summary else name, "text": text})
    return found


@cache
def _language() -> dict[str, Any]:
    words = [
        {
            "name": word.name,
            "signature": word.name
            if word.parameters is None
            else f"{word.name}({word.parameters})",
            "text": word.text.strip(),
            "example": word.example or None,
        }
        for word in read_language().words
    ]
    return {"words": words, "types": types()}
