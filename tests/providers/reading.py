"""What the libraries read from these servers, each scene asked for once whole and once streamed.

`python -m tests.providers.reading lm15|litellm WIRE…` writes what was read as lines of JSON.
"""

import json
import os
import sys
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from anyio.from_thread import start_blocking_portal

from tests.providers import WIRES, Server, provider_server
from tests.providers.scenes import BROKEN, SPOKEN

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
MODELS = {"anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash", "ollama": "llama3.2"}
Read = dict[str, Any]
Reader = Callable[[str, Server, bool], Awaitable[Read]]


async def lm15(wire: str, server: Server, streamed: bool) -> Read:
    """DSPy's native client; the responses API is its `openai`, other OpenAI wires its `vllm`."""
    from dspy.lm15 import (
        AsyncLMRouter,
        AsyncResponseStream,
        Config,
        FunctionTool,
        Message,
        Request,
        RouterConfig,
    )

    names = {"openai": "openai-chat", "responses": "openai", "llamacpp": "vllm"}
    name = names.get(wire, wire)
    model = f"{name}:{MODELS.get(wire, 'gpt-4o-mini')}"
    config = RouterConfig(api_keys={name: "key"}, base_urls={name: server.base_url}, env={})
    tools = (FunctionTool("weather", "The weather.", SCHEMA),)
    messages = (Message.user("How is the weather?"),)
    request = Request(model=model, messages=messages, tools=tools, config=Config(max_tokens=500))
    read: Read = {"shown": ""}
    async with AsyncLMRouter(config) as router:
        if streamed:
            stream = AsyncResponseStream(router.stream(request), request)
            async for text in stream:
                read["shown"] += text
            response = await stream.response()
        else:
            response = await router.complete(request)
    parts = response.message.parts
    kinds = {"text": "text", "thinking": "thoughts"}
    for kind, field in kinds.items():
        read[field] = "".join(part.text or "" for part in parts if part.type == kind)
    read["calls"] = [[part.name, part.input] for part in parts if part.type == "tool_call"]
    read["finish"] = response.finish_reason
    usage = response.usage
    counted = (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens)
    read["usage"] = [*counted, usage.reasoning_tokens]
    return read


async def litellm(wire: str, server: Server, streamed: bool) -> Read:
    """LiteLLM, by its own names: `ollama_chat` speaks Ollama's own wire."""
    import litellm as library

    library.suppress_debug_info = True
    prefix = {"responses": "openai/responses", "llamacpp": "hosted_vllm"}.get(wire, server.provider)
    root = server.root if wire in {"anthropic", "ollama"} else server.base_url
    tool = {"name": "weather", "description": "The weather.", "parameters": SCHEMA}
    asked: dict[str, Any] = {
        "model": f"{prefix}/{MODELS.get(wire, 'gpt-4o-mini')}",
        "messages": [{"role": "user", "content": "How is the weather?"}],
        "tools": [{"type": "function", "function": tool}],
        "api_key": "key",
        "api_base": root,
        "max_tokens": 500,
        "max_retries": 0,
        "timeout": 10,
    }
    if not streamed:
        response = await library.acompletion(**asked)
    else:
        options = {"include_usage": True}
        source = await library.acompletion(**asked, stream=True, stream_options=options)
        chunks = [chunk async for chunk in source]
        response = library.stream_chunk_builder(chunks)
    message = response.choices[0].message
    calls = [call.function for call in message.tool_calls or []]
    usage = getattr(response, "usage", None)
    details = [getattr(usage, "prompt_tokens_details", None)]
    details.append(getattr(usage, "completion_tokens_details", None))
    return {
        "text": message.content or "",
        "thoughts": getattr(message, "reasoning_content", None) or "",
        "calls": [[call.name, _parsed(call.arguments)] for call in calls],
        "refusal": getattr(message, "refusal", None) or "",
        "finish": response.choices[0].finish_reason.replace("tool_calls", "tool_call"),
        "usage": [
            getattr(usage, "prompt_tokens", None),
            getattr(usage, "completion_tokens", None),
            getattr(details[0], "cached_tokens", None),
            getattr(details[1], "reasoning_tokens", None),
        ],
    }


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


async def read_scene(reader: Reader, wire: str, scene: str, streamed: bool) -> Read | None:
    """What was read, an error by its kind; None when the wire has no words for the scene."""
    answer = {**SPOKEN, **BROKEN}[scene]
    try:
        for dialect in WIRES[wire].dialects:
            dialect.fits(answer)
    except ValueError:
        return None
    # LiteLLM looks an Ollama model up with a blocking call: no server on this loop would hear it
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(provider_server(wire, answer)) as server,
    ):
        try:
            with anyio.fail_after(20):
                read = await reader(wire, server, streamed)
        except Exception as error:  # noqa: BLE001  # what libraries raise is what is looked at
            read = {"error": type(error).__name__, "message": str(error)[:200]}
        read["breaches"] = server.breaches
    return {"wire": wire, "scene": scene, "streamed": streamed, **read}


async def main(*arguments: str) -> None:
    """Read every scene on these wires, or on all; `--spoken` leaves out the broken ones."""
    name, *wires = arguments
    scenes = [*SPOKEN] if "--spoken" in wires else [*SPOKEN, *BROKEN]
    wires = [wire for wire in wires if wire != "--spoken"]
    reader: Reader = {"lm15": lm15, "litellm": litellm}[name]
    for wire in wires or WIRES:
        for scene in scenes:
            for streamed in (False, True):
                read = await read_scene(reader, wire, scene, streamed)
                if read is not None:
                    sys.stdout.write(json.dumps({"reader": name, **read}) + "\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for setting in ("LOCAL_MODEL_COST_MAP", "LOCAL_ANTHROPIC_BETA_HEADERS", "LOCAL_BLOG_POSTS"):
        os.environ[f"LITELLM_{setting}"] = "True"
    os.environ |= {"LITELLM_MODE": "PRODUCTION", "LITELLM_LOG": "CRITICAL"}
    anyio.run(main, *sys.argv[1:])
