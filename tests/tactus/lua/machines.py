"""A machine with the smallest surface: `ask` waits for Python, `tell` does not."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from tactus.lua.machine import Machine, Surface
from tactus.lua.outcome import Request
from tactus.lua.position import Position
from tactus.settings import Limits

SURFACE = Surface(
    "words.lua",
    """
    local host = ...
    host.export("ask", function(value) return (host.request("ask", value)) end)
    host.export("tell", function(value) return (host.tell("told", value)) end)
    host.export("object", setmetatable({}, {
        __metatable = false,
        __call = function(_, value) return (host.request("ask", value)) end,
    }))
    """,
)

Reply = Callable[[Any], Any]


def echo(value: Any) -> Any:
    return value


def machine(
    limits: Limits | None = None,
    *,
    tell: Reply = echo,
    seed: int = 0,
    limiter: anyio.CapacityLimiter | None = None,
) -> Machine:
    def told(_kind: str, value: Any, _position: Position | None) -> Any:
        return tell(value)

    return Machine(
        surface=[SURFACE], tell=told, limits=limits or Limits(), seed=seed, limiter=limiter
    )


async def run(
    text: str,
    answer: Callable[[Any], Awaitable[Any]] | Reply = echo,
    *,
    limits: Limits | None = None,
    tell: Reply = echo,
    seed: int = 0,
    limiter: anyio.CapacityLimiter | None = None,
) -> Any:
    """The value of a procedure whose requests `answer` answers, at once or awaited."""

    async def answered(request: Request) -> Any:
        reply = answer(request.value)
        return await reply if isinstance(reply, Awaitable) else reply

    made = machine(limits, tell=tell, seed=seed, limiter=limiter)
    try:
        made.load(text, "story.lua")
        return await made.drive(answered)
    finally:
        made.close()
