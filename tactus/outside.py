"""What of the outside the settings name: hosts and files for tools, MCP servers, own providers."""

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
_Host = Annotated[str, Field(pattern=r"^(\*\.)?[^\s/*@]+$")]


def without_userinfo(url: str) -> str:
    """`url`, unless it holds a user or a password."""
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise PydanticCustomError("userinfo", "a base URL must not hold a user or a password")
    return url


class ToolSettings(BaseModel):
    """What the built-in tools may reach; nothing unless it stands here.

    `http_hosts` may be asked by `http.get`: `api.example.com`, or `*.example.com` with all below
    it; an address of a private network only as itself. `files` is the folder that `files.read`,
    `files.list` and `files.write` see.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    http_hosts: tuple[_Host, ...] = ()
    files: Path | None = None
    timeout: float = Field(default=30.0, gt=0)  # seconds that one call of a tool may take

    @field_validator("http_hosts", mode="before")
    @classmethod
    def _of_a_variable(cls, value: Any) -> Any:
        return [host.strip() for host in value.split(",")] if isinstance(value, str) else value


class McpServer(BaseModel):
    """A server that offers tools: a program that is started here, or an address.

    `${NAME}` in a value of `env` or `headers` is the variable NAME, if it holds a key or a token.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str | None = None
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default={}, repr=False)
    url: str | None = None
    headers: dict[str, str] = Field(default={}, repr=False)

    @model_validator(mode="after")
    def _is_reached_one_way(self) -> "McpServer":
        if (self.command is None) == (self.url is None):
            raise PydanticCustomError("mcp", "an MCP server has a command or a url, one of them")
        return self


class OwnProvider(BaseModel):
    """A provider of the user's own: a server that speaks the wire of a known one.

    `key` names the variable that holds its key; without one it is sent none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    wire: Literal["openai", "responses", "anthropic", "gemini"] = "openai"
    api_base: str
    key: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]*$")

    @field_validator("api_base")
    @classmethod
    def _without_password(cls, value: str) -> str:
        return without_userinfo(value)
