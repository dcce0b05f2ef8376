"""`tactus run`: one run of one procedure."""

import json
import sys
from contextlib import AbstractContextManager, nullcontext
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
from tactus.cli.source import read_source
from tactus.cli.stop import stopped_by_signal
from tactus.cli.terminal import give, is_animated, is_terminal, say, width
from tactus.definitions import ProcedureDefinition
from tactus.errors import OutputError, TactusError, TurnError
from tactus.events import EventRecord, LogHandler
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
    api_base: str | None
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
        settings = _with_api_base(options, settings, definition)
        params = given_inputs(definition.input, options.params, options.params_file)
        if is_terminal() and definition.input:
            params = ask_missing(definition.input, params)
    except TactusError as error:
        if options.output == "json":
            _give_json({"status": "failed", "error": failure.plain(error)})
        failure.show(error, text, verbose=options.verbose)
        return error.exit_code
    result = _drive(options, settings, text, params)
    _report(options, result, text)
    return result.error.exit_code if result.error is not None else 0


def _drive(options: RunOptions, settings: Settings, text: str, params: dict[str, Any]) -> RunResult:
    """Drive the run in a thread: this one stays free for signals, however busy the procedure."""
    renderer: Any = None
    handlers: list[LogHandler] = []
    if options.stream:
        from tactus.cli.render import Renderer  # lays text out with Rich, which others do not need

        renderer = Renderer(width())
        handlers.append(renderer.handle)
    if options.output == "jsonl":
        handlers.append(lambda record: _give_record(record, run))
    listened = bool(handlers)
    if not listened:
        settings = settings.model_copy(update={"streaming": False})
        handlers.append(show_log)
    with start_blocking_portal() as portal:
        runtime = portal.call(Runtime, settings)
        name = str(options.file)
        prepare = partial(runtime.prepare, text, name, params, handler=_all(handlers))
        run: Run = portal.call(prepare)

        def stop() -> None:
            run.interrupt()  # at once: the loop may be busy with what the procedure computes
            portal.start_task_soon(run.stop)

        try:
            with stopped_by_signal(stop), nullcontext() if listened else _spinner(name):
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


def _give_record(record: EventRecord, run: Run) -> None:
    if not give(orjson.dumps(record.flat()).decode()):
        run.stop()  # nobody reads on


def _spinner(name: str) -> AbstractContextManager[Any]:
    if not is_animated():
        return nullcontext()
    from rich.console import Console  # Rich: only on a terminal

    return Console(stderr=True, highlight=False, markup=False).status(f"running {name}")


def _definition(options: RunOptions, settings: Settings, text: str) -> ProcedureDefinition:
    """What is needed before the run: the inputs, and for `--api-base` the agents."""
    name = str(options.file)
    given = options.params or options.params_file or options.api_base
    if not given and "input" not in text:
        return ProcedureDefinition(name=name, file=name)  # saves reading the procedure twice
    return Runtime(settings).declared(text, name, whole=options.api_base is not None)


def _with_api_base(
    options: RunOptions, settings: Settings, definition: ProcedureDefinition
) -> Settings:
    """The settings with `--api-base` for the providers that this run calls."""
    if options.api_base is None:
        return settings
    if settings.model is not None:
        providers = {settings.model.partition("/")[0]}
    else:
        providers = {agent.provider for agent in definition.agents}
    bases = dict.fromkeys(providers, options.api_base)
    return read_settings({**options.flags, "api_base": bases})[0]


def _report(options: RunOptions, result: RunResult, text: str) -> None:
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
        give(_json(result.value))
    if error is None:
        return
    failure.show(error, text, verbose=options.verbose)
    if isinstance(error, OutputError) and options.output == "pretty":
        say(f"  What came:\n{_json(error.value)}")
    if isinstance(error, TurnError) and error.reason == "not_configured":
        offer_models(options.file)


def _give_json(given: dict[str, Any]) -> None:
    empty = dict.fromkeys(("status", "result", "error", "totals", "run_id"))
    give(_json({**empty, **given}))


def _json(value: Any) -> str:
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    return json.dumps(value, indent=2, ensure_ascii=encoding != "utf8", default=str)
