"""The procedures of one run are loaded here: the one that is run, and those that it runs."""

import hashlib
from collections.abc import Callable
from functools import partial

import anyio
import anyio.from_thread
import anyio.to_thread

from tactus.dsl.chance import Draw
from tactus.dsl.loader import Program, load
from tactus.dsl.models import Aliases
from tactus.events import LogEvent
from tactus.lua.sandbox import Interrupt
from tactus.runtime.result import Procedure
from tactus.settings import Limits


class Loading:
    """Loads procedures; where a limiter is, in a worker thread, as they run to a request.

    Args:
        run_id: seeds `math.random`.
        limits: what each may use.
        log: called on the event loop for each line that one logs.
        draw: asked for whatever is random.
        limiter: where Lua computes, as in `Runtime`.
        interrupt: ends what they compute.
        aliases: the user's names for models.
    """

    def __init__(
        self,
        run_id: str,
        *,
        limits: Limits,
        log: Callable[[LogEvent], None],
        draw: Draw,
        limiter: anyio.CapacityLimiter | None,
        interrupt: Interrupt,
        aliases: Aliases | None,
    ) -> None:
        self._seed = int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:4])
        self._limits = limits
        self._log = log
        self._draw = draw
        self._limiter = limiter
        self._interrupt = interrupt
        self._aliases = aliases

    async def load(self, procedure: Procedure) -> Program:
        """The procedure, stopped at its first request or at its end.

        Raises:
            TactusError: it cannot be loaded, or its inputs do not fit.
        """
        in_thread = self._limiter is not None

        def log(line: LogEvent) -> None:
            if in_thread:  # events are told on the event loop, and nowhere else
                anyio.from_thread.run_sync(self._log, line)
            else:
                self._log(line)

        loading = partial(
            load,
            procedure.text,
            procedure.name,
            limits=self._limits,
            params=procedure.params,
            log=log,
            seed=self._seed,
            limiter=self._limiter,
            interrupt=self._interrupt,
            aliases=self._aliases,
            draw=self._draw,
        )
        if self._limiter is None:
            return loading()
        try:
            return await anyio.to_thread.run_sync(loading, limiter=self._limiter)
        finally:
            in_thread = False
