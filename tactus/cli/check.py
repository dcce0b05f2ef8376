"""`tactus check`: loads procedures up to their first request, without a model."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from tactus.cli import failure
from tactus.cli.source import name_of, read_source
from tactus.cli.terminal import give, give_json, say
from tactus.errors import InputError, TactusError
from tactus.runtime.runtime import Runtime
from tactus.settings import read_settings

_FOUND = 3  # exit code: a procedure has an error


@dataclass(frozen=True, slots=True)
class _Problem:
    error: TactusError
    text: str
    exit_code: int


def check_paths(paths: Sequence[Path], *, as_json: bool = False, verbose: bool = False) -> int:
    """Check the files, and the `.lua` files in the folders; returns the exit code."""
    try:
        files = _files(paths)
        runtime = Runtime(read_settings()[0])
    except TactusError as error:
        failure.show(error, verbose=verbose)
        return error.exit_code
    problems = [found for file in files if (found := _check(file, runtime)) is not None]
    if as_json:
        _give_json(len(files), problems)
    else:
        _give_lines(len(files), problems, verbose)
    return max((problem.exit_code for problem in problems), default=0)


def _check(file: Path, runtime: Runtime) -> _Problem | None:
    """What is wrong with one file; whatever it is, the files after it are checked too."""
    name, text = name_of(file), None
    try:
        text = read_source(file)
        runtime.load(text, name)
    except TactusError as error:
        code = error.exit_code if text is None else _FOUND
        return _Problem(error.at(name, None), text or "", code)
    except Exception as error:  # noqa: BLE001 - a fault of Tactus's own, told with its file
        unexpected = TactusError(
            f"Tactus itself failed here: {type(error).__name__}: {error}",
            file=name,
            hint="Please report this with the procedure, and what --verbose shows.",
            traceback=traceback.format_exc(),
        )
        return _Problem(unexpected, text or "", _FOUND)
    return None


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.rglob("*.lua"))
            files += [file for file in inside if not _is_hidden(file.relative_to(path))]
        else:
            files.append(path)
    if not files:
        raise InputError(
            f"there is no .lua file in {', '.join(str(path) for path in paths)}",
            hint="`tactus new story` makes one.",
        )
    return files


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "node_modules" for part in path.parts)


def _give_lines(count: int, problems: Sequence[_Problem], verbose: bool) -> None:
    for problem in problems:
        error = problem.error
        lines = [failure.headline(error), *failure.excerpt(problem.text, error.line)]
        if error.hint:
            lines.append(f"  {error.hint}")
        if verbose and error.traceback:
            lines.append(error.traceback)
        give("\n".join(lines))
    checked = "1 procedure" if count == 1 else f"{count} procedures"
    if problems:
        say(f"{checked} checked, {len(problems)} with an error", fg=typer.colors.RED)
    else:
        say(f"{checked} checked, no error", fg=typer.colors.GREEN)


def _give_json(count: int, problems: Sequence[_Problem]) -> None:
    found = []
    for problem in problems:
        excerpt = "\n".join(failure.excerpt(problem.text, problem.error.line))
        found.append({**failure.plain(problem.error), "excerpt": excerpt or None})
    give_json({"ok": not problems, "checked": count, "problems": found})
