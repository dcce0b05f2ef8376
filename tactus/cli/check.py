"""`tactus check`: loads procedures up to their first request, without a model."""

from collections.abc import Sequence
from pathlib import Path

import orjson
import typer

from tactus.cli import failure
from tactus.cli.source import read_source
from tactus.cli.terminal import give, say
from tactus.errors import InputError, TactusError
from tactus.runtime.runtime import Runtime
from tactus.settings import read_settings

_FOUND = 3  # exit code: a procedure has an error


def check_paths(paths: Sequence[Path], *, as_json: bool = False, verbose: bool = False) -> int:
    """Check the files, and the `.lua` files in the folders; returns the exit code."""
    try:
        files = _files(paths)
        runtime = Runtime(read_settings()[0])
    except TactusError as error:
        failure.show(error, verbose=verbose)
        return error.exit_code
    problems: list[tuple[TactusError, str]] = []
    for file in files:
        text = ""
        try:
            text = read_source(file)
            runtime.load(text, str(file))
        except TactusError as error:
            problems.append((error.at(str(file), None), text))
    if as_json:
        _give_json(len(files), problems)
    else:
        _give_lines(len(files), problems, verbose)
    return _FOUND if problems else 0


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


def _give_lines(count: int, problems: list[tuple[TactusError, str]], verbose: bool) -> None:
    for error, text in problems:
        lines = [failure.headline(error), *failure.excerpt(text, error.line)]
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


def _give_json(count: int, problems: list[tuple[TactusError, str]]) -> None:
    found = [
        {**failure.plain(error), "excerpt": "\n".join(failure.excerpt(text, error.line)) or None}
        for error, text in problems
    ]
    data = {"ok": not problems, "checked": count, "problems": found}
    give(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode())
