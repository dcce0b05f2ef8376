"""What a model call gave, as it is recorded: what a turn needs to go on without asking again."""

import hashlib
from dataclasses import asdict
from typing import Any

import orjson
from dspy._vendor.lm15.serde import message_from_dict, message_to_dict, messages_to_json

from tactus.dspy.exchange import Exchange
from tactus.dspy.prices import Bill, Usage
from tactus.dspy.said import Said
from tactus.dspy.tool_calls import Asked
from tactus.dspy.turn import Figures, Turn
from tactus.errors import TurnError


def step_name(exchange: Exchange) -> str:
    """The step's name: the agent's, and a digest of all that is said to its model."""
    definition = exchange.definition
    asked = {
        "agent": definition.model_dump(mode="json", exclude={"line"}),
        "messages": messages_to_json(exchange.messages),
        "tools": [[tool.name, tool.description, tool.parameters] for tool in exchange.tools],
    }
    body = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)
    return f"model:{definition.name}#{hashlib.sha256(body).hexdigest()[:8]}"


def recorded(turn: Turn, said: Said | None, error: TurnError | None, before: int) -> dict[str, Any]:
    """The record of a model call that has ended with what was `said`, or in an `error`.

    Args:
        turn: in which it was made; nothing else has happened in it since.
        said: what the model said, or None.
        error: why it said nothing, or None.
        before: how many bills the turn had before.
    """
    speech = turn.speech
    record: dict[str, Any] = {
        "text": str(speech.text)[speech.call :],
        "reasoning": str(speech.reasoning),
        "chunks": speech.chunks,
        "bills": [asdict(bill) for bill in turn.account.bills[before:]],
        "model": turn.model,
        "attempt": turn.attempt,
        "finish_reason": turn.finish_reason,
        "from_cache": turn.from_cache,
        "figures": asdict(turn.measured()),
    }
    if said is not None:
        calls = [[call.id, call.name, call.arguments] for call in said.calls]
        record["said"] = {
            "text": said.text,
            "calls": calls,
            "message": message_to_dict(said.message),
            "is_whole": said.is_whole,
        }
    if error is not None:
        record["error"] = {
            "message": error.message,
            "reason": error.reason,
            "retryable": error.retryable,
            "hint": error.hint,
        }
    return record


def restore(record: dict[str, Any], turn: Turn) -> None:
    """Bring `turn` to where it was when the model call had ended; nothing is told again."""
    turn.speech.restore(record["text"], record["reasoning"], record["chunks"])
    turn.account.bills += [
        Bill(Usage(**bill["usage"]), bill["cost"], bill["estimated"], bill["calls"])
        for bill in record["bills"]
    ]
    provider, model = record["model"]
    turn.account.model = (provider, model)
    turn.attempt = record["attempt"]
    turn.finish_reason = record["finish_reason"]
    turn.from_cache = record["from_cache"]


def said_in(record: dict[str, Any], turn: Turn) -> Said:
    """What the record says was said.

    Raises:
        TurnError: the model had failed.
    """
    turn.figures = Figures(**record["figures"])
    if error := record.get("error"):
        raise TurnError(
            error["message"],
            reason=error["reason"],
            retryable=error["retryable"],
            hint=error["hint"],
        )
    said = record["said"]
    calls = tuple(Asked(*call) for call in said["calls"])
    return Said(said["text"], calls, message_from_dict(said["message"]), said["is_whole"])
