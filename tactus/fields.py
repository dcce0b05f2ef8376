"""Declared fields: what a procedure takes and returns, and the check of a value against them."""

import json
import math
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

FieldType = Literal["string", "number", "integer", "boolean", "array", "object"]

_ONLY_FOR: dict[str, tuple[FieldType, ...]] = {
    "minimum": ("number", "integer"),
    "maximum": ("number", "integer"),
    "items": ("array",),
    "fields": ("object",),
}
_PLACEHOLDERS: dict[FieldType, Any] = {
    "string": "",
    "number": 0.0,
    "integer": 0,
    "boolean": False,
    "array": [],
    "object": {},
}


class FieldDefinition(BaseModel):
    """One declared field, as `field.string{…}` and its siblings make it.

    A field is required unless it says `required = false` or has a default. `items` describes the
    elements of an array, `fields` the keys of an object (without it, any keys are taken).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: FieldType
    description: str | None = None
    required: bool | None = None
    default: Any = None
    enum: tuple[Any, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    items: "FieldDefinition | None" = None
    fields: "dict[str, FieldDefinition] | None" = None

    @model_validator(mode="after")
    def _fits_itself(self) -> "FieldDefinition":
        for option, kinds in _ONLY_FOR.items():
            if getattr(self, option) is not None and self.type not in kinds:
                raise ValueError(f"{_article(self.type)} field has no {option}")
        problems: list[str] = []
        for value in self.enum or ():
            _check_type(self, value, "a choice of enum", problems)
        if self.default is not None:
            _check_value(self, self.default, "the default", problems)
        if problems:
            raise ValueError(problems[0])
        return self

    @property
    def is_required(self) -> bool:
        """Whether a value must be given."""
        return self.default is None if self.required is None else self.required

    def placeholder(self) -> Any:
        """A value of this type, for a check that runs without inputs."""
        if self.default is not None:
            return _check_value(self, self.default, "", [])
        if self.enum:
            return self.enum[0]
        if self.fields:
            return {name: field.placeholder() for name, field in self.fields.items()}
        value = _PLACEHOLDERS[self.type]
        if self.minimum is not None:
            value = max(value, type(value)(math.ceil(self.minimum)))
        if self.maximum is not None:
            value = min(value, type(value)(math.floor(self.maximum)))
        return value


Fields = Mapping[str, FieldDefinition]


def nearest(name: str, names: Iterable[str]) -> str:
    """` Did you mean "topic"?` for a misspelt name, else the empty string."""
    known = {known.lower(): known for known in names}
    close = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f' Did you mean "{known[close[0]]}"?' if close else ""


def check(fields: Fields, values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Check `values` against `fields`.

    Returns:
        The values with defaults filled in and `5.0` made `5` for an integer field, and the problems
        found, one sentence each, beginning with the path of the field (`items[3].name`). No problem
        means that the values fit.
    """
    problems: list[str] = []
    return _check_fields(fields, values, "", problems), tuple(problems)


def parse(field: FieldDefinition, text: str) -> Any:
    """The value that a person typed for `field`, as on a command line.

    Strings are taken as they are; every other type is read as JSON (`true`, `3`, `["a", "b"]`).

    Raises:
        ValueError: the text is not of the field's type.
    """
    if field.type == "string":
        return text
    try:
        return json.loads(text.lower() if field.type == "boolean" else text)
    except json.JSONDecodeError:
        raise ValueError(f"{text!r} is not {_article(field.type)}") from None


def _check_fields(
    fields: Fields, values: Mapping[str, Any], path: str, problems: list[str]
) -> dict[str, Any]:
    problems.extend(
        f"{path}{name}: is not declared.{nearest(str(name), fields)}"
        for name in values
        if name not in fields
    )
    checked: dict[str, Any] = {}
    for name, field in fields.items():
        value = values.get(name)
        if value is not None:
            checked[name] = _check_value(field, value, f"{path}{name}", problems)
        elif field.default is not None:
            checked[name] = _check_value(field, field.default, f"{path}{name}", problems)
        elif field.is_required:
            problems.append(f"{path}{name}: is required ({field.type}), nothing came")
    return checked


def _check_value(field: FieldDefinition, value: Any, path: str, problems: list[str]) -> Any:
    before = len(problems)
    value = _check_type(field, value, path, problems)
    if len(problems) > before:
        return value
    if field.enum is not None and value not in field.enum:
        allowed = ", ".join(_shown(choice) for choice in field.enum)
        problems.append(f"{path}: must be one of {allowed}; {_shown(value)} came")
    if field.minimum is not None and value < field.minimum:
        problems.append(f"{path}: must be at least {field.minimum:g}; {_shown(value)} came")
    if field.maximum is not None and value > field.maximum:
        problems.append(f"{path}: must be at most {field.maximum:g}; {_shown(value)} came")
    return value


def _check_type(field: FieldDefinition, value: Any, path: str, problems: list[str]) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match field.type:
        case "string" if isinstance(value, str):
            return value
        case "boolean" if isinstance(value, bool):
            return value
        # NaN is neither below a minimum nor above a maximum, and JSON has no word for either.
        case "number" if number and (isinstance(value, int) or math.isfinite(value)):
            return value
        case "integer" if number and (isinstance(value, int) or value.is_integer()):
            return int(value)
        case "array" if isinstance(value, list | tuple) or value == {}:
            if field.items is None:
                return list(value)
            return [
                _check_value(field.items, item, f"{path}[{position}]", problems)
                for position, item in enumerate(value, 1)
            ]
        case "object" if isinstance(value, Mapping) or value == []:
            if field.fields is None:
                return dict(value)
            return _check_fields(field.fields, dict(value), f"{path}.", problems)
    problems.append(f"{path}: must be {_article(field.type)}; {_shown(value)} came")
    return value


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "aeio" else f"a {name}"


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):  # a number of thousands of digits, a deep nest
        text = "a very large value"
    return text if len(text) <= 80 else f"{text[:77]}..."
