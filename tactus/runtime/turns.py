"""The turns of one run. Here Lua and the agents meet."""

import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from tactus.definitions import AgentDefinition
from tactus.dsl.loader import Program
from tactus.dsl.requests import AgentTurn, ClearHistory, parse
from tactus.engine.strands import Strands
from tactus.errors import DefinitionError, ProcedureError, TurnError
from tactus.events import Emit
from tactus.lua.outcome import Request
from tactus.purse import Purse
from tactus.runtime.allowance import Allowance
from tactus.runtime.faults import Faults
from tactus.runtime.granted import granted
from tactus.runtime.listening import Hear, overheard
from tactus.runtime.places import Places
from tactus.runtime.plain import turn_seen
from tactus.runtime.recorder import Recorder, Step
from tactus.runtime.words import Words
from tactus.tool import Tool

if TYPE_CHECKING:  # DSPy takes a second to import: only a run that calls an agent pays for it
    from tactus.dspy.agent import Agent, TurnResult
    from tactus.runtime.tools.toolbox import Opened

_Speaker = tuple[str, int]  # the place of its conversation, and the agent
_DEEPEST = 8  # turns within turns: an agent whose tool calls it again would never end


class Enlist(Protocol):
    """Makes the agent of a definition."""

    async def __call__(
        self, definition: AgentDefinition, *, emit: Emit, purse: Purse, listened: bool
    ) -> "Agent":
        """The agent, which tells `emit` of its turns and asks `purse` what they may use."""


class Turns:
    """Answers the requests of one procedure of a run."""

    def __init__(
        self,
        program: Program,
        *,
        words: Words,
        places: Places,
        strands: Strands,
        enlist: Enlist,
        opened: "Opened",
        recorder: Recorder,
        allowance: Allowance,
        faults: Faults,
    ) -> None:
        self._program = program
        self._words = words
        self._places = places
        self._strands = strands
        self._enlist = enlist
        self._opened = opened
        self._recorder = recorder
        self._allowance = allowance
        self._faults = faults
        self._agents: dict[_Speaker, Agent] = {}
        self._addressed: set[_Speaker] = set()

    async def answer(self, request: Request, depth: int = 0, parent: str | None = None) -> Any:
        """The answer to what the procedure asks, `depth` turns deep, within the turn `parent`.

        Raises:
            TactusError: there is none; the procedure may catch it, unless it is a limit.
        """
        self._places.enter()
        match parse(request):
            case AgentTurn() as turn:
                return await self._take(turn, depth, parent)
            case ClearHistory(agent=identity):
                speaker = self._speaker(identity)
                self._addressed.discard(speaker)
                if speaker in self._agents:
                    self._agents[speaker].clear_history()
                return None
            case asked:
                return await self._words.answer(
                    asked, partial(self.answer, depth=depth, parent=parent)
                )

    async def _take(self, turn: AgentTurn, depth: int, parent: str | None) -> dict[str, Any]:
        definition = self._definition(turn.agent)
        if depth >= _DEEPEST:
            raise ProcedureError(
                f'the agent "{definition.name}" is called {depth} turns deep',
                hint="Does a tool, or an on_chunk, call the agent that it belongs to?",
            )
        self._allowance.take_turn()
        turn_id = self._places.next_turn()
        started = time.monotonic()
        status = "stopped"
        try:
            result = await self._result(turn, definition, turn_id, depth, parent)
            status = "completed"
        except TurnError as error:
            status = "failed"
            if turn.position is not None:
                error.at(turn.position.file, turn.position.line)
            self._faults.tell(error, turn_id)
            raise
        finally:
            elapsed = (time.monotonic() - started) * 1000
            self._recorder.steps.append(Step("agent", definition.name, elapsed, status))
        self._addressed.add(self._speaker(turn.agent))
        return turn_seen(result)

    async def _result(
        self,
        turn: AgentTurn,
        definition: AgentDefinition,
        turn_id: str,
        depth: int,
        parent: str | None,
    ) -> "TurnResult":
        answer = partial(self.answer, depth=depth + 1, parent=turn_id)
        tools = await self._tools(turn, definition, answer)
        agent = await self._agent(turn.agent)
        message = self._message(turn)

        async def take(hear: Hear | None = None) -> "TurnResult":
            return await agent.turn(
                message,
                turn_id=turn_id,
                tools=tools,
                heard=hear,
                steps=self._strands,
                torn=self._recorder.told.texts.get(turn_id, 0),
                parent=parent,
            )

        if turn.on_chunk is None:
            return await take()
        return await overheard(take, partial(self._program.call, turn.on_chunk, answer=answer))

    async def _tools(
        self, turn: AgentTurn, definition: AgentDefinition, answer: Any
    ) -> Sequence[Tool]:
        """The tools of the turn; what is wrong with the agent's own is told at its line."""
        call = partial(self._program.call, answer=answer)
        if turn.tools is not None:
            return await granted(turn.tools, self._program, self._opened, call)
        try:
            return await granted(definition.tools, self._program, self._opened, call)
        except DefinitionError as error:
            raise error.at(self._program.definition.file, definition.line) from None

    def _message(self, turn: AgentTurn) -> str:
        """What is said to the agent; a call without a message makes it begin, or go on."""
        if turn.message is not None:
            return turn.message
        return "Continue." if self._speaker(turn.agent) in self._addressed else "Begin."

    async def _agent(self, identity: int) -> "Agent":
        speaker = self._speaker(identity)
        if speaker not in self._agents:
            made = await self._enlist(
                self._definition(identity),
                emit=self._recorder.emit,
                purse=self._allowance,
                listened=self._recorder.is_listened,
            )
            self._agents.setdefault(speaker, made)  # another turn may have been faster
        return self._agents[speaker]

    def _speaker(self, identity: int) -> _Speaker:
        """The agent in its conversation: in a step, which a replay leaves out, it has another."""
        return self._places.within, identity

    def _definition(self, identity: int) -> AgentDefinition:
        return self._program.definition.agents[identity]
