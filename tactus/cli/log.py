"""The lines that a procedure logs, on stderr."""

from typing import Any

import typer

from tactus.cli.terminal import say
from tactus.events import EventRecord, LogEvent

_STYLES: dict[str, dict[str, Any]] = {
    "warn": {"fg": typer.colors.YELLOW},
    "error": {"fg": typer.colors.RED},
}


def show_line(event: LogEvent) -> None:
    """Show one line: `warn: message`."""
    say(f"{event.level}: {event.message}", **_STYLES.get(event.level, {}))


def show_log(record: EventRecord) -> None:
    """A log handler that shows what the procedure logs, and nothing else."""
    if isinstance(record.event, LogEvent):
        show_line(record.event)
