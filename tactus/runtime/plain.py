"""Plain data: what of a procedure's value can leave it as JSON, and what it sees of a turn."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tactus.fields import FieldDefinition, check
from tactus.lua.convert import FunctionRef

if TYPE_CHECKING:  # DSPy takes a second to import
    from tactus.dspy.results import TurnResult


def not_json(value: Any, path: str = "") -> Iterator[str]:
    """What of `value` has no place in JSON: one sentence each, with its path."""
    if isinstance(value, FunctionRef):
        yield f"{path or 'the value'}: is a function, which cannot leave the procedure"
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{path or 'the value'}: is {value}, a number that JSON does not have"
    elif isinstance(value, list):
        for position, item in enumerate(value, 1):
            yield from not_json(item, f"{path}[{position}]")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from not_json(item, f"{path}.{name}" if path else str(name))


def without(value: Any) -> Any:
    """`value` with null in place of whatever JSON does not have."""
    if isinstance(value, FunctionRef) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, list):
        return [without(item) for item in value]
    if isinstance(value, Mapping):
        return {name: without(item) for name, item in value.items()}
    return value


def fitted(fields: Mapping[str, FieldDefinition] | None, value: Any) -> tuple[Any, tuple[str, ...]]:
    """A procedure's value as its declared output says, and what of it does not fit.

    Without a declaration (None) any JSON value fits.
    """
    problems = tuple(not_json(value))
    if problems:
        return without(value), problems
    if fields is None:
        return value, ()
    if not isinstance(value, Mapping):
        return value, (f"the procedure must return a table with {', '.join(fields)}",)
    return check(fields, value)


def turn_seen(result: "TurnResult") -> dict[str, Any]:
    """What a procedure sees of a turn: its fields, and what `tostring` makes of it."""
    response = result.response
    said = isinstance(response, str)
    return {
        "shown": result.text or response if said else json.dumps(response, ensure_ascii=False),
        "seen": {
            "response": response,
            "text": result.text,
            "reasoning": result.reasoning,
            "tool_calls": [
                {
                    "name": call.name,
                    "arguments": call.arguments,
                    "result": call.result,
                    "error": call.error,
                }
                for call in result.tool_calls
            ],
            "agent": result.agent_name,
            "provider": result.provider,
            "model": result.model,
            "usage": {
                "input_tokens": result.usage.input_tokens,
                "output_tokens": result.usage.output_tokens,
                "total_tokens": result.usage.total_tokens,
                "cached_tokens": result.usage.cached_tokens,
                "reasoning_tokens": result.usage.reasoning_tokens,
            },
            "cost": result.cost,
            "estimated": result.estimated,
            "from_cache": result.from_cache,
            "finish_reason": result.finish_reason,
            "duration_ms": result.duration_ms,
            "time_to_first_token_ms": result.time_to_first_token_ms,
            "stream_stats": _stats(result) if result.streamed else None,
        },
    }


def _stats(result: "TurnResult") -> dict[str, Any]:
    return {
        "chunks": result.total_chunks,
        "time_to_first_token_ms": result.time_to_first_token_ms,
        "gap_p50_ms": result.gap_p50_ms,
        "gap_p99_ms": result.gap_p99_ms,
        "duration_ms": result.duration_ms,
    }
