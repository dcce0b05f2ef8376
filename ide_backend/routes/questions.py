"""Questions of runs to a person: which wait, and their answers."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ide_backend.backend import backend_of
from ide_backend.problem import Problem, json_response
from ide_backend.routes.asked import AnswerBody, body_of, word_of
from tactus.errors import AnswerError
from tactus.runtime.questions import Question


async def list_questions(request: Request) -> Response:
    """The questions that wait for an answer, the oldest first; of all runs or of one."""
    supervisor = backend_of(request).supervisor
    run_id = word_of(request, "run")
    waiting = [
        _plain(question)
        for question in supervisor.desk.pending.values()
        if run_id is None or question.run_id == run_id
    ]
    return json_response({"questions": supervisor.redactor.data(waiting)})


async def answer_question(request: Request) -> Response:
    """Answer a question, once; its run goes on."""
    body = await body_of(request, AnswerBody)
    question_id = request.path_params["id"]
    desk = backend_of(request).supervisor.desk
    try:
        desk.answer(question_id, body.answer)
    except AnswerError as error:
        if question_id in desk.pending:
            raise Problem.of(error) from None
        if desk.was_answered(question_id):
            raise Problem(409, "answered", error.message, error.hint) from None
        message = f"no question {question_id[:64]!r} waits for an answer"
        raise Problem(404, "no_question", message, error.hint) from None
    return json_response({"answered": True})


def _plain(question: Question) -> dict[str, Any]:
    return {
        "question_id": question.question_id,
        "run_id": question.run_id,
        "kind": question.kind,
        "message": question.message,
        "options": list(question.options),
        "until": question.until,
    }
