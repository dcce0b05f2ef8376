"""The calls of tools that a model asks for in one step: checked, made together, told as events."""

import hashlib
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any

import anyio
import orjson
from dspy.lm15 import TextPart, ToolResultPart

from tactus.dspy.turn import Turn
from tactus.errors import ENDING, TactusError, ToolError
from tactus.events import ToolCallEvent
from tactus.steps import Steps
from tactus.tool import Tool


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as a model asks for it; `arguments` is None where they could not be read.

    `id` is the provider's, by which the result is told to it.
    """

    id: str
    name: str
    arguments: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that was made; it has a result, or the error that the model was told.

    `duration_ms` is wall time.
    """

    name: str
    arguments: dict[str, Any]
    result: Any
    error: str | None
    duration_ms: float


class ToolCalls:
    """Makes the calls of one turn; `made` are those so far, in the order they were asked for."""

    def __init__(self, turn: Turn, tools: Sequence[Tool], steps: Steps | None = None) -> None:
        self.made: list[ToolCall] = []
        self._turn = turn
        self._steps = steps
        self._tools = {tool.name: tool for tool in tools}

    def has_ended(self, asked: Sequence[Asked]) -> bool:
        """Whether a call among `asked` was one that ends the turn, and succeeded."""
        made = self.made[len(self.made) - len(asked) :]
        return any(
            call.error is None and call.name in self._tools and self._tools[call.name].ends
            for call in made
        )

    async def make(self, asked: Sequence[Asked]) -> tuple[ToolResultPart, ...]:
        """Make these calls, all at once; what the model is to be told of each.

        Raises:
            LimitError: the run has reached a limit in one of them.
            StoppedError: the run was stopped.
        """
        first = len(self.made)
        calls: list[ToolCall | None] = [None] * len(asked)

        async def one(position: int) -> None:
            calls[position] = await self._make(first + position, asked[position])

        if self._steps is not None:
            await self._steps.together([partial(one, position) for position in range(len(asked))])
        else:
            await _together(one, len(asked))
        done = [call for call in calls if call is not None]
        self.made += done
        return tuple(_told(ask, call) for ask, call in zip(asked, done, strict=True))

    async def _make(self, number: int, asked: Asked) -> ToolCall:
        began = anyio.current_time()
        arguments, result, error = asked.arguments or {}, None, None
        self._tell(number, asked.name, "started", arguments, None, None, None)
        try:
            tool, arguments = self._checked(asked)
            result = await self._result(tool, arguments)
            if tool.note is not None:
                tool.note(arguments, result)
        except ENDING:
            raise
        except TactusError as failure:
            error = failure.message if failure.hint is None else f"{failure.message} {failure.hint}"
        except anyio.get_cancelled_exc_class():
            elapsed = (anyio.current_time() - began) * 1000
            self._tell(number, asked.name, "failed", arguments, None, "stopped", elapsed)
            raise
        elapsed = (anyio.current_time() - began) * 1000
        stage = "completed" if error is None else "failed"
        self._tell(number, asked.name, stage, arguments, result, error, elapsed)
        return ToolCall(asked.name, arguments, result, error, elapsed)

    async def _result(self, tool: Tool, arguments: dict[str, Any]) -> Any:
        """What the tool gives: recorded, unless a replay calls it again by itself."""
        if self._steps is None or tool.is_own:
            return await tool.call(arguments)

        async def call() -> dict[str, Any]:
            try:
                return {"result": await tool.call(arguments)}
            except ToolError as error:
                return {"error": error.message, "hint": error.hint}

        body = orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS)
        name = f"tool:{tool.name}#{hashlib.sha256(body).hexdigest()[:8]}"
        record = await self._steps.step(name, call)
        if "error" in record:
            raise ToolError(record["error"], hint=record["hint"])
        return record["result"]

    def _checked(self, asked: Asked) -> tuple[Tool, dict[str, Any]]:
        tool = self._tools.get(asked.name)
        if tool is None:
            near = get_close_matches(asked.name, self._tools, n=1)
            told = f'There is no tool "{asked.name}".'
            known = (
                f'Did you mean "{near[0]}"?' if near else f"There are: {', '.join(self._tools)}."
            )
            raise BadCallError(f"{told} {known if self._tools else ''}".rstrip())
        if asked.arguments is None:
            raise BadCallError(
                "The arguments are not a JSON object, or hold numbers or texts that cannot be"
                " taken. Call again with others."
            )
        arguments, problems = tool.check(asked.arguments)
        if problems:
            raise BadCallError(f"The arguments do not fit: {'; '.join(problems)}. Call again.")
        return tool, arguments

    def _tell(
        self,
        number: int,
        name: str,
        stage: Any,
        arguments: Mapping[str, Any],
        result: Any,
        error: str | None,
        elapsed: float | None,
    ) -> None:
        if self._turn.emit is not None:
            self._turn.emit(
                ToolCallEvent(
                    turn_id=self._turn.turn_id,
                    call_id=f"{self._turn.turn_id}.call-{number + 1}",
                    stage=stage,
                    tool_name=name,
                    arguments=dict(arguments),
                    result=result,
                    error=error,
                    duration_ms=elapsed,
                    text_length=self._turn.speech.text.length,
                )
            )


class BadCallError(TactusError):
    """The model called a tool wrongly; it is told how."""

    kind = "tool"


def shown(result: Any) -> str:
    """A result as a model reads it."""
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)


def _told(asked: Asked, call: ToolCall) -> ToolResultPart:
    text = shown(call.result) if call.error is None else call.error
    return ToolResultPart(
        id=asked.id,
        content=(TextPart(text or "(nothing)"),),
        name=asked.name or "unknown",
        is_error=call.error is not None,
    )


async def _together(one: Callable[[int], Coroutine[Any, Any, None]], count: int) -> None:
    try:
        async with anyio.create_task_group() as tasks:
            for position in range(count):
                tasks.start_soon(one, position)
    except BaseExceptionGroup as group:
        raise _first(group) from None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
