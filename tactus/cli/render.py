"""Records to a terminal: the text of each agent as it arrives, and what it used."""

import json
import re
from typing import Any

import typer
from rich.cells import cell_len

from tactus.cli.log import show_line
from tactus.cli.terminal import clean, say
from tactus.events import (
    AgentReasoningChunkEvent,
    AgentStreamChunkEvent,
    AgentTurnEvent,
    CostEvent,
    ErrorEvent,
    EventRecord,
    LogEvent,
    QuestionEvent,
    StepRestartedEvent,
    ToolCallEvent,
)
from tactus.runtime.run import RunResult

_INDENT = "   "
_SAID = {"stopped", "refused", "blocked", "truncated"}  # the error tells of all others
_MOST = 200  # characters of what a tool is given, or gives
_ENDS = {"completed": "✅ completed in", "failed": "❌ failed after", "stopped": "⏹  stopped after"}


class Indented:
    """Text given in pieces, as indented lines, broken between words at `width` cells if given."""

    def __init__(self, width: int | None = None) -> None:
        self._width = width
        self._column = 0
        self._space = ""

    def feed(self, piece: str) -> str:
        """What to write for the next piece."""
        written = []
        for part in re.findall(r"\n|[^\S\n]+|\S+", piece):
            if part == "\n":
                written.append(part)
                self._column, self._space = 0, ""
            elif part.isspace():
                self._space += part
            else:
                written.append(self._place(part))
        return "".join(written)

    def close(self) -> str:
        """What to write to end the last line."""
        ended = "\n" if self._column else ""
        self._column, self._space = 0, ""
        return ended

    def _place(self, word: str) -> str:
        before = self._space.expandtabs(4)
        self._space = ""
        needed = cell_len(before) + cell_len(word)
        full = self._width is not None and self._column + needed > self._width
        if self._column == 0:
            before = _INDENT + before
        elif full and self._column > len(_INDENT):
            before = "\n" + _INDENT
            self._column = 0
        self._column += cell_len(before.lstrip("\n")) + cell_len(word)
        return before + word


class Renderer:
    """Shows a run on stderr, agent by agent; `handle` is its log handler.

    `width` is the terminal's, in cells; None where there is none and lines are left as they are.
    """

    def __init__(self, width: int | None = None) -> None:
        self._lines = Indented(width)
        self._turn: str | None = None
        self._shown: set[str] = set()
        self._thinking = False

    def handle(self, record: EventRecord) -> None:
        """Show one record."""
        match record.event:
            case AgentTurnEvent() as event:
                self._stage(event)
            case AgentStreamChunkEvent() as event:
                self._text(event.turn_id, event.agent_name, event.chunk_text)
            case AgentReasoningChunkEvent() as event:
                self._text(event.turn_id, event.agent_name, event.chunk_text, thought=True)
            case StepRestartedEvent() as event:
                self._note(_restarted(event))
            case ToolCallEvent() as event:
                self._note(_called(event))
            case CostEvent() as event:
                if event.turn_id not in self._shown:
                    self._text(event.turn_id, event.agent_name, event.response)
                self._note(_used(event))
            case ErrorEvent(turn_id=str()) as event:
                say(f"{_INDENT}{event.code}: {event.message}", fg=typer.colors.RED)
            case LogEvent() | QuestionEvent() as event:
                self._line(event)

    def finish(self, result: RunResult) -> None:
        """Show the steps and what the whole run used."""
        self._end()
        totals = result.totals
        parts = [f"{_ENDS[result.status]} {_seconds(totals.duration_ms)}"]
        if totals.turns:
            parts += [f"{totals.turns} turns" if totals.turns > 1 else "1 turn"]
            parts += [_tokens(totals.input_tokens, totals.output_tokens, "{2:,} tokens")]
            parts += [_money(totals.cost)]
        say()
        say(" · ".join(parts), bold=True)
        for number, step in enumerate(result.steps, 1):
            mark = "" if step.status == "completed" else f" ({step.status})"
            say(f"{number:>3}. {step.name} ({step.kind}) - {step.duration_ms:,.0f} ms{mark}")
        say()

    def _stage(self, event: AgentTurnEvent) -> None:
        if event.stage == "started":
            self._open(event.turn_id, event.agent_name)
            return
        self._end()
        if event.stage in _SAID:
            self._note(event.stage)

    def _line(self, event: LogEvent | QuestionEvent) -> None:
        """A line of the log, or a question with its answer; one that waits only gets room."""
        self._end()
        if isinstance(event, LogEvent):
            show_line(event)
        elif event.answer is not None:
            said = "yes" if event.answer is True else event.answer or "no"
            self._note(f"❓ {event.message} → {said}")

    def _note(self, text: str) -> None:
        """A line beside the text."""
        self._end()
        say(f"{_INDENT}{text}", dim=True)

    def _open(self, turn_id: str, agent_name: str) -> None:
        self._end()
        say()
        say(f"🤖 {agent_name} >", bold=True)
        self._turn = turn_id

    def _text(self, turn_id: str, agent_name: str, text: str, *, thought: bool = False) -> None:
        if turn_id != self._turn:
            self._open(turn_id, agent_name)
        if thought != self._thinking:  # what is thought stands apart, and dim
            self._end()
        self._thinking = thought
        if not thought:
            self._shown.add(turn_id)
        say(self._lines.feed(clean(text)), newline=False, **({"dim": True} if thought else {}))

    def _end(self) -> None:
        if ended := self._lines.close():
            say(ended, newline=False)


def _used(event: CostEvent) -> str:
    parts = [
        f"{event.provider}/{event.model}",
        _tokens(event.input_tokens, event.output_tokens, "{} + {} tokens"),
        _money(event.total_cost),
        _seconds(event.duration_ms),
    ]
    if event.time_to_first_token_ms is not None:
        parts.append(f"first token after {_seconds(event.time_to_first_token_ms)}")
    if event.finish_reason not in (None, "stop"):
        parts.append(f"ended by {event.finish_reason}")
    if event.model_calls > 1:
        parts.append(f"{event.model_calls} model calls")
    if event.from_cache:
        parts.append("kept from an earlier turn")
    if event.estimated:
        parts.append("estimated")
    return " · ".join(parts)


def _called(event: ToolCallEvent) -> str:
    if event.stage == "started":
        return f"🔧 {event.tool_name} {_short(event.arguments)}"
    if event.stage == "failed":
        return f"✗ {event.tool_name}: {_short(event.error or '')}"
    return f"✓ {event.tool_name} → {_short(event.result)}"


def _restarted(event: StepRestartedEvent) -> str:
    match event.reason:
        case "fallback":
            return f"↻ instead: {event.provider}/{event.model}"
        case "repair":
            return "↻ the answer did not fit; asked once more"
    return "↻ the answer broke off; asked again, what was shown of it is void"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"


def _tokens(read: int | None, written: int | None, form: str) -> str:
    if read is None or written is None:
        return "tokens unknown"
    return form.format(read, written, read + written)


def _money(usd: float | None) -> str:
    return "cost unknown" if usd is None else f"${usd:.6f}".rstrip("0").rstrip(".")


def _seconds(milliseconds: float) -> str:
    return (
        f"{milliseconds / 1000:.2f} s" if milliseconds < 10_000 else f"{milliseconds / 1000:.0f} s"
    )
