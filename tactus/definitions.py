"""What a procedure declares: frozen models, made while it loads."""

from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    field_validator,
)

from tactus.fields import FieldDefinition


class Patience(BaseModel):
    """How long the silence of a model is borne, in seconds.

    `first` is until anything comes, `gap` from one piece to the next; None: as the settings say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: float | None = Field(default=None, gt=0)
    gap: float | None = Field(default=None, gt=0)


class AgentDefinition(BaseModel):
    """One declared agent.

    `provider` and `model` are apart here however they were written; so is each of `fallback`, which
    is asked in its order when the one before it fails. `tools` are names: of the procedure's own
    tools, of built-in ones, and of what MCP servers offer. `output` makes the answer a table of
    these fields. `cache` keeps answers that are not streamed: for good (true), or so many seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    provider: str
    model: str
    system_prompt: str | None = None
    temperature: float | None = Field(default=None, ge=0, le=2, strict=True)
    max_tokens: int | None = Field(default=None, gt=0, strict=True)
    reasoning: Literal["low", "medium", "high"] | None = None
    timeout: Patience = Patience()
    disable_streaming: StrictBool = False
    retry_mid_stream: StrictBool = False
    fallback: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    max_steps: StrictInt = Field(default=10, gt=0, le=1000)
    output: dict[str, FieldDefinition] | None = None
    cache: StrictBool | StrictFloat | StrictInt = False
    line: int | None = None

    @field_validator("timeout", mode="before")
    @classmethod
    def _one_for_both(cls, value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"first": value, "gap": value}
        return value

    @field_validator("cache")
    @classmethod
    def _cache_of_seconds(cls, value: bool | float) -> bool | float:
        if value is not True and value is not False and value <= 0:
            raise ValueError("cache is true, or a number of seconds greater than 0")
        return value


class ToolDefinition(BaseModel):
    """A tool that the procedure declares; its body is a function of the procedure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str = ""
    input: dict[str, FieldDefinition] = {}
    line: int | None = None


class ProcedureDefinition(BaseModel):
    """A procedure as its file declares it: what it takes, what it returns, and its agents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    file: str
    input: dict[str, FieldDefinition] | None = None
    output: dict[str, FieldDefinition] | None = None
    agents: tuple[AgentDefinition, ...] = ()
    tools: tuple[ToolDefinition, ...] = ()
