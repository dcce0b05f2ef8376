"""Errors as data and back: what a step came to, as it is recorded."""

from typing import Any

from tactus.engine.journal import Body
from tactus.errors import (
    ENDING,
    DefinitionError,
    InputError,
    OutputError,
    ProcedureError,
    ProcedureSyntaxError,
    SettingsError,
    TactusError,
    ToolError,
    TurnError,
)

_PLAIN: dict[str, type[TactusError]] = {
    error.kind: error
    for error in (
        DefinitionError,
        InputError,
        ProcedureError,
        ProcedureSyntaxError,
        SettingsError,
        ToolError,
    )
}


async def outcome(body: Body) -> dict[str, Any]:
    """What `body` came to: `{"value": …}`, or `{"error": …}` for what a procedure may catch.

    Raises:
        TactusError: one that ends the run, which is not recorded.
    """
    try:
        return {"value": await body()}
    except ENDING:
        raise
    except TactusError as error:
        return {"error": as_data(error)}


def value_of(record: dict[str, Any]) -> Any:
    """The value of an `outcome`.

    Raises:
        TactusError: the one that it holds.
    """
    if "error" in record:
        raise from_data(record["error"])
    return record["value"]


def as_data(error: TactusError) -> dict[str, Any]:
    """Everything that a reader of `error` may see, as JSON."""
    data: dict[str, Any] = {
        "kind": error.kind,
        "message": error.message,
        "file": error.file,
        "line": error.line,
        "hint": error.hint,
        "traceback": error.traceback,
    }
    match error:
        case TurnError():
            data |= {"reason": error.reason, "text": error.text, "retryable": error.retryable}
        case OutputError():
            data |= {"problems": list(error.problems), "value": error.value}
    return data


def from_data(data: dict[str, Any]) -> TactusError:
    """The error that `as_data` was given."""
    error: TactusError
    match data["kind"]:
        case TurnError.kind:
            error = TurnError(
                data["message"],
                reason=data["reason"],
                text=data["text"],
                retryable=data["retryable"],
            )
        case OutputError.kind:
            error = OutputError(
                data["message"], problems=tuple(data["problems"]), value=data["value"]
            )
        case kind:
            error = _PLAIN.get(kind, ProcedureError)(data["message"])
    error.file, error.line = data["file"], data["line"]
    error.hint, error.traceback = data["hint"], data["traceback"]
    return error
