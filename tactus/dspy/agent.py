"""An agent: a DSPy module that takes turns with its model, and tells what happens in each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count

import anyio
import dspy
from dspy.lm15 import Config, Message, Request, Response

from tactus.definitions import AgentDefinition
from tactus.dspy.failures import RETRIED, Failures
from tactus.dspy.models import Model, Models
from tactus.dspy.prices import Usage
from tactus.dspy.results import TurnResult
from tactus.dspy.stages import Stages
from tactus.dspy.streaming import Stream, text_of
from tactus.dspy.surrogates import mended
from tactus.errors import TurnError
from tactus.events import Emit
from tactus.settings import Settings

__all__ = ["Agent", "TurnResult", "Usage"]


class Agent(dspy.Module):  # type: ignore[misc]
    """One declared agent, with the messages of its conversation so far.

    Args:
        definition: what the procedure declares.
        models: the process's models.
        settings: the effective settings.
        emit: told each event of a turn at once, must not block; None when nobody listens.
    """

    def __init__(
        self, definition: AgentDefinition, models: Models, settings: Settings, emit: Emit | None
    ) -> None:
        super().__init__()
        self._definition = definition
        self._models = models
        self._settings = settings
        self._emit = emit
        self._messages: tuple[Message, ...] = ()
        self._timeout = definition.timeout or settings.timeout
        self._failures = Failures(definition.provider, definition.model, settings.secrets.values())

    def _should_stream(self) -> bool:
        return (
            self._emit is not None
            and not self._definition.disable_streaming
            and self._settings.streaming
        )

    async def aforward(self, lm: Model, request: Request) -> Response:
        """The model's answer to `request`."""
        return await lm.acall(request)

    async def turn(self, message: str, *, turn_id: str) -> TurnResult:
        """Say `message` to the model and return its answer.

        Only a completed turn becomes part of the conversation.

        Raises:
            TurnError: the turn failed; holds the text that had come.
            SettingsError: the agent's provider does not exist.
        """
        began = anyio.current_time()
        stream = self._stream(turn_id, began)
        stages = Stages(self._definition, turn_id, stream is not None, self._emit)
        with stages.told(), _text_kept(stream):
            lm = await self._models.ready(self._definition.provider, self._definition.model)
            request = self._request(lm, message)
            response = await self._answer(lm, request, stream, stages)
            ended = anyio.current_time()
            text = text_of(response) if stream is None else str(stream.text)
            self._check(text, response, "" if stream is None else stream.refusal)
            first = None if stream is None else stream.first
            result = TurnResult(
                turn_id=turn_id,
                agent_name=self._definition.name,
                provider=self._definition.provider,
                model=self._definition.model,
                text=text,
                usage=lm.usage(response),
                cost=await lm.cost(request, response),
                finish_reason=response.finish_reason,
                duration_ms=(ended - began) * 1000,
                time_to_first_token_ms=None if first is None else (first - began) * 1000,
                total_chunks=None if stream is None else stream.chunks,
                streamed=stream is not None,
            )
            if self._emit is not None:
                self._emit(result.cost_event())
            self._messages = (*request.messages, _said(response))
        return result

    def clear_history(self) -> None:
        """Forget the conversation; the system prompt stays."""
        self._messages = ()

    def _stream(self, turn_id: str, began: float) -> Stream | None:
        if self._emit is None or not self._should_stream():
            return None
        return Stream(turn_id, self._definition.name, self._emit, began)

    def _request(self, lm: Model, message: str) -> Request:
        definition = self._definition
        try:
            return Request(
                model=lm.model,
                system=definition.system_prompt,
                messages=(*self._messages, Message.user(message)),
                config=Config(temperature=definition.temperature, max_tokens=definition.max_tokens),
            )
        except (TypeError, ValueError) as error:
            raise self._failures.told(error) from None

    async def _answer(
        self, lm: Model, request: Request, stream: Stream | None, stages: Stages
    ) -> Response:
        """The model's answer; tried again while nothing of one has come."""
        for attempt in count():
            stages.attempt = attempt + 1
            try:
                return await self._attempt(lm, request, stream)
            except Exception as error:  # whatever an engine raises ends the turn
                if stream is not None and error is stream.broken:
                    raise  # not the model's fault, but the listener's
                failure = self._failures.told(error)
                wait = self._wait(error, attempt)
                heard = stream is not None and stream.heard
                reason = getattr(failure, "reason", None)
                last = attempt == self._settings.retries or wait > self._timeout
                if heard or last or reason not in RETRIED:
                    raise failure from None
            await anyio.sleep(wait)
        raise AssertionError  # counting has no end

    def _wait(self, error: Exception, attempt: int) -> float:
        """Seconds before the next attempt: what the provider asks for, or 1, then 2."""
        asked = getattr(error, "retry_after", None)
        return float(2**attempt) if asked is None else float(asked)

    async def _attempt(self, lm: Model, request: Request, stream: Stream | None) -> Response:
        call = partial(self.acall, lm, request)
        response: Response | None = None
        with anyio.CancelScope(deadline=anyio.current_time() + self._timeout) as silence:
            if stream is not None:
                response = await stream.run(call, silence, self._timeout)
            else:
                with dspy.context(send_stream=None, disable_history=True):
                    response = await call()
        if response is None:
            raise self._failures.error("timeout", f"nothing came for {self._timeout:g} s")
        return response

    def _check(self, text: str, response: Response, refusal: str) -> None:
        """Refuse an answer without text: an agent that says nothing has not taken its turn."""
        if text:
            return
        refusals = [part.text for part in response.message.parts if part.type == "refusal"]
        if refusal or refusals:
            raise self._failures.error("refused", refusal or refusals[0])
        if response.tool_calls:
            name = response.tool_calls[0].name
            raise self._failures.error(
                "unexpected", f'it asked for the tool "{name}", which it was not given'
            )
        blocked = response.finish_reason == "content_filter"
        raise self._failures.error("blocked" if blocked else "empty")


@contextmanager
def _text_kept(stream: Stream | None) -> Iterator[None]:
    """Give a failure of the turn the text that had come."""
    try:
        yield
    except TurnError as error:
        if stream is not None:
            error.text = str(stream.text)
        raise


def _said(response: Response) -> Message:
    """What stays of `response` in the conversation: what a next request may hold."""
    message = response.message
    parts = tuple(
        replace(part, text=mended(part.text)) if part.type in ("text", "thinking") else part
        for part in message.parts
        if part.type != "tool_call"  # nobody answers them
    )
    return message if parts == message.parts else replace(message, parts=parts)
