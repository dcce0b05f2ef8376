"""Ctrl+C and SIGTERM."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tactus.runtime.run import Run

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = "\x1b[?25h"  # a spinner may have hidden it


@contextmanager
def stopped_by_signal(run: Run) -> Iterator[None]:
    """While this is open, the first Ctrl+C or SIGTERM stops `run`, and the second one kills.

    These are plain handlers, not an event loop's: those wait for the loop, and a second Ctrl+C
    must end a process whose loop is busy.
    """
    loop = asyncio.get_running_loop()  # anyio has no way into the loop from a signal handler

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        if sys.stderr.isatty():  # written past the buffer, which the signal may have interrupted
            os.write(2, f"\n{_SHOW_CURSOR}stopping; Ctrl+C again to kill\n".encode())
        loop.call_soon_threadsafe(run.stop)

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
