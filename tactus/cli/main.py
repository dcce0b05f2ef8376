"""The commands and their options. What a command needs is imported when it runs.

`tactus --help` shall answer at once, so each command's module is imported inside its function.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tactus import __version__
from tactus.cli.terminal import give, prepare_streams, say, silence_stdout

app = typer.Typer(
    name="tactus",
    help="Run agent procedures. `tactus FILE` is short for `tactus run FILE`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help costs 100 ms of CPU less
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line and exit with its code; a procedure's file may stand for a command."""
    prepare_streams()
    args = sys.argv[1:]
    if args and args[0].endswith(".lua"):
        args = ["run", *args]
    try:
        app(args=args, prog_name="tactus")
    except OSError as error:  # a full disk, a device that is gone: no fault of Tactus's to trace
        silence_stdout()
        say(f"error: {error}")
        sys.exit(1)


_AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show Lua tracebacks.")]


def _show_version(shown: bool) -> None:
    if shown:
        give(f"tactus {__version__}")
        raise typer.Exit


def _positive(value: float | None) -> float | None:
    if value is not None and not value > 0:  # also what is not a number
        raise typer.BadParameter("must be more than 0")
    return value


@app.callback()
def _tactus(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The procedure.")],
    param: Annotated[
        list[str] | None,
        typer.Option("-p", "--param", metavar="NAME=VALUE", help="An input; may be repeated."),
    ] = None,
    params: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A JSON object of inputs; -p wins.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="In place of every agent's model, as openai/gpt-4o or demo.")
    ] = None,
    stream: Annotated[bool, typer.Option("--stream", help="Show the text as it arrives.")] = False,
    as_json: _AsJson = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Print each event as a JSON line.")
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option(metavar="S", help="Seconds that the run may take.", callback=_positive),
    ] = None,
    max_cost: Annotated[
        float | None,
        typer.Option(metavar="USD", help="What the run may cost.", callback=_positive),
    ] = None,
    api_base: Annotated[
        str | None, typer.Option(metavar="URL", help="The API's base URL, with /v1.")
    ] = None,
    engine: Annotated[str | None, typer.Option(help="auto, native or litellm.")] = None,
    verbose: _Verbose = False,
) -> None:
    """Run a procedure; its result goes to stdout, everything else to stderr."""
    from tactus.cli.run import RunOptions, run_procedure

    if as_json and jsonl:
        raise typer.BadParameter("give --json or --jsonl, not both")
    options = RunOptions(
        file=file,
        params=tuple(param or ()),
        params_file=params,
        flags={
            "model": model,
            "streaming": stream or None,
            "engine": engine,
            "api_base_for_all": api_base,
            "limits": {"timeout": timeout, "max_cost": max_cost},
        },
        output="json" if as_json else "jsonl" if jsonl else "pretty",
        stream=stream,
        verbose=verbose,
    )
    raise typer.Exit(run_procedure(options))


@app.command()
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATHS]...", help="Files and folders; or here.")
    ] = None,
    as_json: _AsJson = False,
    verbose: _Verbose = False,
) -> None:
    """Check procedures without calling a model."""
    from tactus.cli.check import check_paths

    raise typer.Exit(check_paths(paths or [Path()], as_json=as_json, verbose=verbose))


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The file to make, .lua or not.")],
    template: Annotated[str, typer.Option(help="The example to begin with.")] = "storyteller",
) -> None:
    """Make a procedure from an example; never overwrites a file."""
    from tactus.cli.new import new_procedure

    raise typer.Exit(new_procedure(name, template))


@app.command()
def ide(
    folder: Annotated[Path, typer.Argument(metavar="[PATH]", help="Your files; or here.")] = Path(),
    port: Annotated[int, typer.Option(help="On this machine only; 0 takes a free one.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
    model: Annotated[
        str | None, typer.Option(help="In place of every agent's model, as openai/gpt-4o or demo.")
    ] = None,
) -> None:
    """Open the IDE in the browser: edit, run and watch procedures."""
    from tactus.cli.ide import serve_ide

    raise typer.Exit(serve_ide(folder, port=port, model=model, open_page=not no_open))


@app.command()
def models(as_json: _AsJson = False) -> None:
    """Show which providers and local models can be used now, and what the others want."""
    from tactus.cli.models import show_models

    raise typer.Exit(show_models(as_json=as_json))


keys = typer.Typer(help="Show which keys are set, and set them.", rich_markup_mode=None)
app.add_typer(keys, name="keys")


@keys.callback(invoke_without_command=True)
def _keys(context: typer.Context, as_json: _AsJson = False) -> None:
    """Show which keys are set, masked, and where; or set them. No key is ever shown."""
    if context.invoked_subcommand is not None:
        return
    from tactus.cli.keys import list_keys

    raise typer.Exit(list_keys(as_json=as_json))


@keys.command("set", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def _set_key(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A variable, or a provider.")],
) -> None:
    """Write a key into .env; it is asked for, or read from stdin."""
    from tactus.cli.keys import set_key

    raise typer.Exit(set_key(name, more=context.args))


@keys.command("rm")
def _remove_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A variable, or a provider.")],
) -> None:
    """Take a key out of .env."""
    from tactus.cli.keys import remove_key

    raise typer.Exit(remove_key(name))


@app.command()
def doctor(as_json: _AsJson = False) -> None:
    """Look at the set-up: settings, keys, local servers; each line says how to fix it."""
    from tactus.cli.doctor import examine

    raise typer.Exit(examine(as_json=as_json))
