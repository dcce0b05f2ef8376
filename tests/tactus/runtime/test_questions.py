"""`Human`, and who answers."""

import time
from collections.abc import Callable

import anyio
import orjson
import pytest

from tactus.engine.inline import Recorded
from tactus.errors import AnswerError, DefinitionError, ProcedureError
from tactus.events import QuestionEvent
from tactus.runtime.questions import Answer, Desk, Question
from tests.tactus.runtime.journaled import Journaled

APPROVE = 'return Human.approve { message = "Publish?" }'
CHOOSE = 'return Human.choose { message = "Which?", options = { "warm", "dry" } }'


class Waiting(Desk):
    """A desk that tells when a question has come."""

    def __init__(self) -> None:
        super().__init__()
        self.came = anyio.Event()

    async def ask(self, question: Question) -> Answer:
        self.came.set()
        return await super().ask(question)


class Saying:
    """Answers each question as `say` says; `asked` are those that came."""

    def __init__(self, say: Callable[[Question], bool | str]) -> None:
        self.asked: list[Question] = []
        self._say = say

    async def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        await anyio.lowlevel.checkpoint()
        return Answer(self._say(question))


def questions(ran: Journaled) -> list[QuestionEvent]:
    return [event for event in ran.events if isinstance(event, QuestionEvent)]


async def answered(text: str, value: bool | str) -> tuple[Journaled, object]:
    desk = Waiting()
    ran = Journaled(text, questions=desk)
    got: list[object] = []

    async def run() -> None:
        got.append(await ran.value())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await desk.came.wait()
        (question,) = desk.pending.values()
        desk.answer(question.question_id, value)
        with pytest.raises(AnswerError, match=r"answered already, with") as raised:
            desk.answer(question.question_id, value)
        assert raised.value.hint == "The run went on."
    assert not desk.pending
    return ran, got[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [(APPROVE, False), (APPROVE, True), ('return Human.input "A title?"', "Rain"), (CHOOSE, "dry")],
)
async def test_an_answer_is_what_the_procedure_gets_and_is_told(
    text: str, value: bool | str
) -> None:
    ran, got = await answered(text, value)
    assert got == value
    asked, told = questions(ran)
    assert (asked.answer, told.answer) == (None, value)
    assert asked.question_id == told.question_id
    assert asked.message in text


async def test_a_recorded_answer_is_not_asked_for_again() -> None:
    ran, _ = await answered(CHOOSE, "dry")
    nobody = Journaled(CHOOSE)
    assert await nobody.value(ran.records) == "dry"
    assert questions(nobody) == []


async def test_a_question_that_is_asked_again_after_a_crash_has_the_same_id() -> None:
    ids: list[str] = []
    for _ in range(2):
        desk = Waiting()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Journaled(APPROVE, questions=desk).value)
            await desk.came.wait()
            ids += desk.pending
            tasks.cancel_scope.cancel()
        assert not desk.pending
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("text", "value", "wanted"),
    [
        (APPROVE, "yes", "true or false, 'yes' came"),
        (CHOOSE, "sour", "one of warm, dry, 'sour' came"),
        ('return Human.input "A title?"', True, "a text, True came"),
    ],
)
async def test_an_answer_of_another_kind_is_refused_and_the_question_waits(
    text: str, value: bool | str, wanted: str
) -> None:
    desk = Waiting()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Journaled(text, questions=desk).value)
        await desk.came.wait()
        (name,) = desk.pending
        with pytest.raises(AnswerError, match=wanted):
            desk.answer(name, value)
        assert list(desk.pending) == [name]
        tasks.cancel_scope.cancel()


def test_an_unknown_question_cannot_be_answered() -> None:
    with pytest.raises(AnswerError, match='no question "q9" waits'):
        Desk().answer("q9", True)


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("Human.approve { message = '?', default = false }", False),
        ("Human.approve { message = '?', default = true, timeout = 0.02 }", True),
        ("Human.input { message = '?', default = 'x', timeout = 0.02 }", "x"),
        ("Human.choose { message = '?', options = {'a', 'b'}, default = 'b' }", "b"),
    ],
)
async def test_where_nobody_can_be_asked_the_default_answers(
    text: str, default: bool | str
) -> None:
    assert await Journaled(f"return {text}").value() == default


