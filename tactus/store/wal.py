"""What SQLite's write-ahead log can be trusted with."""

import sqlite3

_MENDED = (3, 51, 3)

VERSION = sqlite3.sqlite_version


def wal_is_safe() -> bool:
    """Whether SQLite is free of the bug that two writing connections can meet (until 3.51.3).

    Where it is not, the event log is safe all the same: one connection alone writes, in the one
    process that holds the log's lock, and the others neither write nor checkpoint.
    """
    return sqlite3.sqlite_version_info >= _MENDED
