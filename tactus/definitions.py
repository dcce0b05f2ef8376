"""What a procedure declares: frozen models, made while it loads."""

from pydantic import BaseModel, ConfigDict, Field

from tactus.fields import FieldDefinition


class AgentDefinition(BaseModel):
    """One declared agent.

    `provider` and `model` are apart here however they were written. `timeout` is in seconds: the
    longest silence, before the first token and between tokens.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    provider: str
    model: str
    system_prompt: str | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, gt=0)
    timeout: float | None = Field(default=None, gt=0)
    disable_streaming: bool = False
    line: int | None = None


class ProcedureDefinition(BaseModel):
    """A procedure as its file declares it: what it takes, what it returns, and its agents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    file: str
    input: dict[str, FieldDefinition] | None = None
    output: dict[str, FieldDefinition] | None = None
    agents: tuple[AgentDefinition, ...] = ()
