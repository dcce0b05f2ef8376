"""The models of one process: one connection pool, one client a model."""

import logging
import os
from contextlib import suppress
from typing import Any

import anyio
import anyio.to_thread
import dspy
from dspy.clients.engines.litellm_engine import LiteLLMEngine as SyncLiteLLMEngine
from dspy.clients.engines.lm15_engine import LM15Engine
from dspy.clients.execution import aexecute, finalize, prepare
from dspy.lm15 import Request, Response, RouterConfig

from tactus.dspy.engines import (
    LiteLLMEngine,
    NativeEngine,
    import_litellm,
    set_litellm_environment,
)
from tactus.dspy.prices import FREE, Tariff, Usage
from tactus.dspy.providers import DEMO, Door, door_to
from tactus.settings import Settings

logging.getLogger("dspy.clients.lm").setLevel(logging.ERROR)  # a turn tells how it ended itself
_UNPRICED = Tariff("", "")


class Model(dspy.LM):  # type: ignore[misc]
    """A `dspy.LM` for typed requests of text, which are prepared where they are made.

    DSPy prepares each in a thread, in case it holds media to be read from files; ours never does.

    Attributes:
        speaker: the provider and the model, as an agent names them.
        address: the same, with where it is asked.
        lacks: what the model, or the server before it, was seen not to do: `stream`, `tools`,
            `schema`, `reasoning`.
    """

    def __init__(
        self,
        speaker: tuple[str, str],
        model: str,
        engines: tuple[Any, Any],
        tariff: Tariff | None,
        address: str = "",
    ) -> None:
        engine, async_engine = engines
        super().__init__(
            model, engine=engine, async_engine=async_engine, cache=False, num_retries=0
        )
        self.tariff = tariff
        self.speaker = speaker
        self.address = (*speaker, address)
        self.lacks: set[str] = set()
        self.rates = FREE

    async def prepare(self) -> None:
        """Load what the engine needs, off the event loop; costs something only the first time."""
        if isinstance(self.engine, SyncLiteLLMEngine):
            await import_litellm()
        if self.tariff is not None and self.rates is FREE:
            self.rates = await self.tariff.rates()

    def usage(self, response: Response) -> Usage:
        """The tokens of `response`."""
        return (self.tariff or _UNPRICED).usage(response)

    async def cost(self, request: Request, response: Response) -> float | None:
        """The price of `response` in USD; None when it is not known. The demo costs nothing."""
        return 0.0 if self.tariff is None else await self.tariff.cost(request, response)

    async def acall(self, request: Request) -> Response:
        """The answer to `request`; its pieces go to `dspy.settings.send_stream` as they come."""
        call = prepare(self, request, None, {}, asynchronous=True)
        return finalize(self, call, await aexecute(self, call))


class Models:
    """The models that agents speak to, made once each; all of them share connections.

    Belongs to the event loop that first uses it.
    """

    def __init__(self, settings: Settings) -> None:
        set_litellm_environment()
        self._settings = settings
        self._transport = _transport()
        self._models: dict[tuple[str, str], Model] = {}
        self._engines: dict[Door, tuple[Any, Any]] = {}
        self._making = anyio.Lock()

    def lm(self, provider: str, model: str) -> Model:
        """The model `model` of `provider`.

        Raises:
            SettingsError: there is no such provider; names the nearest.
            TurnError: the provider's key is missing (`not_configured`); names the variable.
        """
        found = self._models.get((provider, model))
        if found is None:
            found = self._models[provider, model] = self._new(provider, model)
        return found

    async def ready(self, provider: str, model: str) -> Model:
        """As `lm`, made off the event loop and with what its engine needs loaded."""
        found = self._models.get((provider, model))
        if found is None:
            async with self._making:  # once, however many runs begin together
                found = await anyio.to_thread.run_sync(self.lm, provider, model)
        await found.prepare()
        return found

    async def aclose(self) -> None:
        """Close every connection; calls under way fail."""
        for _, engine in self._engines.values():
            await engine.aclose()
        if self._transport is not None:
            await self._transport.aclose()

    def _new(self, provider: str, model: str) -> Model:
        speaker = (provider, model)
        if provider == DEMO:
            from tactus.dspy.demo import demo_engines  # its texts are of no use to other models

            return Model(speaker, f"{DEMO}/{model}", demo_engines(self._settings.demo), None)
        door = door_to(provider, self._settings)
        pair = self._engines.get(door)
        if pair is None:
            pair = self._engines[door] = self._pair(door)
        if door.engine == "litellm":
            tariff = Tariff("openai-chat", model, (provider,))  # LiteLLM counts as OpenAI does
            return Model(speaker, f"{provider}/{model}", pair, tariff, door.api_base or "")
        return Model(
            speaker,
            f"{door.name}:{model}",
            pair,
            Tariff(door.name, model, None if door.is_priced else ()),
            door.api_base or "",
        )

    def _pair(self, door: Door) -> tuple[Any, Any]:
        if door.engine == "litellm":
            options = {"api_key": door.key, "api_base": door.api_base}
            options = {name: value for name, value in options.items() if value is not None}
            return SyncLiteLLMEngine(**options), LiteLLMEngine(**options)
        secrets = self._settings.secrets
        common: dict[str, Any] = {
            "env": {**os.environ, **secrets} if door.hosted else secrets,
            "api_keys": {door.name: door.key} if door.key else None,
            "base_urls": {door.name: door.api_base} if door.api_base else None,
        }
        native = RouterConfig(transport=self._transport, **common)
        return LM15Engine(RouterConfig(**common)), NativeEngine(native, hosted=door.hosted)


def _transport() -> Any:
    """Our transport, or None for DSPy's own where this version of DSPy has no room for ours."""
    with suppress(ImportError, TypeError, AttributeError):
        from tactus.dspy.transport import MergingTransport  # stands on private names of DSPy

        return MergingTransport()
    return None
