"""The steps of a run: how each is named, and how it is taken."""

import hashlib
from typing import Any

import orjson

from tactus.engine.failure import outcome, value_of
from tactus.engine.journal import Body
from tactus.engine.strands import Strands
from tactus.runtime.usage import Usage


def step_name(kind: str, name: str = "", **arguments: Any) -> str:
    """`kind:name#digest`; the digest is of all that is asked, so that a replay can compare it."""
    said = f"{kind}:{name}" if name else kind
    if not arguments:
        return said
    body = orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return f"{said}#{hashlib.sha256(body).hexdigest()[:8]}"


async def taken(strands: Strands, name: str, body: Body, *, usage: Usage | None = None) -> Any:
    """What `body` returns, or what it returned when the step was recorded.

    Args:
        strands: of the run.
        name: the step's.
        body: does it.
        usage: records what the turns within it use, where it takes some.

    Raises:
        TactusError: what it raised, made anew from its record, as on every replay; the very error
            is its cause where the body has just run.
    """
    raised: list[Exception] = []
    ran = False

    async def noted() -> Any:
        try:
            return await body()
        except Exception as error:
            raised.append(error)
            raise

    async def run() -> dict[str, Any]:
        nonlocal ran
        ran = True
        if usage is None:
            return await outcome(noted)
        with usage.noted():
            record = await outcome(noted)
        return {**record, "used": usage.data()}

    record = await strands.step(name, run)
    if usage is not None and not ran:
        usage.restore(record["used"])
    try:
        return value_of(record)
    except Exception as error:
        raise error from (raised[0] if raised else None)
