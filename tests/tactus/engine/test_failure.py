"""Errors as data and back."""

import orjson
import pytest

from tactus.engine.failure import as_data, from_data, outcome, value_of
from tactus.errors import (
    DefinitionError,
    InputError,
    LimitError,
    OutputError,
    ProcedureError,
    ProcedureSyntaxError,
    ReplayError,
    SettingsError,
    StoppedError,
    StoreError,
    TactusError,
    ToolError,
    TurnError,
)

RECORDED = [
    DefinitionError("no", file="a.lua", line=3, hint="do", traceback="a.lua:3"),
    InputError("no"),
    OutputError("no", problems=("n: is missing",), value={"n": [1, None]}),
    ProcedureError("no", file="a.lua"),
    ProcedureSyntaxError("no"),
    SettingsError("no", hint="set it"),
    ToolError("no"),
    TurnError("no", reason="timeout", text="so far", retryable=True, hint="again"),
]


@pytest.mark.parametrize("error", RECORDED, ids=lambda error: type(error).__name__)
async def test_an_error_that_a_procedure_may_catch_is_recorded_and_raised_again(
    error: TactusError,
) -> None:
    async def body() -> None:
        raise error

    record = orjson.loads(orjson.dumps(await outcome(body)))
    with pytest.raises(type(error)) as raised:
        value_of(record)
    assert type(raised.value) is type(error)
    assert raised.value.__dict__ == error.__dict__
    assert str(raised.value) == str(error)


@pytest.mark.parametrize(
    "error",
    [
        LimitError("no", limit="turns"),
        StoppedError("no"),
        ReplayError(1, recorded="a", came="b"),
        StoreError("no"),
        ValueError("a bug"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_ends_a_run_is_not_recorded(error: Exception) -> None:
    async def body() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        await outcome(body)
    assert raised.value is error


async def test_a_value_that_looks_like_an_error_is_a_value() -> None:
    async def body() -> dict[str, str]:
        return {"error": "none"}

    assert value_of(await outcome(body)) == {"error": "none"}


def test_an_error_of_a_kind_that_this_version_does_not_know_is_still_one() -> None:
    data = as_data(ToolError("no"))
    assert isinstance(from_data({**data, "kind": "new"}), ProcedureError)
