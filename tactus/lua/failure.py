"""The errors of a procedure, as its author reads them."""

import json
from dataclasses import dataclass
from typing import Any

from tactus.errors import (
    DefinitionError,
    LimitError,
    ProcedureError,
    ProcedureSyntaxError,
    TactusError,
)
from tactus.lua.hints import runtime_hint, syntax_hint
from tactus.lua.lines import lines_of
from tactus.lua.outcome import Failed
from tactus.lua.position import split_message, trimmed
from tactus.settings import Limits

_MOST_TEXT = 4_000  # characters

_LIMITS = {
    "instructions": ("ran more than {:,} instructions", "an endless loop?"),
    "cpu": ("computed for more than {:g} s without a pause", "an endless loop?"),
    "memory": ("needed more than {:,} MiB of memory", "keep less at once."),
    "coroutines": ("has more than {:,} coroutines alive", "let them end."),
    "requests": ("made more than {:,} requests", "an endless loop around a call?"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A procedure's file, what Lua calls it, and its text."""

    file: str
    alias: str
    text: str

    def line(self, number: int | None) -> str:
        """The text of a line, empty where there is none."""
        lines = lines_of(self.text)
        return lines[number - 1] if number is not None and 0 < number <= len(lines) else ""


def syntax_error(message: str, source: Source) -> ProcedureSyntaxError:
    """The error for what the compiler said."""
    text, line = split_message(message, source.alias)
    before = source.line(line - 1) if line else ""
    return ProcedureSyntaxError(
        text, file=source.file, line=line, hint=syntax_hint(text, source.line(line), before)
    )


def procedure_error(failed: Failed, source: Source, names: list[str]) -> TactusError:
    """The error for what nothing in the procedure caught."""
    text, line = failed.text, failed.line
    if text is None:
        text = _shown(failed.value)
    else:
        text, told = split_message(text, source.alias)
        line = told or line
    error = DefinitionError if failed.kind == "definition" else ProcedureError
    return error(
        text,
        file=source.file,
        line=line,
        hint=failed.hint or runtime_hint(text, source.line(line), names),
        traceback=trimmed(failed.traceback, source.alias, source.file),
    )


def _shown(value: Any) -> str:
    """An error value that is no text."""
    if value is None:
        return "the procedure raised no message"
    text = json.dumps(value, ensure_ascii=False, default=lambda _: "function")
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]} ..."


def limit_error(limit: str, limits: Limits) -> LimitError:
    """The error for a limit of the Lua state, or for the wall time of the run (`timeout`)."""
    if limit == "stack":
        return LimitError(
            "the procedure calls itself too deeply",
            limit="stack",
            hint="A function that calls itself without an end? This limit is Lua's own.",
        )
    if limit == "timeout":
        return LimitError(
            f"the run took longer than {limits.timeout:g} s",
            limit="time",
            hint="Raise it with --timeout, or limits.timeout in tactus.toml.",
        )
    said, advice = _LIMITS[limit]
    return LimitError(
        f"the procedure {said.format(getattr(limits, limit))}",
        limit=limit,
        hint=f"{advice[0].upper()}{advice[1:]} Otherwise raise limits.{limit} in tactus.toml, "
        f"or TACTUS_LIMITS__{limit.upper()}.",
    )