async def test_where_nobody_can_be_asked_and_there_is_no_default_the_error_says_so() -> None:
    said = "Human.approve: nobody can be asked here; give default = …"
    with pytest.raises(ProcedureError, match=said) as raised:
        await Journaled("\n" + APPROVE).value()
    assert raised.value.line == 2


async def test_a_desk_that_nobody_comes_to_takes_the_default_in_time() -> None:
    text = "return Human.approve { message = '?', timeout = 0.05, default = true }"
    ran = Journaled(text, questions=Desk())
    assert await ran.value() is True
    assert questions(ran)[0].until is not None
    assert questions(ran)[-1].answer is True


async def test_an_answer_that_never_comes_is_an_error_without_a_default() -> None:
    text = """
    local ok, e = pcall(Human.input, { message = "?", timeout = 0.02 })
    return { ok, e.message }
    """
    ran = Journaled(text, questions=Desk())
    first = await ran.value()
    assert first == [False, "Human.input: nobody answered in time"]
    assert questions(ran)[-1].withdrawn
    assert await ran.value(ran.records) == first


async def test_a_replay_waits_only_for_what_is_left_of_the_timeout() -> None:
    text = "return Human.approve { message = '?', timeout = 3600, default = true }"
    desk = Waiting()
    ran = Journaled(text, questions=desk)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ran.value)
        await desk.came.wait()
        tasks.cancel_scope.cancel()
    (name,) = ran.names
    with anyio.fail_after(10):
        assert await ran.value({1: Recorded(name, orjson.dumps(time.time() + 0.05))}) is True


async def test_a_question_whose_race_is_lost_is_withdrawn() -> None:
    text = """
    local _, which = race {
        function() return Human.approve "?" end,
        function() sleep(0.02) return 1 end,
    }
    sleep(0.01)
    return which
    """
    ran = Journaled(text, questions=Desk())
    assert await ran.value() == 2
    assert [event.withdrawn for event in questions(ran)] == [False, True]


async def test_two_questions_at_once_are_told_apart() -> None:
    text = """
    local function ask(what) return function() return Human.input(what) end end
    return Parallel { ask("one"), ask("two"), ask("two") }
    """
    people = Saying(lambda question: question.message.upper())
    assert await Journaled(text, questions=people).value() == ["ONE", "TWO", "TWO"]
    assert len({question.question_id for question in people.asked}) == 3


async def test_whoever_answers_something_else_does_not_get_it_into_the_procedure() -> None:
    people = Saying(lambda _: "perhaps")
    with pytest.raises(ProcedureError, match="wants true or false, 'perhaps' came"):
        await Journaled(APPROVE, questions=people).value()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("Human.approve {}", 'needs the option "message"'),
        ("Human.approve(1)", "takes a table of options"),
        ("Human.approve { message = 'x', timeuot = 1 }", 'Did you mean "timeout"?'),
        ("Human.approve { message = 'x', default = 'yes' }", "default"),
        ("Human.input { message = 'x', default = true }", "default"),
        ("Human.choose { message = 'x' }", 'needs the option "options"'),
        ("Human.choose { message = 'x', options = Json.array{} }", "options"),
        ("Human.choose { message = 'x', options = {'a', 'a'} }", "there twice"),
        ("Human.choose { message = 'x', options = {'a'}, default = 'b' }", "none of the options"),
        ("Human.input { message = 'x', timeout = -1 }", "timeout"),
    ],
)
async def test_a_question_that_is_none_is_refused_at_its_line(call: str, said: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        await Journaled(f"\n{call}").value()
    assert said in raised.value.message
    assert raised.value.line == 2
