"""Runs over a journal in memory, which can be repeated from what they recorded."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio

from tactus.engine.inline import InlineJournal, Recorded
from tactus.events import Event
from tactus.runtime.files import below, no_files
from tactus.runtime.questions import Questions
from tactus.runtime.run import Run, RunResult
from tactus.runtime.runtime import Runtime
from tactus.settings import Settings


class Journaled:
    """A procedure, and the journal and the events of its last run.

    Args:
        text: the procedure.
        folder: where it lies, for those that it runs.
        questions: who answers.
        limiter: where Lua computes.
        settings: of the run.
    """

    def __init__(
        self,
        text: str,
        *,
        folder: Path | None = None,
        questions: Questions | None = None,
        limiter: anyio.CapacityLimiter | None = None,
        **settings: Any,
    ) -> None:
        self.journal = InlineJournal()
        self.events: list[Event] = []
        self._text = text
        self._read = no_files if folder is None else below(folder)
        self._questions = questions
        self._limiter = limiter
        self._settings = settings

    @property
    def records(self) -> dict[int, Recorded]:
        return self.journal.records

    @property
    def names(self) -> list[str]:
        """The names of the recorded steps, in their order."""
        return [self.records[position].name for position in sorted(self.records)]

    def begin(
        self, records: Mapping[int, Recorded] | None = None, *, seed: int = 0, run_id: str = "r1"
    ) -> Run:
        """A run over these records; `seed` gives the model its pace."""
        pace = {"tokens_per_second": 100_000, "time_to_first_token": random.Random(seed).random()}
        pace["time_to_first_token"] *= 0.01 if seed else 0
        self.journal = InlineJournal(dict(records or {}))
        self.events = events = []
        runtime = Runtime(
            Settings.model_validate({"model": "demo", "demo": pace, **self._settings}),
            self._limiter,
            questions=self._questions,
        )
        return runtime.prepare(
            self._text,
            "story.lua",
            {},
            handler=lambda record: events.append(record.event),
            run_id=run_id,
            journal=self.journal,
            read=self._read,
        )

    async def run(
        self, records: Mapping[int, Recorded] | None = None, *, seed: int = 0, run_id: str = "r1"
    ) -> RunResult:
        """How such a run ended."""
        return await self.begin(records, seed=seed, run_id=run_id).drive()

    async def value(
        self, records: Mapping[int, Recorded] | None = None, *, seed: int = 0, run_id: str = "r1"
    ) -> Any:
        """What such a run returned; its error is raised."""
        result = await self.run(records, seed=seed, run_id=run_id)
        if result.error is not None:
            raise result.error
        return result.value
