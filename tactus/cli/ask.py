"""The inputs of a run: given on the command line or in a file, and asked for where missing.

What comes in here is JSON's: text, finite numbers, few levels. Anything else ends at this border.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tactus.cli.terminal import say
from tactus.errors import InputError
from tactus.fields import FieldDefinition, Fields, check, nearest, parse
from tactus.lua.convert import encode
from tactus.runtime.plain import not_json


def given_inputs(fields: Fields | None, params: Sequence[str], file: Path | None) -> dict[str, Any]:
    """The inputs in `file` (a JSON object) and then in `params` (`name=value`, by field type).

    Raises:
        InputError: one of them cannot be read, or is not declared in `fields`. Without `fields`
            they are left to the run, which says why there are none.
    """
    values = {} if file is None else _read_params(file)
    for name in values:
        if fields is not None:
            _field(fields, name)
    for param in params:
        name, equals, text = param.partition("=")
        if not equals or not name:
            raise InputError(f"-p {param}: is not NAME=VALUE", hint="Write -p topic=rain.")
        try:
            _refuse_other_than_json({name: None})
            values[name] = _parsed(None if fields is None else _field(fields, name), name, text)
        except ValueError as error:
            raise InputError(f"the input does not fit: {error}") from None
    return values


def ask_missing(fields: Fields, values: dict[str, Any]) -> dict[str, Any]:
    """`values`, and what a person answers for each required field that has none.

    Raises:
        InputError: the answers ended.
    """
    asked = {
        name: field
        for name, field in fields.items()
        if field.is_required and field.default is None and values.get(name) is None
    }
    return {**values, **{name: _ask(name, field) for name, field in asked.items()}}


def _ask(name: str, field: FieldDefinition) -> Any:
    about = f" - {field.description}" if field.description else ""
    say(f"{name} ({field.type}){about}", bold=True)
    for choice in field.enum or ():
        say(f"  {choice}")
    while True:
        say("> ", newline=False)
        try:
            value, problems = _read(name, field, input())
        except EOFError:
            raise InputError(f"the input does not fit: {name}: is required") from None
        if not problems:
            return value
        for problem in problems:
            say(f"  {problem}")


def _read(name: str, field: FieldDefinition, text: str) -> tuple[Any, tuple[str, ...]]:
    """The value that was typed, and what is wrong with it."""
    if not text.strip():
        return None, (f"{name}: is required",)
    try:
        value = _parsed(field, name, text)
    except ValueError as error:
        return None, (str(error),)
    checked, problems = check({name: field}, {name: value})
    return checked.get(name), problems


def _field(fields: Fields, name: str) -> FieldDefinition:
    if name not in fields:
        raise InputError(
            f'the input "{name}" is not declared.{nearest(name, fields)}',
            hint=f"Declared are: {', '.join(fields)}.",
        )
    return fields[name]


def _parsed(field: FieldDefinition | None, name: str, text: str) -> Any:
    """The value that `text` gives to the input `name`; without a field it is the text.

    Raises:
        ValueError: it is none, with the name.
    """
    try:
        value = text if field is None else parse(field, text)
    except RecursionError:
        raise ValueError(f"{name}: is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    _refuse_other_than_json({name: value})
    return value


def _refuse_other_than_json(values: dict[str, Any]) -> None:
    """Refuse what is no JSON, or does not fit into Lua.

    Raises:
        ValueError: with the path of what is refused.
    """
    encode(values)  # nor is it nested so deeply that the next two fail
    for problem in not_json(values):
        raise ValueError(problem)
    for name, value in values.items():
        try:
            json.dumps({name: value}, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"{name}: holds {error.object[error.start]!a}, which is no character of UTF-8"
            ) from None


def _read_params(file: Path) -> dict[str, Any]:
    try:
        values = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"--params {file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"--params {file} is not JSON: {error}") from None
    except RecursionError:
        raise InputError(f"--params {file} is nested too deeply") from None
    if not isinstance(values, dict):
        raise InputError(f'--params {file} must hold a JSON object, as {{"topic": "rain"}}')
    try:
        _refuse_other_than_json(values)
    except ValueError as error:
        raise InputError(f"--params {file}: {error}") from None
    return values
