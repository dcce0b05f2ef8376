"""Answers that are a table of declared fields: asked for, read out of the text, and checked."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from dspy.lm15 import Request
from json_repair import loads as repaired

from tactus.dspy.arguments import taken
from tactus.fields import FieldDefinition, check
from tactus.schema import is_strict, schema_of

Fields = Mapping[str, FieldDefinition]

# An object, or a list of them, which is not torn into its parts. Not `{curly}` of prose or code.
_OPENING = re.compile(r"\[\s*\{|\{\s*(?:[\"'}]|\w+\s*:)")
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[][{}]', re.DOTALL)
_DECODER = json.JSONDecoder()
_UNHELD = "the answer is nested too deeply, or has too large an integer or half a character in it"
_MOST_BROKEN = 50  # beyond which an answer is not searched further: each may cost a look at it all


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


def read(
    fields: Fields, text: str, *, whole: bool = True
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The table that `text` holds, checked and with defaults; and what is wrong with it.

    A code fence around it, words, code or other objects before and after it are no problem: the
    last object that fits is taken. Nor are the small slips of models, as a comma too many. With
    `whole` false, `text` was cut: an object that it breaks off in is not mended, as what came of
    it might fit.
    """
    exact, broken = _objects(text)
    if broken and not whole:
        exact = exact[broken[-1].before :]
    misfits: list[tuple[dict[str, Any], tuple[str, ...]]] = []
    mended = (_mended(part.text) for part in reversed(broken) if whole)
    for said in chain(reversed(exact), mended):
        if said is not None:
            value, problems = check(fields, said)
            if not problems and taken({"answer": value}) is None:
                problems = (_UNHELD,)
            if not problems:
                return value, problems
            misfits.append((value, problems))
    return misfits[0] if misfits else ({}, ("the answer is not a JSON object",))


def complaint(problems: tuple[str, ...]) -> str:
    """What the model is told whose answer does not fit."""
    listed = "\n".join(f"- {problem}" for problem in problems)
    return (
        f"Your answer does not fit what was asked for:\n{listed}\n"
        "Answer again with the whole corrected JSON object, and nothing else."
    )


@dataclass(frozen=True, slots=True)
class _Broken:
    """What begins as an object and is none, and how many objects stand before it."""

    text: str
    before: int


def _objects(text: str) -> tuple[list[dict[str, Any]], list[_Broken]]:
    """The outermost objects in `text`, and what would be one but for a slip."""
    exact: list[dict[str, Any]] = []
    broken: list[_Broken] = []
    at, is_open = 0, False
    while len(broken) < _MOST_BROKEN and (opening := _OPENING.search(text, at)):
        start = opening.start()
        try:
            said, at = _DECODER.raw_decode(text, start)
        except RecursionError:  # thousands of levels: no answer to any question
            return [], []
        except ValueError as error:
            end = _end(text, start)
            # What stands in a broken object is a part of it, and no answer.
            at = end or max(start + 1, getattr(error, "pos", 0))
            broken.append(_Broken("" if is_open and not end else text[start:end], len(exact)))
            is_open = is_open or not end
        else:
            if isinstance(said, dict):
                exact.append(said)
    return exact, broken


def _end(text: str, start: int) -> int | None:
    """Where the brackets from `start` on are all closed; None if they never are."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token.group(), 0)
        if depth <= 0:
            return token.end()
    return None


def _mended(text: str) -> dict[str, Any] | None:
    try:
        said = repaired(text)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and said else None
