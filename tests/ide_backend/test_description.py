"""The API against its own description: whatever is asked, the answer is one that it describes."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import Route

from ide_backend.app import routes
from tests.ide_backend.serving import copy_procedures
from tests.ide_backend.test_server import Process, running

EXAMPLES = 10
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPERATIONS = [
    (method, route.path.replace(":path", ""))
    for route in routes()
    if isinstance(route, Route)
    for method in sorted((route.methods or set()) - {"HEAD"})
    if route.path != "/api/events"  # it never ends
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("described")
    copy_procedures(folder)
    with running(folder, "--model", "demo") as process:
        for _ in range(2):  # something to tell of
            list(process.events(process.start()))
        yield process


@pytest.fixture(scope="module")
def schema(server: Process) -> Any:
    return schemathesis.openapi.from_dict(server.client.get("/api/openapi.json").json())


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_as_described(
    server: Process, schema: Any, method: str, path: str, mode: GenerationMode
) -> None:
    operation = schema[path][method]
    if mode == GenerationMode.NEGATIVE and not (operation.query or operation.body):
        pytest.skip("there is nothing in it to be wrong")
    case_of = operation.as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=case_of)
    def ask(case: Any) -> None:
        case.call_and_validate(
            base_url=str(server.client.base_url),
            headers={"authorization": server.client.headers["authorization"]},
            timeout=20,
            checks=CHECKS,
        )

    ask()


def real_answers(server: Process) -> Iterator[tuple[str, str, httpx.Response]]:
    """Answers that chance would not find: of what is there."""
    client = server.client
    run_id = server.start()
    list(server.events(run_id))
    for path, asked in (
        ("/api/runs/{id}", f"/api/runs/{run_id}"),
        ("/api/runs/{id}/events", f"/api/runs/{run_id}/events"),
        ("/api/runs/{id}/events", f"/api/runs/{run_id}/events?after=7&format=llm"),
        ("/api/files/{path}", "/api/files/storyteller.lua"),
        ("/api/runs", "/api/runs?q=story&limit=1"),
        ("/api/turns", "/api/turns?status=completed"),
        ("/api/analytics", "/api/analytics?since=0&bucket=60000"),
    ):
        yield "GET", path, client.get(asked)
    asking = server.start('return { said = Human.input "What?" }')
    question_id = next(e for e in server.events(asking) if "question_id" in e)["question_id"]
    yield "GET", "/api/questions", client.get(f"/api/questions?run={asking}")
    text = "local x = = 1"
    answer = {"answer": "this"}
    bodies: list[tuple[str, str, str, Any]] = [
        ("POST", "/api/check", "/api/check", {"path": "a.lua", "text": text}),
        ("POST", "/api/runs", "/api/runs", {"path": "storyteller.lua"}),
        ("POST", "/api/runs", "/api/runs", {"path": "a.lua", "text": text}),
        ("POST", "/api/stream", "/api/stream", {"path": "storyteller.lua"}),
        ("POST", "/api/files", "/api/files", {"path": "n.lua", "template": "storyteller"}),
        ("PUT", "/api/files/{path}", "/api/files/m.lua", {"text": "", "version": None}),
        ("PUT", "/api/files/{path}", "/api/files/m.lua", {"text": "", "version": None}),
        ("POST", "/api/questions/{id}", f"/api/questions/{question_id}", answer),
        ("POST", "/api/questions/{id}", f"/api/questions/{question_id}", answer),
        ("POST", "/api/runs/{id}/rerun", f"/api/runs/{run_id}/rerun", {}),
        ("POST", "/api/runs/{id}/stop", f"/api/runs/{run_id}/stop", {}),
        ("DELETE", "/api/runs/{id}", f"/api/runs/{run_id}", {}),
    ]
    for method, path, asked, body in bodies:
        yield method, path, client.request(method, asked, json=body)


def test_the_answers_about_what_there_is_are_as_described(server: Process, schema: Any) -> None:
    statuses = set()
    for method, path, answer in real_answers(server):
        statuses.add(answer.status_code)
        operation = schema[path][method]
        assert operation.is_valid_response(answer), (method, path, answer.text[:500])
    assert statuses == {200, 201, 204, 409}


def test_the_description_itself_is_valid_and_names_the_cookie_of_this_server(
    server: Process, schema: Any
) -> None:
    schema.validate()
    port = server.client.base_url.port
    schemes = schema.raw_schema["components"]["securitySchemes"]
    assert schemes["cookie"]["name"] == f"tactus_session_{port}"
