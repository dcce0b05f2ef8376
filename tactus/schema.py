"""Declared fields as JSON Schema, for those who read that: providers, MCP, OpenAPI."""

from collections.abc import Mapping
from typing import Any

from tactus.fields import FieldDefinition

_OPEN = {"string", "number", "integer", "boolean"}


def schema_of(fields: Mapping[str, FieldDefinition], *, strict: bool = False) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an object with `fields`.

    Args:
        fields: by name.
        strict: as providers want it that keep to a schema word for word: every field is required,
            one that may be missing may be null, and no other is allowed.
    """
    required = [name for name, field in fields.items() if strict or field.is_required]
    return {
        "type": "object",
        "properties": {name: _schema(field, strict=strict) for name, field in fields.items()},
        "required": required,
        "additionalProperties": False,
    }


def is_strict(fields: Mapping[str, FieldDefinition]) -> bool:
    """Whether a strict schema can say all of `fields`: nothing in them is left open."""
    return all(_is_closed(field) for field in fields.values())


def _is_closed(field: FieldDefinition) -> bool:
    if field.type == "array":
        return field.items is not None and _is_closed(field.items)
    if field.type == "object":
        return field.fields is not None and is_strict(field.fields)
    return field.type in _OPEN


def _schema(field: FieldDefinition, *, strict: bool, element: bool = False) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": field.type}
    if field.type == "object" and field.fields is not None:
        schema = schema_of(field.fields, strict=strict)
    if field.type == "array" and field.items is not None:
        schema["items"] = _schema(field.items, strict=strict, element=True)
    if field.description:
        schema["description"] = field.description
    for name in ("minimum", "maximum"):
        if (bound := getattr(field, name)) is not None:
            schema[name] = int(bound) if field.type == "integer" else bound
    if field.enum is not None:
        schema["enum"] = list(field.enum)
    if field.default is not None and not strict:
        schema["default"] = field.default
    if strict and not element and not field.is_required:
        schema["type"] = [field.type, "null"]
        if "enum" in schema:
            schema["enum"].append(None)
    return schema
