"""Asking an agent's model: again where that may help, in a simpler form, or another model."""

import re
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from itertools import count
from typing import Any

import anyio
import dspy
from dspy.lm15 import Request, Response

from tactus.definitions import AgentDefinition
from tactus.dspy.cache import Cache
from tactus.dspy.exchange import Exchange
from tactus.dspy.failures import RETRIED, Failures
from tactus.dspy.models import Model, Models
from tactus.dspy.prices import Bill
from tactus.dspy.record import recorded, restore, said_in, step_name
from tactus.dspy.said import Said, check, without_calls, worded
from tactus.dspy.sieve import Sieve
from tactus.dspy.streaming import Stream
from tactus.dspy.surrogates import mended
from tactus.dspy.turn import UNPAID, Turn
from tactus.errors import TurnError
from tactus.settings import Settings
from tactus.steps import Steps

Ask = Callable[[Model, Request], Awaitable[Response]]

_FINAL = frozenset({"refused", "blocked", "output", "steps"})  # no other model is asked
_TORN = RETRIED | {"truncated", "timeout", "malformed"}  # asked again with `retry_mid_stream`
_LACKS = {  # how a server says that it cannot do what was asked
    "stream": re.compile(r"\bstream", re.IGNORECASE),
    "tools": re.compile(r"\b(?:tools?|functions?)\b(?!_|\.\w)", re.IGNORECASE),
    "schema": re.compile(
        r"response.?format|json.?schema|output.?(config|format)|\bmime|json.?mode", re.IGNORECASE
    ),
    "reasoning": re.compile(r"reasoning|thinking|effort", re.IGNORECASE),
}
_CANNOT = re.compile(
    r"\bnot\b|n't\b|unsupported|unknown|unrecogni[sz]ed|unexpected|invalid|disabled|cannot|\bno\b",
    re.IGNORECASE,
)
_UNABLE = frozenset({"invalid_request", "unsupported"})


