"""The files that a procedure may run as procedures: those in its folder and below."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from tactus.errors import ProcedureError

ReadFile = Callable[[str], str]
"""The text of a file, named from the folder of the procedure that is run; or a ProcedureError."""

_LARGEST = 1_048_576  # bytes


def no_files(path: str) -> str:
    """Reads none."""
    raise ProcedureError(
        f'run_procedure: there is no file "{path}" here',
        hint="The procedure was not read from a folder.",
    )


def below(folder: Path) -> ReadFile:
    """Reads the `.lua` files of `folder` that are not hidden, if their links lead below it too."""

    def read(path: str) -> str:
        root = folder.resolve()
        found = (root / path).resolve()
        inside = found.is_relative_to(root) and not any(
            part.startswith(".") for part in found.relative_to(root).parts
        )
        if not inside or found.suffix != ".lua" or not found.is_file():
            raise ProcedureError(
                f'run_procedure: there is no file "{path}"',
                hint="It is named from the folder of the procedure that calls it.",
            )
        try:
            if found.stat().st_size > _LARGEST:
                raise ProcedureError(f"run_procedure: {path} has more than {_LARGEST:,} bytes")
            return found.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ProcedureError(f"run_procedure: {path} cannot be read: {error}") from None

    return read


def beside(caller: str, file: str) -> str:
    """What the procedure `caller` means by `file`; both are named from the folder of the run.

    Raises:
        ProcedureError: it is not below that procedure's folder.
    """
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or "\0" in file or not path.name:
        raise ProcedureError(
            f'run_procedure: "{file}" is not below the folder of the procedure',
            hint='Name a file as "review.lua" or "parts/review.lua".',
        )
    return str(PurePosixPath(caller).parent / path)
