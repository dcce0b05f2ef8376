"""How a turn came out, in terms that are the same for every wire."""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from tactus.errors import TurnError
from tactus.events import CostEvent
from tactus.fields import FieldDefinition, check
from tactus.schema import schema_of
from tactus.tool import Tool
from tests.tactus.dspy.speaking import Scene

NO_CALLS: tuple[tuple[str, dict[str, Any], Any, str | None], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What there is to know of a turn that has ended.

    `usage` is input, output, total, cached and reasoning tokens; of the last two, 0 and not told
    are the same here: some providers tell zeros, others nothing.
    """

    ending: str
    reason: str | None = None
    response: Any = None
    text: str = ""
    reasoning: str = ""
    calls: tuple[tuple[str, dict[str, Any], Any, str | None], ...] = NO_CALLS
    usage: tuple[int | None, ...] | None = None
    finish: str | None = None
    model_calls: int | None = None
    cost: float | None = None


async def outcome(it: Scene, tools: Sequence[Tool] = (), message: str = "Speak.") -> Outcome:
    """Take a turn, and see that its events say what it gave: one ending, and every word."""
    seen = len(it.events)
    reason, result = None, None
    try:
        result = await it.agent.turn(message, turn_id="t", tools=tools)
    except TurnError as error:
        reason, text = error.reason, error.text
    stages = it.stages
    assert stages[0] == "started"
    assert len(stages) == 2
    assert seen or it.kinds[-1] == stages[-1]  # nothing is told behind the ending
    costs = [event for event in it.events if isinstance(event, CostEvent)]
    assert [cost.stage for cost in costs] in ([], [stages[-1]])
    if result is not None:
        text = result.text
        assert stages[-1] == "completed"
        assert result.cost == costs[0].total_cost
    assert text == (costs[0].response if costs else "")
    if text and it.chunks:
        assert text == it.shown == it.chunks[-1].accumulated_text
    if result is None:
        return Outcome(stages[-1], reason, text=text)
    if it.thought:
        assert it.thought == result.reasoning
    *counted, cached, thought = astuple(result.usage)
    return Outcome(
        "completed",
        None,
        result.response,
        result.text,
        result.reasoning,
        tuple((call.name, call.arguments, call.result, call.error) for call in result.tool_calls),
        (*counted, cached or 0, thought or 0),
        result.finish_reason,
        result.model_calls,
        result.cost,
    )


async def _weather(arguments: dict[str, Any]) -> Any:
    return {"city": arguments["city"], "sky": "rain"}


_CITY = {
    "city": FieldDefinition(type="string"),
    "days": FieldDefinition(type="array", items=FieldDefinition(type="integer"), required=False),
}
WEATHER = Tool(
    "weather",
    "The weather of a city.",
    schema_of(_CITY),
    lambda given: check(_CITY, dict(given)),
    _weather,
)
SKY = {
    "sky": {"type": "string", "enum": ["rain", "sun"]},
    "wind": {
        "type": "object",
        "fields": {"speed": {"type": "number"}, "from": {"type": "string", "required": False}},
    },
    "days": {"type": "array", "items": {"type": "integer"}},
}
A_SKY = {"sky": "rain", "wind": {"speed": 3.5, "from": "west"}, "days": [1, 2]}


def slices(value: Any, size: int) -> tuple[str, ...]:
    """`value` as JSON, cut into pieces of so many characters."""
    text = json.dumps(value)
    return tuple(text[at : at + size] for at in range(0, len(text), size))
