"""The loop of reasoning and acting: a model calls tools, is told their results, and answers."""

from typing import Any

import dspy
from dspy.lm15 import Message

from tactus.definitions import AgentDefinition
from tactus.dspy import structured
from tactus.dspy.exchange import Exchange
from tactus.dspy.failures import Failures
from tactus.dspy.model_calls import ModelCalls
from tactus.dspy.said import Said, without_calls
from tactus.dspy.tool_calls import ToolCalls, shown
from tactus.dspy.turn import Turn
from tactus.events import ValidationEvent


class ReasonAct(dspy.Module):  # type: ignore[misc]
    """One turn's way to its final answer."""

    def __init__(
        self,
        definition: AgentDefinition,
        answers: ModelCalls,
        calls: ToolCalls,
        turn: Turn,
        failures: Failures,
    ) -> None:
        super().__init__()
        self._definition = definition
        self._answers = answers
        self._calls = calls
        self._turn = turn
        self._failures = failures

    async def aforward(self, exchange: Exchange) -> Any:
        """The final answer to what was said: text, or a table where the agent declares one.

        Raises:
            TurnError: no model answered; there was no final answer within `max_steps` (`steps`); or
                it does not fit the declared output, twice (`output`).
        """
        for _ in range(self._definition.max_steps):
            said = await self._answers.answer(exchange)
            if not said.calls:
                return await self._final(exchange, said)
            await self._answers.keep()
            exchange.add(said.message, speaker=self._turn.model)
            self._turn.account.spend()
            results = await self._calls.make(said.calls)
            exchange.add(Message.tool(results))
            if self._definition.output is None and self._calls.has_ended(said.calls):
                return self._ended(exchange)
        most = self._definition.max_steps
        raise self._failures.error("steps", f"{most} model calls, all of which called tools")

    def _ended(self, exchange: Exchange) -> Any:
        """The answer of a turn that a tool ended: what was said last, or what the tool gave."""
        text = self._turn.speech.said
        if not text:
            text = shown(self._calls.made[-1].result)
        exchange.add(Message.assistant(text or "(done)"), speaker=self._turn.model)
        return text

    async def _final(self, exchange: Exchange, said: Said) -> Any:
        fields = self._definition.output
        if fields is None:
            await self._answers.keep()
            exchange.add(said.message, speaker=self._turn.model)
            return said.text
        value, problems = structured.read(fields, said.text, whole=said.is_whole)
        if problems:
            self._tell(problems)
            self._turn.account.spend()
            exchange.add(
                said.message,
                Message.user(structured.complaint(problems)),
                speaker=self._turn.model,
            )
            said = without_calls(await self._answers.answer(exchange, repair=True))
            value, problems = structured.read(fields, said.text, whole=said.is_whole)
            exchange.messages = exchange.messages[:-2]  # as if it had answered well at once
        self._tell(problems)
        if problems:
            raise self._failures.error("output", "; ".join(problems))
        await self._answers.keep()
        exchange.add(said.message, speaker=self._turn.model)
        return value

    def _tell(self, problems: tuple[str, ...]) -> None:
        if self._turn.emit is not None:
            self._turn.emit(
                ValidationEvent(ok=not problems, errors=problems, turn_id=self._turn.turn_id)
            )
