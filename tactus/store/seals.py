"""A checksum in every row: SQLite itself does not see a text in which a bit has changed."""

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import orjson
from sqlalchemy import ColumnElement, Connection, Table, select, update

from tactus.store.tables import METADATA


def seal_of(values: Sequence[Any]) -> int:
    """The checksum of a row's values, in the order of the columns before it."""
    return crc32(orjson.dumps(values))


def sealed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """`row` with its checksum."""
    names = table.c.keys()[: _place(table)]
    return {**row, "crc": seal_of([row[name] for name in names])}


def _place(table: Table) -> int:
    """Which column the checksum is: it is of those before it."""
    return table.c.keys().index("crc")


def seal(connection: Connection, table: Table, *where: ColumnElement[bool]) -> None:
    """Give the rows at `where`, which have just been changed, their checksum."""
    keys = list(table.primary_key.columns)
    for row in connection.execute(select(table).where(*where)).all():
        this = [key == getattr(row, key.name) for key in keys]
        connection.execute(update(table).where(*this).values(crc=seal_of(row[: _place(table)])))


def broken_row(connection: Connection) -> str | None:
    """Where a row is not what was written; None where all are."""
    for table in METADATA.sorted_tables:
        sealed_columns = _place(table)
        rows = connection.execution_options(yield_per=500).execute(select(table))
        for row in rows:
            # one of an earlier version has none
            if row.crc is not None and seal_of(row[:sealed_columns]) != row.crc:
                return f"a row of its table {table.name} is not what was written"
    return None
