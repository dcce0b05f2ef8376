"""Runs through the public runtime, with their records."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import pytest

from tactus.events import Event, EventRecord
from tactus.runtime.run import RunResult
from tactus.runtime.runtime import Runtime
from tactus.settings import Settings

DEMO = {"tokens_per_second": 100_000, "time_to_first_token": 0}


class Recorded:
    """How a run ended, and every record of it."""

    def __init__(self, result: RunResult, records: list[EventRecord]) -> None:
        self.result = result
        self.records = records

    @property
    def events(self) -> list[Event]:
        return [record.event for record in self.records]

    @property
    def story(self) -> list[str]:
        """The types of the events, runs of chunks as one."""
        told: list[str] = []
        for event in self.events:
            word = f"{event.event_type}:{event.stage}" if event.event_type == "agent_turn" else None
            word = word or event.event_type
            if word != "agent_stream_chunk" or told[-1] != word:
                told.append(word)
        return told

    def only(self, kind: str) -> Any:
        (event,) = [event for event in self.events if event.event_type == kind]
        return event


class RunIt(Protocol):
    def __call__(
        self,
        text: str,
        params: Mapping[str, Any] | None = None,
        *,
        listen: bool = True,
        **settings: Any,
    ) -> Awaitable[Recorded]: ...


@asynccontextmanager
async def open_runtime(**settings: Any) -> AsyncIterator[Runtime]:
    runtime = Runtime(Settings.model_validate({"demo": DEMO, **settings}))
    try:
        yield runtime
    finally:
        await runtime.aclose()


@pytest.fixture
def run() -> RunIt:
    async def run_it(
        text: str,
        params: Mapping[str, Any] | None = None,
        *,
        listen: bool = True,
        **settings: Any,
    ) -> Recorded:
        records: list[EventRecord] = []
        async with open_runtime(**settings) as runtime:
            handler: Callable[[EventRecord], None] | None = records.append if listen else None
            result = await runtime.prepare(text, "story.lua", params or {}, handler=handler).drive()
        return Recorded(result, records)

    return run_it
