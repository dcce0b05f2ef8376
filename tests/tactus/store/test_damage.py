"""The log's file when a bit of it has changed, or its end is gone: that is noticed, or harmless."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from tactus.errors import StoreError
from tactus.store import history
from tactus.store.log import open_files, open_log
from tests.tactus.store.story import Story, began, keep

FLIPS = 250
CUTS = 30


async def fill(folder: Path) -> None:
    async with open_log(folder) as log:
        for number in range(4):
            await log.begin(began(f"r{number}", goal_id="g1", started_ms=number))
            words = [f"word {number} {n} " for n in range(500)]
            await keep(log, Story(f"r{number}").whole(words))
        await log.delete("r2")


def content_of(folder: Path) -> dict[str, Any]:
    """Everything that the log in `folder` tells; refuses as the log does."""
    files = open_files(folder)
    try:
        with files.reading.connect() as connection:
            runs = history.list_runs(connection, goal="g1")
            return {
                "runs": runs,
                "counts": history.count_runs(connection),
                "turns": history.list_turns(connection, status="completed"),
                "events": [
                    record.flat()
                    for run in runs
                    for record in history.read_records(connection, run["id"], 0, None, 1_000, {})
                ],
            }
    finally:
        files.close()


@pytest.fixture
def whole(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path / "whole"
    anyio.run(fill, folder)
    assert not (folder / "events.db-wal").exists()
    return folder, content_of(folder)


def damaged_copies(whole: Path, folder: Path, contents: Iterator[bytes]) -> Iterator[Path]:
    for content in contents:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole, folder)
        (folder / "events.db").write_bytes(content)
        yield folder


def test_a_changed_bit_is_noticed_or_changes_nothing(
    tmp_path: Path, whole: tuple[Path, dict[str, Any]]
) -> None:
    folder, told = whole
    content = (folder / "events.db").read_bytes()
    seeded = random.Random(20_260_301)

    def flipped() -> Iterator[bytes]:
        for _ in range(FLIPS):
            place, bit = seeded.randrange(len(content)), 1 << seeded.randrange(8)
            yield content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]

    noticed = 0
    for copy in damaged_copies(folder, tmp_path / "copy", flipped()):
        found, refused = told, None
        try:
            found = content_of(copy)
        except StoreError as error:
            refused = error
            noticed += 1
        assert found == told
        assert refused is None or (str(copy / "events.db") in refused.message and refused.hint)
    assert noticed > FLIPS / 4  # much of the file is free


def test_a_file_without_its_end_is_noticed(
    tmp_path: Path, whole: tuple[Path, dict[str, Any]]
) -> None:
    folder, told = whole
    content = (folder / "events.db").read_bytes()
    seeded = random.Random(20_260_302)
    lengths = [0, 1, 99, 100, 4096, 8192, len(content) - 4096, len(content) - 1]
    lengths += [seeded.randrange(len(content)) for _ in range(CUTS)]
    cut = (content[:length] for length in lengths)
    for copy in damaged_copies(folder, tmp_path / "copy", cut):
        harmless = len(content) - (copy / "events.db").stat().st_size < 4096  # a free page's end
        refused = None
        try:
            assert content_of(copy) == told
        except StoreError as error:
            refused = error
        assert refused or harmless
        if refused:
            assert f"{copy / 'events.db'} is damaged" in refused.message
            assert "Move it away" in (refused.hint or "")


def test_a_changed_bit_of_a_text_is_noticed_where_sqlite_sees_nothing(
    tmp_path: Path, whole: tuple[Path, dict[str, Any]]
) -> None:
    folder, _ = whole
    content = (folder / "events.db").read_bytes()
    for word in (b"word 3 77 ", b"story.lua", b'"rain"'):
        place = content.index(word) + 2
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        for copy in damaged_copies(folder, tmp_path / "copy", iter([changed])):
            with sqlite3.connect(copy / "events.db") as connection:
                assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
            connection.close()
            with pytest.raises(StoreError, match="is damaged"):
                content_of(copy)


async def test_a_log_of_the_first_version_is_taken_over(
    tmp_path: Path, whole: tuple[Path, dict[str, Any]]
) -> None:
    folder, told = whole
    with sqlite3.connect(folder / "events.db") as connection:
        for table in ("run", "event", "turn"):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN crc")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert content_of(folder) == told
    async with open_log(folder) as log:
        await log.begin(began("new", goal_id="g1", started_ms=9))
        await keep(log, Story("new").whole())
    assert [run["id"] for run in content_of(folder)["runs"]] == ["new", "r3", "r1", "r0"]


async def test_a_log_of_a_later_version_is_refused_by_name(
    tmp_path: Path, whole: tuple[Path, dict[str, Any]]
) -> None:
    folder, _ = whole
    with sqlite3.connect(folder / "events.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"events\.db was written by a later version"):
        content_of(folder)
