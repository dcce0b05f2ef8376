"""The server process: binds, says where it is, serves, and ends within two seconds."""

import logging
import os
import secrets
import socket
import stat
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import uvicorn

from ide_backend.app import Server, create_app
from ide_backend.security import Door
from tactus.dspy.redact import Redactor
from tactus.errors import SettingsError, StoreError
from tactus.settings import Settings
from tactus.store.log import LogFiles, open_files

HOST = "127.0.0.1"  # nobody else's machine: there is no option for it
FOLDER = ".tactus"  # of the workspace: the event log, and the session of its page

_GRACE = 0.5  # seconds for streams to send their last words


class _Uvicorn(uvicorn.Server):
    """Ends the streams itself: uvicorn would wait for ever for those that never end."""

    def __init__(self, config: uvicorn.Config, server: Server, files: LogFiles) -> None:
        super().__init__(config)
        self._ours = server
        self._files = files

    def close(self) -> None:
        """Give the event log back, also where nothing was served."""
        self._files.close()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wind down, then cut off the readers who do not read."""
        for listener in self.servers:
            listener.close()
        await self._ours.wind_down()
        await self._ours.streams_ended(_GRACE)
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        await super().shutdown(sockets)


def serve(
    folder: Path,
    *,
    settings: Settings,
    port: int = 0,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve the IDE for `folder` until it is told to stop by a signal.

    Args:
        folder: the workspace; the event log goes into its `.tactus`.
        settings: those of every run.
        port: where to listen, on this machine only; 0 takes a free one.
        ready: called with the address, its token included, once connections are taken.

    Raises:
        SettingsError: the folder or the port cannot be used.
        StoreError: another server has the log open, or it is damaged.
    """
    with listening(port) as listener:
        server, address = prepare(folder, settings=settings, listener=listener)
        try:
            ready(address)
            server.run(sockets=[listener])
        finally:
            server.close()
        if not server.started:
            raise StoreError("the server could not start; what it wrote above says why")


def prepare(folder: Path, *, settings: Settings, listener: socket.socket) -> tuple[_Uvicorn, str]:
    """The server for `folder` on `listener`, and its address with the token; it runs once.

    The event log is open from here on: one server has it, and a damaged one is met before anything
    is started.
    """
    if not folder.is_dir():
        raise SettingsError(f"there is no folder {folder}", hint="Give the folder of your files.")
    private = folder.resolve() / FOLDER
    if private.is_symlink():
        raise SettingsError(f"{private} is a link, which may lead anywhere", hint="Remove it.")
    files = open_files(private, but=partial(_unended, private, settings))
    ignored = private / ".gitignore"
    try:
        if not ignored.exists():
            ignored.write_text("*\n", encoding="utf-8")
        number: int = listener.getsockname()[1]
        door = Door(number, _session(private / "session"))
    except OSError as error:
        files.close()
        raise SettingsError(f"{private} cannot be written: {error.strerror}") from None
    except BaseException:
        files.close()
        raise
    ours = Server()
    app = create_app(settings=settings, folder=folder, log_folder=files, door=door, server=ours)
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,  # an address may hold what nobody needs to see
        log_level=logging.WARNING,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    for logger in ("tactus.ide", "uvicorn.error"):
        logging.getLogger(logger).addFilter(_Keyless(Redactor(settings.secrets.values())))
    return _Uvicorn(config, ours, files), f"http://{HOST}:{number}/#token={door.token}"


def _unended(private: Path, settings: Settings) -> Collection[str]:
    """The runs of the last server that this one goes on with."""
    if not settings.durable:
        return ()
    from tactus.engine.durable import FILE, unended  # takes half a second

    return unended(private / FILE)


class _Keyless(logging.Filter):
    """Takes keys out of what is logged, tracebacks included."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redactor.text(record.getMessage()), ()
        if record.exc_info:
            shown = logging.Formatter().formatException(record.exc_info)
            record.exc_text = self._redactor.text(shown)  # a formatter takes this where it is set
        return True


def listening(port: int) -> socket.socket:
    """A socket that takes connections on this machine only; a free port for 0.

    Raises:
        SettingsError: the port cannot be used.
    """
    if not 0 <= port <= 65_535:
        raise SettingsError(f"there is no port {port}", hint="Give one from 1 to 65535, or none.")
    # of a socket whose protocol is not said, asyncio does not switch Nagle's delay of 40 ms off
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)  # from here on nobody is turned away: they wait for the first answer
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"port {port} cannot be used: {error.strerror}", hint="Give another --port, or none."
        ) from None
    listener.setblocking(False)
    return listener


def _session(file: Path) -> str:
    """The session that this folder's pages hold, kept over restarts; nobody else may read it."""
    made = secrets.token_urlsafe(24)
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SettingsError(f"{file} cannot be opened: {error.strerror}") from None
    try:
        found = os.fstat(descriptor)
        ours = found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) == 0o600
        kept = os.read(descriptor, 256).decode("ascii", "replace")
        if ours and len(kept) == len(made):
            return kept
        os.fchmod(descriptor, 0o600)  # one that came with a repository is known to others
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, made.encode(), 0)
    finally:
        os.close(descriptor)
    return made
