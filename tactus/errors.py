"""The TactusError tree: what went wrong, where in the procedure, and the next step.

Each class has a `kind` (what a script sees as `e.kind`, what an `ErrorEvent` carries as `code`) and
the exit code the CLI ends with.
"""

from typing import ClassVar


class TactusError(Exception):
    """Root of every error a user of Tactus is meant to read.

    Attributes:
        message: one sentence, without the place.
        file: name of the procedure file, or None where no file is involved.
        line: line in that file, from 1, or None.
        hint: the next step to take, or None.
        traceback: Lua traceback, one frame a line, or None.
    """

    kind: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    retryable: bool = False

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        hint: str | None = None,
        traceback: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.hint = hint
        self.traceback = traceback

    @property
    def code(self) -> str:
        """The most exact name of what happened: the kind, or a sharper word of a subclass."""
        return self.kind

    @property
    def place(self) -> str:
        """`story.lua:12`, `story.lua`, or the empty string."""
        if self.file is None:
            return ""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message

    def at(self, file: str | None, line: int | None, traceback: str | None = None) -> "TactusError":
        """Give this error its place, unless it has one already; returns itself."""
        if self.file is None:
            self.file, self.line = file, line
        if self.traceback is None:
            self.traceback = traceback
        return self


class ProcedureSyntaxError(TactusError):
    """The procedure is not valid Lua."""

    kind = "syntax"
    exit_code = 3


class DefinitionError(TactusError):
    """A declaration (`Agent`, `input`, `output`, …) is wrong; raised at its line while loading."""

    kind = "definition"
    exit_code = 3


class SettingsError(TactusError):
    """A setting, flag or settings file is wrong."""

    kind = "settings"
    exit_code = 2


class InputError(TactusError):
    """The given inputs do not fit what the procedure declares."""

    kind = "input"
    exit_code = 2


class ProcedureError(TactusError):
    """The procedure raised an error that nothing caught."""

    kind = "procedure"


class OutputError(TactusError):
    """The procedure ended with a value that does not fit its declared output.

    Attributes:
        problems: one sentence a field, each with the path of the field.
        value: what came; never lost.
    """

    kind = "output"
    exit_code = 5

    def __init__(
        self, message: str, *, problems: tuple[str, ...] = (), value: object = None
    ) -> None:
        super().__init__(message)
        self.problems = problems
        self.value = value


class LimitError(TactusError):
    """A limit of the run was reached; a script cannot catch it.

    Attributes:
        limit: which one: instructions, cpu, memory, stack, coroutines, output, time, turns, tokens,
            cost, …
    """

    kind = "limit"
    exit_code = 6

    def __init__(self, message: str, *, limit: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.limit = limit

    @property
    def code(self) -> str:
        """The limit that was reached, as `limit.memory` or `limit.time`."""
        return f"limit.{self.limit}"


class TurnError(TactusError):
    """A turn of an agent failed; a script can catch it with `pcall`.

    Attributes:
        reason: auth, not_configured, rate_limit, billing, server, transport, timeout, truncated,
            malformed, empty, invalid_request, context_length, unsupported, refused, blocked,
            output (it does not fit what the agent declares), steps (no final answer within
            max_steps) or unexpected.
        text: the text that had arrived before the failure; never lost.
        retryable: whether the same turn may succeed when tried again.
    """

    kind = "turn"
    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        text: str = "",
        retryable: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.text = text
        self.retryable = retryable

    @property
    def code(self) -> str:
        """The reason, as `turn.timeout` or `turn.auth`."""
        return f"turn.{self.reason}"


class ToolError(TactusError):
    """A tool could not do what it was called for; the model that called it is told why."""

    kind = "tool"


class ReplayError(TactusError):
    """A run that is repeated from its records did something else than what is recorded.

    Attributes:
        position: of the step, from 1.
    """

    kind = "replay"
    exit_code = 8

    def __init__(self, position: int, *, recorded: str, came: str) -> None:
        super().__init__(
            f"step {position} was recorded as {recorded}, but now {came} came",
            hint="The procedure, or what it depends on, has changed; begin a new run, or fork it.",
        )
        self.position = position


class StoreError(TactusError):
    """The event log cannot be opened, or cannot be written any more."""

    kind = "store"
    exit_code = 7


class StoppedError(TactusError):
    """The run was stopped by its user."""

    kind = "stopped"
    exit_code = 130


class AnswerError(TactusError):
    """A question cannot be answered, or not so."""

    kind = "answer"
    exit_code = 2


ENDING = (LimitError, StoppedError, ReplayError, StoreError)
"""What ends a run whatever its procedure does; never recorded as the outcome of a step."""
