"""What a request is answered with, as the API describes it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tactus.definitions import ProcedureDefinition


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FoundFile(_Answer):
    """A file of the workspace; `size` in bytes."""

    path: str
    size: int
    modified_ms: int


class FileList(_Answer):
    """The files of the workspace, whose folder has the name `root`."""

    root: str
    files: list[FoundFile]


class FileText(_Answer):
    """A file; `version` is the SHA-256 of its bytes."""

    path: str
    text: str
    version: str


class FileVersion(_Answer):
    """What was written."""

    path: str
    version: str


class Template(_Answer):
    """An example that a new file can begin with."""

    name: str
    title: str
    text: str


class Diagnostic(_Answer):
    """What is wrong with a procedure, and where."""

    line: int | None
    message: str
    code: str
    hint: str | None
    severity: Literal["error"]


class Checked(_Answer):
    """Whether a procedure can be loaded, and what it declares."""

    ok: bool
    diagnostics: list[Diagnostic]
    definition: ProcedureDefinition


class Word(_Answer):
    """A word of the language."""

    name: str
    signature: str
    text: str
    example: str | None


class Language(_Answer):
    """The words of the language; `types` are its annotations for an editor."""

    words: list[Word]
    types: str


class RunError(_Answer):
    """Why a run failed."""

    code: str
    message: str
    file: str | None
    line: int | None


class Run(_Answer):
    """A run. `abridged`: inputs or a result too large for a list are null in it."""

    id: str
    procedure: str
    params: dict[str, Any] | None
    model: str | None
    goal_id: str | None
    status: Literal["running", "completed", "failed", "stopped", "interrupted"]
    started_ms: int
    ended_ms: int | None
    duration_ms: float | None
    turns: int
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    result: Any
    error: RunError | None
    last_seq: int
    abridged: bool = False


class OneRun(_Answer):
    """A run."""

    run: Run


class RunAndSource(_Answer):
    """A run, and the source that it ran."""

    run: Run
    source: str


class RunCounts(_Answer):
    """How many runs there are of each status."""

    running: int
    completed: int
    failed: int
    stopped: int
    interrupted: int


class RunList(_Answer):
    """Runs, the latest first."""

    runs: list[Run]
    counts: RunCounts


class OpenQuestion(_Answer):
    """A question that waits for a person; `until` is when that ends, in seconds of the epoch."""

    question_id: str
    run_id: str
    kind: Literal["approve", "input", "choose"]
    message: str
    options: list[str]
    until: float | None


class QuestionList(_Answer):
    """The questions that wait, the oldest first."""

    questions: list[OpenQuestion]


class Answered(_Answer):
    """The answer was taken: the run goes on."""

    answered: Literal[True]


class Turn(_Answer):
    """A turn of an agent, with its text so far."""

    run_id: str
    turn_id: str
    agent_name: str
    provider: str
    model: str
    status: str
    started_ms: int
    duration_ms: float | None
    time_to_first_token_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    chunks: int | None
    text: str


class TurnCounts(_Answer):
    """How many turns are active, completed, and ended without an answer."""

    active: int
    completed: int
    failed: int


class TurnList(_Answer):
    """Turns of all runs, the latest first."""

    turns: list[Turn]
    counts: TurnCounts


class Percentiles(_Answer):
    """In milliseconds; null where nothing is known."""

    p50: float | None
    p90: float | None
    p99: float | None


class Figures(_Answer):
    """What the turns of one model or agent took and cost."""

    key: str
    turns: int
    failed: int
    unpriced: int
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    ttft_ms: Percentiles
    duration_ms: Percentiles


class Bucket(_Answer):
    """The same of a span of time that begins at `start_ms`."""

    start_ms: int
    turns: int
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    ttft_p50_ms: float | None
    duration_p50_ms: float | None


class Analytics(_Answer):
    """Figures by model, by agent, and over time."""

    by_model: list[Figures]
    by_agent: list[Figures]
    over_time: list[Bucket]
    ttft_threshold_ms: int


class Models(BaseModel):
    """The providers and whether each is ready, and the model servers of this machine."""

    providers: list[dict[str, Any]]
    local: list[dict[str, Any]]


class Health(_Answer):
    """Whether the server can run procedures and write their events; how many runs are live."""

    ok: bool
    version: str
    runs: int
    problem: str | None = None
