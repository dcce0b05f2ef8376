"""Who is compared: each takes turns with a model at a base URL, and says what it heard.

Every library is imported by the peer that needs it, so that a process holds only its own.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from benchmarks import ours
from benchmarks.heard import KEY, MESSAGE, SYSTEM, Heard, Turn
from benchmarks.rivals import RIVALS
from benchmarks.wires import WIRES


@asynccontextmanager
async def raw(base_url: str, listens: str, wire: str = "openai") -> AsyncIterator[Turn]:
    """What a person writes in ten lines; only OpenAI's chat without a stream, too."""
    import httpx

    spoken = WIRES[wire]
    url, headers, text_in = f"{base_url}{spoken.path}", dict(spoken.headers), spoken.text
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=None, limits=limits) as client:

        async def turn(heard: Heard, streamed: bool) -> None:
            if not streamed:
                body = {"model": spoken.model, "messages": spoken.body["messages"]}
                answer = (await client.post(url, json=body, headers=headers)).json()
                heard.add(answer["choices"][0]["message"]["content"])
                heard.end()
                return
            async with client.stream("POST", url, json=spoken.body, headers=headers) as response:
                async for line in response.aiter_lines():
                    said = line[6:] if line.startswith("data: ") else "[DONE]"
                    if said != "[DONE]" and (text := text_in(json.loads(said))):
                        heard.add(text)
            heard.end()

        yield turn


@asynccontextmanager
async def native(base_url: str, listens: str, wire: str = "openai") -> AsyncIterator[Turn]:
    """Bare DSPy with its native client: `dspy.LM` and `send_stream`."""
    import anyio
    import dspy
    from dspy.lm15 import Config, Message, Request

    lm = dspy.LM("openai/gpt-4o-mini", api_base=base_url, api_key=KEY, cache=False, num_retries=0)

    async def turn(heard: Heard, streamed: bool) -> None:
        request = Request(
            model=lm.model, system=SYSTEM, messages=(Message.user(MESSAGE),), config=Config()
        )
        if not streamed:
            heard.add((await lm.acall(request)).text)
            heard.end()
            return
        send, receive = anyio.create_memory_object_stream[Any](64)

        async def call() -> None:
            async with send:
                with dspy.context(send_stream=send):
                    await lm.acall(request)

        async with anyio.create_task_group() as tasks, receive:
            tasks.start_soon(call)
            async for chunk in receive:
                if text := chunk["choices"][0]["delta"].get("content"):
                    heard.add(text)

        heard.end()

    yield turn


PEERS = {
    "raw": raw,
    "native": native,
    "agent": ours.agent,
    "run": ours.run,
    "turns": ours.turns,
    **RIVALS,
}
