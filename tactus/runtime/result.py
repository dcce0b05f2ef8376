"""What a run runs, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tactus.errors import TactusError
from tactus.events import Totals
from tactus.runtime.recorder import Step

Status = Literal["completed", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Procedure:
    """What a run runs: the source, the name that errors give it, and its inputs."""

    text: str
    name: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. `value` is what the procedure returned, also when it did not fit."""

    run_id: str
    status: Status
    value: Any
    error: TactusError | None
    totals: Totals
    steps: tuple[Step, ...]
