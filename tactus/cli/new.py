"""`tactus new`: a procedure made from an example."""

from pathlib import Path

import typer

import tactus
from tactus.cli import failure
from tactus.cli.terminal import say
from tactus.errors import InputError
from tactus.fields import nearest

_PACKAGE = Path(tactus.__file__).parent


def templates() -> dict[str, Path]:
    """The examples by name: the package's `procedures`, or the repository's beside it."""
    folders = (_PACKAGE / "procedures", _PACKAGE.parent / "procedures")
    folder = next((folder for folder in folders if folder.is_dir()), folders[0])
    return {path.stem: path for path in sorted(folder.glob("*.lua"))}


def new_procedure(name: str, template: str) -> int:
    """Write the file `name` from `template`; returns the exit code."""
    try:
        path = _write(Path(name if name.endswith(".lua") else f"{name}.lua"), template)
    except InputError as error:
        failure.show(error)
        return error.exit_code
    say(f"made {path}", fg=typer.colors.GREEN)
    say(f"  tactus run {path} --model demo --stream")
    return 0


def _write(path: Path, template: str) -> Path:
    known = templates()
    if template not in known:
        raise InputError(
            f"there is no template {template!r}.{nearest(template, known)}",
            hint=f"Templates are: {', '.join(known)}.",
        )
    text = known[template].read_text(encoding="utf-8")
    text = text.replace(f"procedures/{template}.lua", str(path)).replace(
        f"-- {template}.lua:", f"-- {path.name}:"
    )
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
