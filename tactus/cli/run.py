"""`tactus run`: one run of one procedure."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import orjson
from anyio.from_thread import start_blocking_portal

from tactus.cli import failure
from tactus.cli.ask import ask_missing, given_inputs
from tactus.cli.log import show_log
from tactus.cli.offer import offer_models
from tactus.cli.question import Terminal
from tactus.cli.source import name_of, read_source
from tactus.cli.stop import stopped_by_signal
from tactus.cli.terminal import (
    give,
    give_json,
    is_animated,
    is_terminal,
    is_utf8,
    json_text,
    say,
    width,
)
from tactus.definitions import ProcedureDefinition
from tactus.dspy.redact import Redactor
from tactus.errors import OutputError, StoppedError, TactusError, TurnError
from tactus.events import EventRecord, LogHandler
from tactus.runtime.files import below
from tactus.runtime.run import Run, RunResult
from tactus.runtime.runtime import Runtime
from tactus.settings import Settings, read_settings


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line says. `flags` are settings, nested as in the settings file."""

    file: Path
    params: tuple[str, ...]
    params_file: Path | None
    flags: dict[str, Any]
    output: Literal["pretty", "json", "jsonl"]
    stream: bool
    verbose: bool


def run_procedure(options: RunOptions) -> int:
    """Run the procedure as `options` say; returns the exit code."""
    text = ""
    try:
        text = read_source(options.file)
        settings, _ = read_settings(options.flags)
        definition = _definition(options, settings, text)
        params = given_inputs(definition.input, options.params, options.params_file)
        if is_terminal() and definition.input:
            params = ask_missing(definition.input, params)
    except TactusError as error:
        if options.output == "json":
            _give_json({"status": "failed", "error": failure.plain(error)})
        failure.show(error, text, verbose=options.verbose)
        return error.exit_code
    lines = _Lines()
    result = _drive(options, settings, text, params, lines)
    if lines.failure is not None:
        raise lines.failure
    if not (lines.ended and isinstance(result.error, StoppedError)):  # `| head` wants no more
        shown = Redactor(settings.secrets.values()).text(text)
        _report(options, settings, result, shown)
    return result.error.exit_code if result.error is not None else 0


class _Lines:
    """A log handler that gives each record as a line of JSON, as long as that can be done.

    Attributes:
        stop: called once when it cannot.
        ended: whether it cannot any more.
        failure: why; None where the reader went away.
    """

    def __init__(self) -> None:
        self.stop: Callable[[], object] = lambda: None
        self.ended = False
        self.failure: OSError | None = None

    def handle(self, record: EventRecord) -> None:
        """Give one record."""
        if self.ended:
            return
        try:
            self.ended = not give(_line(record.flat()))
        except OSError as error:
            self.ended, self.failure = True, error
        if self.ended:
            self.stop()


def _line(value: dict[str, Any]) -> str:
    if is_utf8():
        try:
            return orjson.dumps(value).decode()
        except TypeError:  # half a character, which only an escape can carry
            pass
    return json.dumps(value, separators=(",", ":"))


def _drive(
    options: RunOptions, settings: Settings, text: str, params: dict[str, Any], lines: _Lines
) -> RunResult:
    """Drive the run in a thread: this one stays free for signals, however busy the procedure."""
    renderer: Any = None
    handlers: list[LogHandler] = []
    if options.stream:
        from tactus.cli.render import Renderer  # lays text out with Rich, which others do not need

        renderer = Renderer(width())
        handlers.append(renderer.handle)
    if options.output == "jsonl":
        handlers.append(lines.handle)
    listened = bool(handlers)
    if not listened:
        handlers.append(show_log)
    name = name_of(options.file)
    spinner = None if listened else _spinner(name)
    questions = Terminal(partial(_still, spinner)) if is_terminal() else None
    with start_blocking_portal() as portal:
        runtime = portal.call(partial(Runtime, settings, questions=questions))
        prepare = partial(
            runtime.prepare,
            text,
            name,
            params,
            handler=_all(handlers),
            listened=listened,
            read=below(options.file.parent),
        )
        run: Run = portal.call(prepare)
        lines.stop = run.stop

        def stop() -> None:
            run.interrupt()  # at once: the loop may be busy with what the procedure computes
            portal.start_task_soon(run.stop)

        try:
            with stopped_by_signal(stop), spinner or nullcontext():
                result: RunResult = portal.call(run.drive)
        finally:
            portal.call(runtime.aclose)
    if renderer is not None:
        renderer.finish(result)
    return result


def _all(handlers: list[LogHandler]) -> LogHandler:
    def handle(record: EventRecord) -> None:
        for handler in handlers:
            handler(record)

    return handle


@contextmanager
def _still(spinner: Any) -> Iterator[None]:
    """Hide the spinner while this is open."""
    if spinner is None:
        yield
        return
    spinner.stop()
    try:
        yield
    finally:
        spinner.start()


def _spinner(name: str) -> Any:
    """What moves while the run goes on; None where nothing may."""
    if not is_animated():
        return None
    from rich.console import Console  # Rich: only on a terminal

    return Console(stderr=True, highlight=False, markup=False).status(f"running {name}")


def _definition(options: RunOptions, settings: Settings, text: str) -> ProcedureDefinition:
    """What is needed before the run: the inputs."""
    name = name_of(options.file)
    if not (options.params or options.params_file) and "input" not in text:
        return ProcedureDefinition(name=name, file=name)  # saves reading the procedure twice
    return Runtime(settings).declared(text, name)


def _report(options: RunOptions, settings: Settings, result: RunResult, text: str) -> None:
    """The result to stdout, the error to stderr."""
    error = result.error
    if options.output == "json":
        _give_json(
            {
                "status": result.status,
                "result": result.value,
                "error": None if error is None else failure.plain(error),
                "totals": result.totals.model_dump(mode="json"),
                "run_id": result.run_id,
            }
        )
    elif options.output == "pretty" and error is None and result.value is not None:
        give_json(result.value)
    if error is None:
        return
    own = error.file == name_of(options.file)  # else it is in a procedure that this one runs
    failure.show(error, text if own else "", verbose=options.verbose)
    if isinstance(error, OutputError) and options.output == "pretty":
        say(f"  What came:\n{json_text(error.value)}")
    if isinstance(error, TurnError) and error.reason == "not_configured":
        offer_models(options.file, settings)


def _give_json(given: dict[str, Any]) -> None:
    empty = dict.fromkeys(("status", "result", "error", "totals", "run_id"))
    give_json({**empty, **given})
