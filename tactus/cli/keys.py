"""`tactus keys`: which keys are set and where, and writing them into `.env`.

A key is read from a hidden prompt or from stdin and never shown: what stands on a command line can
be seen by every user of the machine, and stays in the shell's history.
"""

import getpass
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import dotenv
import typer

from tactus.cli import failure
from tactus.cli.terminal import give, give_json, say
from tactus.errors import InputError, TactusError
from tactus.settings import Origin, Settings, is_secret, read_settings

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_KEY = re.compile(r"[!-~]+")  # printable, without spaces: what a header can carry


def list_keys(*, as_json: bool) -> int:
    """Show each variable that holds a key, and where it is set; returns the exit code."""
    try:
        settings, origin = read_settings()
    except TactusError as error:
        failure.show(error)
        return error.exit_code
    found = [
        {"name": name, "from": _source(name, origin), "key": masked(key)}
        for name, key in sorted(settings.secrets.items())
    ]
    if as_json:
        give_json({"keys": found, "env_file": str(_env_file(origin))})
        return 0
    for key in found:
        give(f"{key['name']}  {key['key']}  from {key['from']}")
    if not found:
        say("no key is set: tactus keys set openai, or any other provider or variable")
    return 0


def set_key(name: str, *, more: list[str]) -> int:
    """Ask for the key `name` (a variable, or a provider) and write it; returns the exit code.

    `more` is what else stood on the command line, where no key may stand.
    """
    try:
        if more or "=" in name:
            raise InputError(
                "a key does not belong on the command line, where others can see it",
                hint="Give the name alone; the key is asked for, or read from stdin. As this one "
                "was shown, better have your provider make a new one.",
            )
        settings, origin = read_settings()
        variable = _variable(name, settings)
        key = _read_key(variable)
        file = _env_file(origin)
        _write(file, variable, key)
    except TactusError as error:
        failure.show(error)
        return error.exit_code
    say(f"{variable} is set in {file}", fg=typer.colors.GREEN)
    if os.environ.get(variable, key) != key:
        say(f"The environment sets {variable} to another key, which wins.")
    if _is_shared(file):
        say(f"Add {file.name} to .gitignore: git would take it up, with the key.", bold=True)
    return 0


def remove_key(name: str) -> int:
    """Take the key `name` out of `.env`; returns the exit code."""
    try:
        settings, origin = read_settings()
        variable = _variable(name, settings)
        file = _env_file(origin)
        if not file.is_file() or variable not in dotenv.dotenv_values(file):
            where = f"; it is set in {_source(variable, origin)}" if variable in os.environ else ""
            raise InputError(f"{variable} does not stand in {file}{where}")
        dotenv.unset_key(file, variable, follow_symlinks=True)
    except OSError as error:
        failure.show(InputError(f".env cannot be written: {error.strerror}"))
        return InputError.exit_code
    except TactusError as error:
        failure.show(error)
        return error.exit_code
    say(f"{variable} is removed from {file}", fg=typer.colors.GREEN)
    return 0


def masked(key: str) -> str:
    """What of a key may be seen."""
    return f"…{key[-4:]}" if len(key) >= 16 else "…"  # four characters of a short key are too many


def _source(name: str, origin: Origin) -> str:
    return "the environment" if os.environ.get(name) else str(origin.env_file)


def _env_file(origin: Origin) -> Path:
    """The `.env` that is read; where there is none, next to the settings file, or here."""
    if origin.env_file is not None:
        return origin.env_file
    folder = Path.cwd() if origin.settings_file is None else origin.settings_file.parent
    return folder / ".env"


def _variable(name: str, settings: Settings) -> str:
    """The variable that `name` stands for. Never shows `name`, which may be a key by mistake."""
    own = {provider.key for provider in settings.providers.values()}
    if _VARIABLE.fullmatch(name):
        if is_secret(name) or name in own:
            return name
        raise InputError(
            "that variable is not read as a key",
            hint="Its name ends with _API_KEY, _TOKEN or _SECRET, or stands in tactus.toml: "
            '[providers.NAME] key = "VARIABLE".',
        )
    table = import_module("tactus.dspy.provider_table")  # DSPy, a second: not for a variable
    row = table.find_provider(name, settings)
    if row is None or not row.key_variables:
        raise InputError(
            "that is neither the name of a variable nor a provider that has a key",
            hint="`tactus keys set OPENAI_API_KEY`, or `tactus keys set openai`.",
        )
    return str(row.key_variables[0])


def _read_key(variable: str) -> str:
    try:
        key = getpass.getpass(f"{variable}: ") if sys.stdin.isatty() else sys.stdin.readline()
    except (EOFError, KeyboardInterrupt):
        key = ""
    key = key.strip()
    if not key:
        raise InputError("no key was given; nothing is changed")
    if not _KEY.fullmatch(key):
        raise InputError(
            "that is no key: it holds a space, or a letter that a header cannot carry",
            hint="Copy it again from your provider's page. Nothing is changed.",
        )
    return key


def _write(file: Path, variable: str, key: str) -> None:
    """Write it so that nobody else can read the file, not even for a moment."""
    try:
        file.touch(0o600)
        file.chmod(0o600)
        dotenv.set_key(file, variable, key, follow_symlinks=True)
        written = dotenv.dotenv_values(file).get(variable)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"{file} cannot be written: {why}") from None
    if written != key:
        raise InputError(
            f"{file} does not give back what was written",
            hint=f"Look at the line of {variable} there, or set it in the environment.",
        )


def _is_shared(file: Path) -> bool:
    """Whether git would take `file` up."""
    folder = file.resolve().parent
    if not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        return False
    git = shutil.which("git")
    if git is None:
        return True
    command = [git, "check-ignore", "--quiet", file.name]
    return subprocess.run(command, cwd=folder, check=False).returncode == 1  # noqa: S603
