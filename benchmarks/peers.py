"""Who is compared: each takes turns with a model at a base URL, and says what it heard.

Every library is imported by the peer that needs it, so that a process holds only its own.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from benchmarks import ours
from benchmarks.heard import KEY, MESSAGE, SYSTEM, Heard, Turn


@asynccontextmanager
async def raw(base_url: str, listens: str) -> AsyncIterator[Turn]:
    """What a person writes in ten lines."""
    import httpx

    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": MESSAGE}]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=None, limits=limits) as client:

        async def turn(heard: Heard, streamed: bool) -> None:
            url = f"{base_url}/chat/completions"
            body = {"model": "gpt-4o-mini", "messages": messages, "stream": streamed}
            headers = {"Authorization": f"Bearer {KEY}"}
            if not streamed:
                answer = (await client.post(url, json=body, headers=headers)).json()
                heard.add(answer["choices"][0]["message"]["content"])
                heard.end()
                return
            body["stream_options"] = {"include_usage": True}
            async with client.stream("POST", url, json=body, headers=headers) as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: ") and line != "data: [DONE]":
                        for choice in json.loads(line[6:])["choices"]:
                            if text := choice["delta"].get("content"):
                                heard.add(text)
            heard.end()

        yield turn


@asynccontextmanager
async def native(base_url: str, listens: str) -> AsyncIterator[Turn]:
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
}
