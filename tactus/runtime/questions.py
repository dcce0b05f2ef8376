"""Questions to a person, and who answers them."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal, Protocol

import anyio

from tactus.errors import AnswerError, ProcedureError

Value = bool | str
_REMEMBERED = 1_000  # answered questions, of which a second answer is refused by name


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked.

    `question_id` is the same when the question is asked again after a crash. `until` is when it is
    too late for an answer, in seconds since the epoch; `default` is what is taken then.
    """

    question_id: str
    run_id: str
    kind: Literal["approve", "input", "choose"]
    message: str
    options: tuple[str, ...] = ()
    until: float | None = None
    default: Value | None = None

    def fits(self, value: object) -> bool:
        """Whether `value` answers this question."""
        match self.kind:
            case "approve":
                return isinstance(value, bool)
            case "input":
                return isinstance(value, str)
            case "choose":
                return value in self.options

    @property
    def wanted(self) -> str:
        """What would answer it."""
        match self.kind:
            case "approve":
                return "true or false"
            case "input":
                return "a text"
            case "choose":
                return f"one of {', '.join(self.options)}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said: a boolean, a text, or one of the options."""

    value: Value


class Questions(Protocol):
    """Asks people."""

    async def ask(self, question: Question) -> Answer:
        """Wait for the answer, for ever: whoever calls cancels this when it is too late.

        Raises:
            ProcedureError: nobody can be asked.
        """


class NoOne:
    """Nobody can be asked: it is the default that answers, once the time for an answer is over."""

    async def ask(self, question: Question) -> Answer:
        """The default; a question that has a timeout waits for it first."""
        if question.default is None:
            raise ProcedureError(
                f"Human.{question.kind}: nobody can be asked here; give default = …",
                hint="Or run it where somebody can be asked: on a terminal, or in the IDE.",
            )
        if question.until is not None:
            await anyio.sleep_forever()
        return Answer(question.default)


class Desk:
    """Questions that wait in this process until `answer` is called.

    Attributes:
        pending: those that wait, by their id.
    """

    def __init__(self) -> None:
        self.pending: dict[str, Question] = {}
        self._answered: dict[str, anyio.Event] = {}
        self._answers: OrderedDict[str, Value] = OrderedDict()

    async def ask(self, question: Question) -> Answer:
        """Wait until somebody answers."""
        name = question.question_id
        self.pending[name], self._answered[name] = question, anyio.Event()
        try:
            await self._answered[name].wait()
            return Answer(self._answers[name])
        finally:
            self.pending.pop(name, None)
            self._answered.pop(name, None)

    def answer(self, question_id: str, value: Value) -> None:
        """Answer a question; the run goes on.

        Raises:
            AnswerError: it does not wait, was answered already, or wants something else.
        """
        question = self.pending.get(question_id)
        if question is None:
            raise self._too_late(question_id)
        if not question.fits(value):
            raise AnswerError(
                f"the question wants {question.wanted}, {value!r} came",
                hint=f'It was: "{question.message}"',
            )
        self.pending.pop(question_id)
        self._answers[question_id] = value
        if len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)
        self._answered[question_id].set()

    def was_answered(self, question_id: str) -> bool:
        """Whether it was answered here, and not too long ago to be known."""
        return question_id in self._answers

    def _too_late(self, question_id: str) -> AnswerError:
        if question_id in self._answers:
            given = self._answers[question_id]
            return AnswerError(
                f"the question was answered already, with {given!r}", hint="The run went on."
            )
        return AnswerError(
            f'no question "{question_id}" waits for an answer',
            hint="Its time may be over, or its run may have ended.",
        )
