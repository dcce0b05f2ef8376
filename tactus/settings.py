"""Settings: flags > environment > `.env` > `tactus.toml` > defaults."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tactus.errors import SettingsError
from tactus.fields import nearest
from tactus.outside import McpServer, Name, OwnProvider, ToolSettings, without_userinfo
from tactus.validation import Problem

SETTINGS_FILE = "tactus.toml"
_ENVIRONMENT = "the environment"
_NO_SETTINGS = ("TACTUS_CACHE_DIR", "TACTUS_SKIP_UI")  # read where kept answers are, and when built


class Limits(BaseModel):
    """What a run may use at most. No limit can be caught by the procedure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instructions: int = Field(
        default=500_000_000, gt=0, le=2**53
    )  # Lua VM instructions of the whole run
    cpu: float = Field(default=5.0, gt=0)  # CPU seconds between two requests
    memory: int = Field(default=64, gt=0, le=65_536)  # MiB of Lua memory
    coroutines: int = Field(default=1_000, gt=0, le=1_000_000)  # alive at once
    branches: int = Field(default=100, gt=0, le=10_000)  # side by side at once
    output: int = Field(default=1_048_576, gt=0)  # bytes written to the log by the procedure
    requests: int = Field(default=10_000, gt=0)  # requests of every kind
    turns: int = Field(default=100, gt=0)  # agent turns
    timeout: float | None = Field(default=None, gt=0)  # seconds of wall time for the run
    max_cost: float | None = Field(default=None, gt=0)  # USD
    max_tokens: int | None = Field(default=None, gt=0)  # input + output


class DemoSettings(BaseModel):
    """How the embedded demo model behaves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens_per_second: float = Field(default=60.0, gt=0)
    time_to_first_token: float = Field(default=0.4, ge=0)  # seconds


class TelemetrySettings(BaseModel):
    """Whether runs are told to OpenTelemetry; with `content`, what was said in them, too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = False
    content: bool = False


class Settings(BaseModel):
    """The effective settings of one process.

    `model` overrides the model of every agent. `api_base` maps a provider to the base URL of its
    API, written with the version path (`http://127.0.0.1:8080/v1`); `api_base_for_all` wins over
    it. `models` are names of the user's own for models (`fast = "openai/gpt-4o-mini"`). `secrets`
    are the provider keys found, by the name of their variable; they are never shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = None
    streaming: bool = True
    durable: bool = False  # runs of the IDE go on when their server has died
    engine: Literal["auto", "native", "litellm"] = "auto"
    timeout: float = Field(default=120.0, gt=0)  # seconds of silence that a turn bears
    retries: int = Field(default=2, ge=0, le=2)  # after the first request
    models: dict[str, str] = {}
    providers: dict[Name, OwnProvider] = {}
    tools: ToolSettings = ToolSettings()
    mcp: dict[Name, McpServer] = {}
    api_base: dict[str, str] = {}
    api_base_for_all: str | None = None
    limits: Limits = Limits()
    demo: DemoSettings = DemoSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    secrets: dict[str, str] = Field(default={}, repr=False, exclude=True)

    @field_validator("api_base", "api_base_for_all")
    @classmethod
    def _without_password(cls, value: Any) -> Any:
        for url in value.values() if isinstance(value, dict) else [value or ""]:
            without_userinfo(url)
        return value

    def base_of(self, provider: str) -> str | None:
        """The base URL for `provider`; None for the provider's own."""
        return self.api_base_for_all or self.api_base.get(provider)


@dataclass(frozen=True)
class Origin:
    """Where settings were read from; shown by `tactus doctor`."""

    settings_file: Path | None = None
    env_file: Path | None = None
    variables: tuple[str, ...] = field(default=())


