"""The SQLite file behind the event log: private, in WAL mode, checked when it is opened."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError

from tactus.errors import StoreError
from tactus.store.tables import METADATA, SCHEMA_VERSION

PAGE = 4096  # bytes


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
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        file.chmod(0o600)
    except OSError as error:
        raise StoreError(f"{file} cannot be opened: {error.strerror}") from None
    pages = None if most_bytes is None else max(most_bytes // PAGE, 1)
    engine = _engine(file, size=1, writes=True, pages=pages)
    try:
        with engine.connect() as connection:
            found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
            if found != "ok":
                raise _damaged(file, str(found))
            version = connection.execute(text("PRAGMA user_version")).scalar_one()
            if version > SCHEMA_VERSION:
                raise StoreError(
                    f"{file} was written by a later version of Tactus",
                    hint="Use that version, or give another folder.",
                )
            METADATA.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION}"))
            connection.commit()
    except DatabaseError as error:
        engine.dispose()
        raise _damaged(file, str(error.orig)) from None
    except StoreError:
        engine.dispose()
        raise
    return engine


def open_readers(file: Path) -> Engine:
    """Connections that cannot write and never checkpoint."""
    return _engine(file, size=4, writes=False, pages=None)


def _engine(file: Path, *, size: int, writes: bool, pages: int | None) -> Engine:
    engine = create_engine(f"sqlite:///{file}", pool_size=size, max_overflow=0)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
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


def _damaged(file: Path, found: str) -> StoreError:
    return StoreError(
        f"the event log {file} is damaged: {found}",
        hint="Move it away to begin a new one; `sqlite3 FILE .recover` may save what it holds.",
    )
