"""The SQLite file behind the event log: private, in WAL mode, checked when it is opened."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, DBAPIError, SQLAlchemyError

from tactus.errors import StoreError
from tactus.store.seals import broken_row
from tactus.store.tables import EVENT, METADATA, SCHEMA_VERSION

PAGE = 4096  # bytes

_HEADER = 100  # bytes at the start of every SQLite file


def make_private(folder: Path) -> None:
    """Make `folder`, or tighten it: nobody but its owner may look into it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise StoreError(
            f"the folder {folder} cannot be made or kept private: {error.strerror}",
            hint="Give a folder of your own.",
        ) from None


def open_writer(file: Path, most_bytes: int | None) -> Engine:
    """The one connection that writes, to a checked database with its tables made.

    Raises:
        StoreError: the file is damaged, or of a later version; or cannot be opened.
    """
    is_new = not file.exists()
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        file.chmod(0o600)
    except OSError as error:
        raise StoreError(f"{file} cannot be opened: {error.strerror}") from None
    if not is_new and file.stat().st_size < _HEADER:  # SQLite would begin it anew
        raise _damaged(file, "it is empty")
    pages = None if most_bytes is None else max(most_bytes // PAGE, 1)
    engine = _engine(file, size=1, writes=True, pages=pages)
    try:
        _prepare(engine, file)
    except BaseException as error:
        engine.dispose()
        if is_new and file.stat().st_size < _HEADER:
            file.unlink()  # a disk without space: the next start must not take it for a damaged one
        if isinstance(error, DatabaseError):
            raise trouble(file, error) from None
        if isinstance(error, SQLAlchemyError | ValueError | TypeError):
            raise _damaged(file, str(error)) from None
        raise
    return engine


def _prepare(engine: Engine, file: Path) -> None:
    """Check the whole file, and make its tables where it is new."""
    with engine.connect() as connection:
        found = connection.execute(text("PRAGMA integrity_check(1)")).scalar_one()
        if found != "ok":
            raise _damaged(file, str(found))
        version = connection.execute(text("PRAGMA user_version")).scalar_one()
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{file} was written by a later version of Tactus",
                hint="Use that version, or give another folder.",
            )
        tables = inspect(connection)
        names = set(tables.get_table_names())
        if names and names != set(METADATA.tables):
            raise _damaged(file, f"its tables are {', '.join(sorted(names))}")
        for name in names:
            present = {column["name"] for column in tables.get_columns(name)}
            if "crc" not in present:
                connection.execute(text(f"ALTER TABLE {name} ADD COLUMN crc BIGINT"))
            if name == EVENT.name and "key" not in present:
                connection.execute(text(f'ALTER TABLE {name} ADD COLUMN "key" TEXT'))
        METADATA.create_all(connection)
        if broken := broken_row(connection):
            raise _damaged(file, broken)
        connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION}"))
        connection.commit()


def open_readers(file: Path) -> Engine:
    """Connections that cannot write and never checkpoint."""
    return _engine(file, size=4, writes=False, pages=None)


def _engine(file: Path, *, size: int, writes: bool, pages: int | None) -> Engine:
    engine = create_engine(f"sqlite:///{file}", pool_size=size, max_overflow=0)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        pragmas = ["busy_timeout = 5000"]
        if writes:  # FULL: what was committed survives a power cut too
            pragmas += ["journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"]
        else:
            pragmas += ["wal_autocheckpoint = 0", "query_only = ON"]
        if pages is not None:
            pragmas.append(f"max_page_count = {pages}")
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return engine


def trouble(file: Path, error: DBAPIError) -> StoreError:
    """What `error` says of the event log: damaged, or only out of reach for now."""
    name = getattr(error.orig, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR", "SQLITE_FORMAT")):
        return _damaged(file, str(error.orig))
    return StoreError(
        f"the event log {file} cannot be used: {error.orig}",
        hint="Look whether its disk is full, or may not be written.",
    )


def _damaged(file: Path, found: str) -> StoreError:
    return StoreError(
        f"the event log {file} is damaged: {found}",
        hint="Move it away to begin a new one; `sqlite3 FILE .recover` may save what it holds.",
    )