def read_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> tuple[Settings, Origin]:
    """The effective settings, and where they came from.

    Args:
        flags: values that win over everything, nested as in the settings file; None is not given.
        environ: the environment, `os.environ` unless given.
        folder: where the search upward for `.env` and `tactus.toml` starts, the current one unless
            given.

    Raises:
        SettingsError: a value is wrong; names the source, the setting and what came.
    """
    start = folder or Path.cwd()
    settings_file = _nearest_upward(start, SETTINGS_FILE)
    env_file = _nearest_upward(start, ".env")
    env = {**_read_env(env_file), **(os.environ if environ is None else environ)}
    merged: dict[str, Any] = {}
    for source, values in (
        (SETTINGS_FILE, _read_toml(settings_file)),
        (_ENVIRONMENT, _from_environment(env)),
        ("the command line", flags or {}),
    ):
        if "secrets" in values:
            raise SettingsError(
                f"{source}: secrets: keys do not belong here",
                hint="Put each under the name of its variable into the environment or .env.",
            )
        _merge(merged, values)
        settings = _validated(merged, source)
    named = {own.key for own in settings.providers.values()}
    secrets = {name: key for name, key in env.items() if key and (is_secret(name) or name in named)}
    settings = _validated({**merged, "secrets": secrets}, "the settings")
    used = tuple(sorted(name for name in env if name.startswith("TACTUS_")))
    return settings, Origin(settings_file, env_file, used)


def _validated(values: Mapping[str, Any], source: str) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problem = Problem(error)
    name = problem.path
    if source == _ENVIRONMENT:
        name = f"TACTUS_{name.upper().replace('.', '__')}"
    if problem.unknown:
        known = [*Settings.model_fields, *(f"limits.{limit}" for limit in Limits.model_fields)]
        message = f"there is no such setting.{nearest(problem.path, known)}"
    else:
        # what came is not shown where it may be a key or a password
        secret = problem.path.startswith(("secrets", "api_base", "providers", "mcp"))
        message = problem.message.split(";")[0] if secret else problem.message
    raise SettingsError(f"{source}: {name}: {message}", hint="All are in docs/settings.md.")


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    """`TACTUS_MODEL`, `TACTUS_LIMITS__MEMORY`, and each provider's `<PROVIDER>_BASE_URL`."""
    values: dict[str, Any] = {}
    for name, text in env.items():
        if name.startswith("TACTUS_") and name not in _NO_SETTINGS and text:
            _put(values, name.removeprefix("TACTUS_").lower().split("__"), text, name)
    for name, text in env.items():
        for suffix in ("_BASE_URL", "_API_BASE"):
            if name.endswith(suffix) and not name.startswith("TACTUS_") and text:
                provider = name.removesuffix(suffix).lower()
                _put(values, ["api_base", provider], text, name, keep=True)
    return values


def _put(
    values: dict[str, Any], path: list[str], text: str, variable: str, *, keep: bool = False
) -> None:
    *above, last = path
    for part in above:
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            raise SettingsError(
                f"the environment: {variable}: TACTUS_{part.upper()} is set to one value already",
                hint=f"Unset TACTUS_{part.upper()}; its parts are set one by one.",
            )
    if not keep or last not in values:
        values[last] = text


def is_secret(name: str) -> bool:
    """Whether the variable `name` is taken for a key."""
    return name.endswith(("_API_KEY", "_TOKEN", "_SECRET")) and not name.startswith("TACTUS_")


def _read_env(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    from dotenv import dotenv_values  # only when there is such a file

    try:
        found = dotenv_values(path)
    except (UnicodeDecodeError, OSError) as error:
        raise SettingsError(f".env cannot be read: {error}", file=str(path)) from None
    return {name: value for name, value in found.items() if value is not None}


def _read_toml(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path.name} cannot be read: {error}", file=str(path)) from None
    tools = values.get("tools")
    if isinstance(tools, dict) and isinstance(tools.get("files"), str):
        tools["files"] = str(path.parent / tools["files"])  # from wherever it is read
    return values


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, Mapping) and isinstance(into.setdefault(name, {}), dict):
            _merge(into[name], value)
        elif value is not None:
            into[name] = value


def _nearest_upward(folder: Path, name: str) -> Path | None:
    for parent in (folder, *folder.parents):
        if (parent / name).is_file():
            return parent / name
    return None
