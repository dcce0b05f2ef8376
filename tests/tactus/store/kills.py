"""Writes runs into the log of a folder until it is killed, telling what its listeners are told."""

import sys
from pathlib import Path

import anyio

from tactus.events import EventRecord
from tactus.store.log import open_log
from tests.tactus.store.story import Story, began

WORDS = [f"word {number} " for number in range(150)]


def tell(record: EventRecord) -> None:
    sys.stdout.write(f"{record.run_id} {record.seq}\n")


async def write(folder: Path, name: str) -> None:
    """Three runs, one after the other; each event told is a line `run seq` on stdout."""
    async with open_log(folder) as log:
        for number in range(3):
            run_id = f"{name}-{number}"
            await log.begin(began(run_id))
            log.listen(run_id, tell)
            for record in Story(run_id).whole(WORDS):
                log.append(record)
                sys.stdout.flush()
                await anyio.sleep(0.0005)
