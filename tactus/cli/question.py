"""The questions of a run, asked on the terminal."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import anyio

from tactus.cli.terminal import say
from tactus.errors import ProcedureError
from tactus.runtime.questions import Answer, Question, Value

_YES, _NO = ("y", "yes", "true"), ("n", "no", "false")
_MOST = 65_536  # bytes that are read at once


class Terminal:
    """Asks the person at the terminal, one question at a time.

    It waits for a line without a thread that could not be ended: Ctrl+C, a timeout and the end of a
    race call the question off. `quiet` opens what keeps the terminal still meanwhile.
    """

    def __init__(self, quiet: Callable[[], AbstractContextManager[object]]) -> None:
        self._quiet = quiet
        self._one = anyio.Lock()
        self._rest = b""

    async def ask(self, question: Question) -> Answer:
        """Print the question and wait for a line that answers it.

        Raises:
            ProcedureError: nothing more can be read.
        """
        async with self._one:
            with self._quiet():
                say()
                say(f"❓ {question.message}", bold=True)
                for number, option in enumerate(question.options, 1):
                    say(f"  {number}. {option}")
                try:
                    return Answer(await self._answer(question))
                except anyio.get_cancelled_exc_class():
                    say()  # what comes next begins on a line of its own
                    raise

    async def _answer(self, question: Question) -> Value:
        while True:
            say(_prompt(question), newline=False)
            line = await self._line()
            if line is None:
                say()
                raise ProcedureError(
                    f"Human.{question.kind}: the terminal was closed before the answer"
                )
            value = read_answer(question, line)
            if value is not None:
                return value
            say(f"  That is not {question.wanted}.")

    async def _line(self) -> str | None:
        """The next line; None at the end of all input."""
        descriptor = sys.stdin.fileno()
        while b"\n" not in self._rest:
            await anyio.wait_readable(descriptor)
            read = os.read(descriptor, _MOST)
            if not read:
                return None
            self._rest += read
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")


def read_answer(question: Question, line: str) -> Value | None:
    """What `line` answers; None when it answers nothing. An empty line takes the default."""
    said = line.strip()
    if not said:
        return question.default
    match question.kind:
        case "input":
            return line
        case "approve":
            word = said.lower()
            return True if word in _YES else False if word in _NO else None
        case "choose":
            if said in question.options:
                return said
            number = int(said) if said.isdecimal() else 0
            return question.options[number - 1] if 0 < number <= len(question.options) else None


def _prompt(question: Question) -> str:
    if question.kind == "approve":
        return "y/n > " if question.default is None else "Y/n > " if question.default else "y/N > "
    return "> " if question.default is None else f"[{question.default}] > "
