"""`tactus new`: a procedure made from an example."""

import shlex
from pathlib import Path

import typer

from tactus.cli import failure
from tactus.cli.source import name_of
from tactus.cli.terminal import say
from tactus.errors import InputError
from tactus.fields import nearest
from tactus.runtime.templates import templates, text_for


def new_procedure(name: str, template: str) -> int:
    """Write the file `name` from `template`; returns the exit code."""
    try:
        path = _write(Path(name if name.endswith(".lua") else f"{name}.lua"), template)
    except InputError as error:
        failure.show(error)
        return error.exit_code
    say(f"made {path}", fg=typer.colors.GREEN)
    say(f"  {shlex.join(['tactus', 'run', str(path), '--model', 'demo', '--stream'])}")
    return 0


def _write(path: Path, template: str) -> Path:
    if not path.name.removesuffix(".lua").strip():
        raise InputError("a procedure needs a name", hint="Write tactus new story.")
    known = templates()
    if template not in known:
        raise InputError(
            f"there is no template {template!r}.{nearest(template, known)}",
            hint=f"Templates are: {', '.join(known)}.",
        )
    text = text_for(template, name_of(path))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(
            f"{path} is there already, and is left as it is", hint="Give another name."
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None
    return path
