"""A question of a procedure: asked as a step, told as events, answered in time or not."""

import time
from functools import partial

import anyio

from tactus.dsl.requests import Ask
from tactus.engine.strands import Strands
from tactus.errors import ProcedureError
from tactus.events import Emit, QuestionEvent
from tactus.runtime.chance import Chance
from tactus.runtime.clock import Clock
from tactus.runtime.questions import Question, Questions, Value
from tactus.runtime.steps import step_name, taken


class Asking:
    """Asks the questions of one run."""

    def __init__(
        self,
        run_id: str,
        questions: Questions,
        *,
        strands: Strands,
        chance: Chance,
        clock: Clock,
        emit: Emit,
    ) -> None:
        self._run_id = run_id
        self._questions = questions
        self._strands = strands
        self._chance = chance
        self._clock = clock
        self._emit = emit

    async def ask(self, asked: Ask) -> Value:
        """The answer, or the default once the time is over.

        Raises:
            ProcedureError: nobody can be asked, or nobody answered, and there is no default.
        """
        until = None
        if asked.timeout is not None:
            until = await self._clock.after(asked.timeout, of="until")
        question = Question(
            self._chance.question_id(),
            self._run_id,
            asked.kind,
            asked.message,
            asked.options,
            until,
            asked.default,
        )
        name = step_name(
            "question",
            asked.kind,
            message=asked.message,
            options=asked.options,
            default=asked.default,
        )
        value: Value = await taken(self._strands, name, partial(self._answered, question))
        return value

    async def _answered(self, question: Question) -> Value:
        self._tell(question)
        try:
            value = await self._in_time(question)
        except BaseException:
            self._tell(question, withdrawn=True)
            raise
        self._tell(question, value)
        return value

    async def _in_time(self, question: Question) -> Value:
        left = float("inf") if question.until is None else max(0.0, question.until - time.time())
        with anyio.move_on_after(left):
            answer = await self._questions.ask(question)
            if not question.fits(answer.value):
                raise ProcedureError(
                    f"Human.{question.kind} wants {question.wanted}, {answer.value!r} came"
                )
            return answer.value
        if question.default is None:
            raise ProcedureError(
                f"Human.{question.kind}: nobody answered in time",
                hint="Give default = … for what is to be taken then, or a longer timeout.",
            )
        return question.default

    def _tell(
        self, question: Question, answer: Value | None = None, *, withdrawn: bool = False
    ) -> None:
        self._emit(
            QuestionEvent(
                question_id=question.question_id,
                kind=question.kind,
                message=question.message,
                options=question.options,
                until=question.until,
                answer=answer,
                withdrawn=withdrawn,
            )
        )
