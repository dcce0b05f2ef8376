"""Turns in a process of their own, told as JSON: LiteLLM takes seconds to import, and warns."""

import json
import sys
from typing import Any

import anyio

from tactus.errors import TurnError
from tests.providers.openai import Answer, delta, stream
from tests.tactus.dspy.speaking import KEY, scene

ANSWERS = {
    "whole": Answer(),
    "cut": Answer(cut="eof", cut_after=2),
    "refused": Answer(status=401, error=f"No such key: {KEY}"),
    "uncounted": Answer(usage=None),
    "sliced": Answer(("a\ud83d", "\ude00b"), escape=True),
    "declined": stream(delta(role="assistant", refusal="I cannot."), delta("stop")),
}


async def turn(engine: str, name: str, disable_streaming: bool) -> dict[str, Any]:
    settings = {"engine": engine}
    async with scene(ANSWERS[name], settings=settings, disable_streaming=disable_streaming) as it:
        told: dict[str, Any] = {"engine": engine, "answer": name, "streamed": not disable_streaming}
        try:
            result = await it.agent.turn("Tell a story.", turn_id="t")
            told |= {"text": result.text, "cost": result.cost, "chunks": result.total_chunks}
            told |= {"tokens": result.usage.total_tokens, "input": result.usage.input_tokens}
        except TurnError as error:
            told |= {"text": error.text, "reason": error.reason, "message": error.message}
        told |= {"shown": it.shown, "litellm": "litellm" in sys.modules}
        return told


async def main() -> None:
    for engine in sys.argv[1:]:
        for name in ANSWERS:
            for disable_streaming in (False, True):
                told = await turn(engine, name, disable_streaming)
                sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    anyio.run(main)
