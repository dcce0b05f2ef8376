"""The textual form of tools, for models that have none of their own.

They are told of the tools in the system prompt, write their calls into the text, and are told the
results as a message.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dspy.lm15 import Message, TextPart, ToolCallPart, ToolResultPart

from tactus.dspy.sieve import CLOSE, OPEN
from tactus.tool import Tool


def instructions(tools: Sequence[Tool]) -> str:
    """What the model is told of `tools`."""
    listed = "\n".join(
        json.dumps(
            {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
            ensure_ascii=False,
        )
        for tool in tools
    )
    return (
        f"You can call these tools:\n{listed}\n\n"
        "To call one, write exactly this, several times for several calls, and then stop:\n"
        f'{OPEN}{{"name": "the tool", "arguments": {{"the argument": "its value"}}}}{CLOSE}\n'
        "You will be told the results, and go on from there. Answer in plain text when you need "
        "no tool."
    )


def written(messages: Iterable[Message]) -> tuple[Message, ...]:
    """`messages` with the calls and results of tools as text."""
    return tuple(_written(message) for message in messages)


def _written(message: Message) -> Message:
    if not any(isinstance(part, ToolCallPart | ToolResultPart) for part in message.parts):
        return message
    parts = tuple(TextPart(text) for part in message.parts if (text := _text(part)))
    if message.role == "tool":
        return Message(role="user", parts=parts)
    return replace(message, parts=parts, continuation=())


def _text(part: object) -> str:
    match part:
        case ToolCallPart():
            call = {"name": part.name, "arguments": dict(part.input)}
            return f"{OPEN}{json.dumps(call, ensure_ascii=False)}{CLOSE}"
        case ToolResultPart():
            said = "".join(piece.text for piece in part.content if isinstance(piece, TextPart))
            kind = "tool_error" if part.is_error else "tool_result"
            return f'<{kind} name="{part.name}">{said}</{kind}>'
        case TextPart():
            return str(part.text)
    return ""
