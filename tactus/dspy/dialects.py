"""The dialects that DSPy speaks natively, each with what servers say beyond its reader."""

from typing import Any

from dspy._vendor.lm15.providers.anthropic import AnthropicLM
from dspy._vendor.lm15.providers.gemini import GeminiLM
from dspy._vendor.lm15.providers.openai import OpenAILM
from dspy._vendor.lm15.providers.openai_chat import OpenAIChatLM

from tactus.dspy.anthropic import ForgivingAnthropic
from tactus.dspy.chat import ForgivingChat
from tactus.dspy.gemini import ForgivingGemini
from tactus.dspy.openai_responses import ForgivingResponses

_FORGIVING: dict[type, type] = {
    AnthropicLM: ForgivingAnthropic,
    GeminiLM: ForgivingGemini,
    OpenAIChatLM: ForgivingChat,
    OpenAILM: ForgivingResponses,
}


def forgive(provider: Any) -> None:
    """Have `provider` read its dialect forgivingly."""
    inner = provider._inner
    forgiving = _FORGIVING.get(type(inner))
    if forgiving is not None:
        inner.__class__ = forgiving
