"""`tactus ide`: the page in the browser, served from this machine to this machine."""

import webbrowser
from pathlib import Path

import typer

from ide_backend.serve import serve
from tactus.cli import failure
from tactus.cli.terminal import give, say
from tactus.errors import TactusError
from tactus.settings import read_settings


def serve_ide(folder: Path, *, port: int, model: str | None, open_page: bool) -> int:
    """Serve the IDE for `folder` until Ctrl+C; returns the exit code."""

    def ready(address: str) -> None:
        say(f"Tactus IDE for {folder.resolve()}", fg=typer.colors.GREEN)
        give(address)
        say("Ctrl+C ends it.")
        if open_page:
            webbrowser.open(address)

    try:
        settings, _ = read_settings({"model": model}, folder=folder.resolve())
        serve(folder, settings=settings, port=port, ready=ready)
    except TactusError as error:
        failure.show(error)
        return error.exit_code
    except KeyboardInterrupt:  # uvicorn raises the signal again once it has ended cleanly
        pass
    return 0
