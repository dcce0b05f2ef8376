"""An agent: a DSPy module that takes turns with its model, and tells what happens in each."""

from collections.abc import Callable, Sequence

import dspy
from dspy.lm15 import Message, Request, Response

from tactus.definitions import AgentDefinition
from tactus.dspy.cache import Cache, cache_folder
from tactus.dspy.exchange import Exchange, plain
from tactus.dspy.failures import Failures
from tactus.dspy.model_calls import ModelCalls
from tactus.dspy.models import Model, Models
from tactus.dspy.prices import Usage
from tactus.dspy.reason_act import ReasonAct
from tactus.dspy.results import TurnResult
from tactus.dspy.tool_calls import ToolCalls
from tactus.dspy.turn import Turn
from tactus.events import Emit
from tactus.piece import Piece
from tactus.purse import Purse
from tactus.settings import Settings
from tactus.steps import Steps
from tactus.tool import Tool

__all__ = ["Agent", "TurnResult", "Usage"]


class Agent(dspy.Module):  # type: ignore[misc]
    """One declared agent, with the messages of its conversation so far.

    Args:
        definition: what the procedure declares.
        models: the process's models.
        settings: the effective settings.
        emit: told each event of a turn at once, must not block; None when nobody listens.
        purse: asked, while a turn goes on, whether the run may spend more; or None.
        listened: whether there is somebody to read the text as it comes; what only counts is none.
    """

    def __init__(
        self,
        definition: AgentDefinition,
        models: Models,
        settings: Settings,
        emit: Emit | None,
        *,
        purse: Purse | None = None,
        listened: bool = True,
    ) -> None:
        super().__init__()
        self._definition = definition
        self._models = models
        self._settings = settings
        self._emit = emit
        self._purse = purse
        self._listened = listened
        self._messages: tuple[Message, ...] = ()
        self._speaker: tuple[str, str] | None = None

    def _should_stream(self, heard: object | None = None) -> bool:
        listened = self._listened and self._emit is not None
        return (
            (listened or heard is not None)
            and not self._definition.disable_streaming
            and self._settings.streaming
        )

    async def aforward(self, lm: Model, request: Request) -> Response:
        """The model's answer to `request`."""
        return await lm.acall(request)

    async def turn(
        self,
        message: str,
        *,
        turn_id: str,
        tools: Sequence[Tool] = (),
        heard: Callable[[Piece], None] | None = None,
        steps: Steps | None = None,
        torn: int = 0,
        parent: str | None = None,
    ) -> TurnResult:
        """Say `message` to the model and return its answer.

        Only a completed turn becomes part of the conversation.

        Args:
            message: what is said.
            turn_id: names the turn within the run.
            tools: what the model may call before it answers.
            heard: told each piece of the text and of the thoughts, must not block; the whole text
                at once when the turn is not streamed. Not told of what is replayed.
            steps: where the model's answers and the tools' results are recorded, or None.
            torn: how many characters of this very turn were told by a process that died in it.
            parent: the turn within which this one is begun, or None.

        Raises:
            TurnError: the turn failed; holds the text that had come.
            SettingsError: the agent's provider does not exist.
            LimitError: the run has used what it may.
        """
        turn = Turn(
            self._definition,
            turn_id,
            emit=self._emit,
            heard=heard,
            streaming=self._should_stream(heard),
            purse=self._purse,
            torn=torn,
            parent=parent,
        )
        before = self._messages
        exchange = Exchange(
            self._definition, tools, (*before, Message.user(message)), self._speaker
        )
        calls = ToolCalls(turn, tools, steps)
        with turn.told():
            answers = ModelCalls(
                self.acall,
                self._definition,
                self._models,
                self._settings,
                turn,
                self._cache(),
                steps,
            )
            failures = Failures(*turn.model, self._settings.secrets.values())
            loop = ReasonAct(self._definition, answers, calls, turn, failures)
            response = await loop.acall(exchange)
            if heard is not None and not turn.speech.streaming:
                heard(Piece("reasoning", str(turn.speech.reasoning)))
                heard(Piece("text", str(turn.speech.text)))
        self._remember(exchange, len(before))
        return TurnResult.of(turn, response, tuple(calls.made))

    def clear_history(self) -> None:
        """Forget the conversation; the system prompt stays."""
        self._messages, self._speaker = (), None

    def _remember(self, exchange: Exchange, before: int) -> None:
        """Go on with what this turn added; another one may have ended in the meantime."""
        if self._speaker not in (None, exchange.speaker):
            self._messages = plain(self._messages)
        self._messages = (*self._messages, *exchange.messages[before:])
        self._speaker = exchange.speaker

    def _cache(self) -> Cache | None:
        kept = self._definition.cache
        return Cache(cache_folder(), None if kept is True else kept) if kept else None