class ModelCalls:
    """Asks for the answers of one turn.

    Args:
        ask: makes the call; whoever watches DSPy sees it there.
        definition: the agent's: its model, its fallbacks, its patience.
        models: the process's models.
        settings: the effective settings.
        turn: whose calls these are; told whatever happens.
        cache: where answers are kept, or None.
        steps: where they are recorded, so that the run can be repeated; or None.
    """

    def __init__(
        self,
        ask: Ask,
        definition: AgentDefinition,
        models: Models,
        settings: Settings,
        turn: Turn,
        cache: Cache | None,
        steps: Steps | None = None,
    ) -> None:
        self._ask = ask
        self._definition = definition
        self._models = models
        self._settings = settings
        self._turn = turn
        self._cache = cache
        self._steps = steps
        self._fresh: tuple[Model, Request, Response] | None = None
        self._first = definition.timeout.first or settings.timeout
        self._gap = definition.timeout.gap or settings.timeout
        others = [tuple(name.split("/", 1)) for name in definition.fallback]
        self._left = [other for other in others if len(other) == 2]

    async def answer(self, exchange: Exchange, *, repair: bool = False) -> Said:
        """The answer to what was said; the turn's text grows by it.

        Args:
            exchange: what was said so far.
            repair: the answer takes the place of the last one, which is void.

        Raises:
            TurnError: neither the model nor a fallback gave one.
            SettingsError: a provider does not exist.
        """
        if repair:
            self._turn.restart("repair")
        else:
            self._turn.speech.begin()
        if self._steps is None:
            return await self._asked(exchange)
        turn, replayed = self._turn, True

        async def ask() -> dict[str, Any]:
            nonlocal replayed
            replayed = False
            before = len(turn.account.bills)
            if turn.torn > turn.speech.text.length:
                turn.restart("retry")  # what a process has told that died before the answer's end
            turn.torn = 0
            try:
                said, error = await self._asked(exchange), None
            except TurnError as failure:
                said, error = None, failure
                turn.account.lose(paid=failure.reason not in UNPAID)
            return recorded(turn, said, error, before)

        record = await self._steps.step(step_name(exchange), ask)
        if replayed:
            restore(record, turn)
        return said_in(record, turn)

    async def keep(self) -> None:
        """Keep the last answer, which is a good one, for turns that ask the same."""
        if self._cache is not None and self._fresh is not None:
            lm, request, response = self._fresh
            await self._cache.put(lm.address, request, response)

    async def _asked(self, exchange: Exchange) -> Said:
        """The answer of the model, or of a fallback."""
        first: TurnError | None = None
        while True:
            try:
                return await self._answer(exchange)
            except TurnError as failure:
                first = first or failure
                torn = self._turn.account.has_heard and not self._definition.retry_mid_stream
                if torn or failure.reason in _FINAL or not self._left:
                    # of a fallback that could not even be asked nobody needs to know
                    raise (first if failure.reason == "not_configured" else failure) from None
            self._turn.account.model = self._left.pop(0)
            self._turn.restart("fallback")

    async def _answer(self, exchange: Exchange) -> Said:
        """The answer of the model whose turn it is, which is asked so often as is of use."""
        turn = self._turn
        failures = Failures(*turn.model, self._settings.secrets.values())
        lm = await self._models.ready(*turn.model)
        refusals, lacks = 0, list[str]()
        for attempt in count(1):
            turn.attempt = attempt
            stream = self._stream(exchange, lm)
            try:
                return await self._attempt(exchange, lm, stream, failures)
            except Exception as error:  # whatever an engine raises ends the turn
                if stream is not None and error is stream.broken:
                    raise  # not the model's fault, but the listener's
                failure = failures.told(error)
                reason = getattr(failure, "reason", "unexpected")
                if lacking := self._lacking(lm, exchange, reason, failure.message, stream):
                    lm.lacks.add(lacking)  # asked again without; not counted as refused
                    lacks.append(lacking)
                    continue
                heard = turn.account.has_heard
                turn.account.lose(paid=reason not in UNPAID)
                wait = _wait(error, refusals)
                refusals += 1
                again = _TORN if heard and self._definition.retry_mid_stream else RETRIED
                may = reason in again and (not heard or self._definition.retry_mid_stream)
                if not may or refusals > self._settings.retries or wait > self._first:
                    lm.lacks.difference_update(lacks)  # it made no difference
                    raise failure from None
            await anyio.sleep(wait)
            if heard:
                turn.restart("retry")
        raise AssertionError  # counting has no end

    def _stream(self, exchange: Exchange, lm: Model) -> Stream | None:
        if not self._turn.speech.streaming or "stream" in lm.lacks:
            return None
        spend = None if self._turn.account.purse is None else self._turn.account.spend
        return Stream(self._turn.speech, exchange.sieve(lm), spend)

    async def _attempt(
        self, exchange: Exchange, lm: Model, stream: Stream | None, failures: Failures
    ) -> Said:
        request = exchange.request(lm)
        account, turn = self._turn.account, self._turn
        account.begin(_size(request), lm.rates)
        kept = None
        if self._cache is not None and not turn.speech.streaming:
            kept = await self._cache.get(lm.address, request)
        response = kept or await self._response(lm, request, stream, failures)
        bill = Bill(calls=1)
        if kept is None:
            bill = Bill(lm.usage(response), await lm.cost(request, response), calls=1)
        account.end(bill)
        turn.from_cache = kept is not None
        turn.finish_reason = response.finish_reason
        sieve = exchange.sieve(lm) if stream is None else stream.sieve
        if stream is None:
            self._say(response, sieve)
        said = Said.of(response, turn.speech.said, [] if sieve is None else sieve.calls)
        refusal = "" if stream is None else stream.refusal
        check(said, response, refusal, failures, has_tools=bool(exchange.tools))
        if said.calls and not exchange.tools:
            said = without_calls(said)
        self._fresh = None if kept is not None or turn.speech.streaming else (lm, request, response)
        return said

    async def _response(
        self, lm: Model, request: Request, stream: Stream | None, failures: Failures
    ) -> Response:
        call = partial(self._ask, lm, request)
        response: Response | None = None
        with anyio.CancelScope(deadline=anyio.current_time() + self._first) as silence:
            if stream is not None:
                response = await stream.run(call, silence, self._gap)
            else:
                with dspy.context(send_stream=None, disable_history=True):
                    response = await call()
        if response is None:
            limit = self._gap if stream is not None and stream.heard else self._first
            raise failures.error("timeout", f"nothing came for {limit:g} s")
        return response

    def _say(self, response: Response, sieve: Sieve | None) -> None:
        """Say an answer that came as a whole."""
        parts = [worded(part) for part in response.message.parts]
        thoughts = "".join(part.text for part in parts if part.type == "thinking")
        text = "".join(part.text for part in parts if part.type == "text")
        if sieve is not None:
            text = sieve.feed(text) + sieve.close(whole=response.finish_reason != "length")
        if thoughts:
            self._turn.speech.think(mended(thoughts))
        if text:
            self._turn.speech.add(mended(text), 1)

    def _lacking(
        self, lm: Model, exchange: Exchange, reason: str, message: str, stream: Stream | None
    ) -> str | None:
        """What the server says it cannot do, of what it was asked for; it was not said before."""
        if reason not in _UNABLE or self._turn.account.has_heard:
            return None
        asked: Collection[str] = [
            name
            for name, wanted in (
                ("schema", self._definition.output is not None),  # before tools: it may be for both
                ("tools", bool(exchange.tools)),
                ("reasoning", self._definition.reasoning is not None),
                ("stream", stream is not None),
            )
            if wanted and name not in lm.lacks
        ]
        if not _CANNOT.search(message):
            return None
        return next((name for name in asked if _LACKS[name].search(message)), None)


def _wait(error: Exception, refusals: int) -> float:
    """Seconds before the next request: what the provider asks for, or 1, then 2."""
    asked = getattr(error, "retry_after", None)
    return float(2**refusals) if asked is None else float(asked)


def _size(request: Request) -> int:
    """About how many characters the model is given to read."""
    size = len(request.system) if isinstance(request.system, str) else 0
    for message in request.messages:
        for part in message.parts:
            for piece in getattr(part, "content", (part,)):
                size += len(getattr(piece, "text", "") or "")
    return size
