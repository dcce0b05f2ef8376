"""Answers that are a table of declared fields: asked for, read out of the text, and checked."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dspy.lm15 import Request
from json_repair import loads as repaired

from tactus.fields import FieldDefinition, check
from tactus.schema import is_strict, schema_of

Fields = Mapping[str, FieldDefinition]

_FENCE = re.compile(r"```(?:json)?[^\S\n]*\n(.*?)\n\s*```", re.DOTALL)


def response_format(fields: Fields) -> dict[str, Any]:
    """`fields` as providers take a schema that they keep to by themselves."""
    strict = is_strict(fields)
    return {
        "type": "json_schema",
        "name": "answer",
        "schema": schema_of(fields, strict=strict),
        "strict": strict,
    }


def unjudged(request: Request) -> Request:
    """`request` for the reading of its answer, which stays the text that it is.

    Where a schema has an enum, DSPy would put the parsed value in the place of the text.
    """
    return replace(request, config=replace(request.config, response_format=None))


def instructions(fields: Fields) -> str:
    """What a model is told that has no such feature."""
    schema = json.dumps(schema_of(fields), ensure_ascii=False)
    return (
        "Answer with one JSON object and nothing else: no words before or after it, no code fence. "
        f"It must fit this JSON Schema:\n{schema}"
    )


def read(fields: Fields, text: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The table that `text` holds, checked and with defaults; and what is wrong with it.

    A code fence around it, or words before it, are no problem; nor are the small slips of models,
    as a comma too many.
    """
    said = _parsed(text)
    if not isinstance(said, dict):
        return {}, ("the answer is not a JSON object",)
    return check(fields, said)


def complaint(problems: tuple[str, ...]) -> str:
    """What the model is told whose answer does not fit."""
    listed = "\n".join(f"- {problem}" for problem in problems)
    return (
        f"Your answer does not fit what was asked for:\n{listed}\n"
        "Answer again with the whole corrected JSON object, and nothing else."
    )


def _parsed(text: str) -> Any:
    fenced = _FENCE.search(text)
    body = fenced.group(1) if fenced else text
    try:
        return json.loads(body)
    except ValueError:
        start = body.find("{")
        return None if start < 0 else repaired(body[start:])
