"""Ctrl+C and SIGTERM."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = "\x1b[?25h"  # a spinner may have hidden it


@contextmanager
def stopped_by_signal(stop: Callable[[], object]) -> Iterator[None]:
    """While this is open, the first Ctrl+C or SIGTERM calls `stop`, and the second one kills.

    Python runs signal handlers in its main thread only, and only between two of its instructions:
    whatever is to be stopped must run in another thread.
    """

    def handle(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        if sys.stderr.isatty():  # past the buffer, which the signal may have interrupted
            os.write(2, f"\n{_SHOW_CURSOR}stopping; Ctrl+C again to kill\n".encode())
        stop()

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
