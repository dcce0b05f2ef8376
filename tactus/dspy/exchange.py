"""What is said to a model, in the form that it understands."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dspy.lm15 import (
    Config,
    FunctionTool,
    Message,
    Reasoning,
    Request,
    ToolCallPart,
    ToolResultPart,
)

from tactus.definitions import AgentDefinition
from tactus.dspy import structured, textual
from tactus.dspy.models import Model
from tactus.dspy.said import is_nothing
from tactus.dspy.sieve import Sieve
from tactus.tool import Tool


@dataclass
class Exchange:
    """The messages of a turn so far, whatever model they are said to.

    Attributes:
        definition: the agent's.
        tools: what the model may call.
        messages: the conversation, with the tools' calls and results as parts of their own.
        speaker: whose the answers among the messages are, as provider and model; or None.
        bare: calls of tools in this turn are from another model. Who goes on from them is asked for
            no thoughts: Anthropic wants those from the first call on.
    """

    definition: AgentDefinition
    tools: Sequence[Tool]
    messages: tuple[Message, ...]
    speaker: tuple[str, str] | None = None
    bare: bool = False

    def request(self, lm: Model) -> Request:
        """The request to `lm`.

        Raises:
            TypeError: DSPy does not take it.
            ValueError: as TypeError.
        """
        definition, lacks = self.definition, lm.lacks
        system = [definition.system_prompt or ""]
        messages = self.messages
        if self.speaker not in (None, lm.speaker):
            messages = plain(messages)
            self.bare = self.bare or messages[-1].role == "tool"
        tools: tuple[FunctionTool, ...] = ()
        if self.tools and "tools" in lacks:
            system.append(textual.instructions(self.tools))
            messages = textual.written(messages)
        elif self.tools:
            tools = tuple(
                FunctionTool(tool.name, tool.description, dict(tool.parameters))
                for tool in self.tools
            )
        schema = None
        if definition.output is not None and "schema" in lacks:
            system.append(structured.instructions(definition.output))
        elif definition.output is not None:
            schema = structured.response_format(definition.output)
        effort = None if "reasoning" in lacks or self.bare else definition.reasoning
        return Request(
            model=lm.model,
            system="\n\n".join(part for part in system if part) or None,
            messages=messages,
            tools=tools,
            config=Config(
                temperature=definition.temperature,
                max_tokens=definition.max_tokens,
                response_format=schema,
                reasoning=None if effort is None else Reasoning(effort, summary="auto"),
            ),
        )

    def sieve(self, lm: Model) -> Sieve | None:
        """What takes the calls out of the model's text, where it writes them there."""
        return Sieve() if self.tools and "tools" in lm.lacks else None

    def add(self, *messages: Message, speaker: tuple[str, str] | None = None) -> None:
        """Go on with `messages`, the answers in which `speaker` gave."""
        if speaker is not None:
            if self.speaker not in (None, speaker):
                self.messages = plain(self.messages)
            self.speaker = speaker
        self.messages = (*self.messages, *messages)


def plain(messages: Sequence[Message]) -> tuple[Message, ...]:
    """`messages` without what only the model can read that said them.

    Calls of tools are named anew: one provider's names of them may break another's rules.
    """
    names: dict[str, str] = {}
    count = 0
    found = []
    for message in messages:
        parts: list[Any] = []
        for part in message.parts:
            if isinstance(part, ToolCallPart):
                count += 1
                names[part.id] = f"call_{count}"
                parts.append(replace(part, id=names[part.id], continuation=()))
            elif isinstance(part, ToolResultPart):
                parts.append(replace(part, id=names.get(part.id, part.id)))
            elif message.role != "assistant":
                parts.append(part)
            elif part.type != "thinking" and not is_nothing(bare := replace(part, continuation=())):
                parts.append(bare)
        found.append(replace(message, parts=tuple(parts), continuation=()))
    return tuple(found)
