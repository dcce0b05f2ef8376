"""Runs the real command in a process of its own, with an instant demo model and no keys."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
PROCEDURES = REPOSITORY / "procedures"
COMMAND = (sys.executable, "-m", "tactus")

STORY = """\
storyteller = Agent { provider = "demo", system_prompt = "You are a creative storyteller." }
local result = storyteller({message = "Write a short story"})
return { story = result.response }
"""
GREETING = """\
input {
    name = field.string{description = "Who to greet"},
    times = field.integer{default = 1, minimum = 1},
    tone = field.string{enum = {"warm", "dry"}, default = "warm"},
}
return { greeting = input.tone .. " hello " .. input.name, times = input.times }
"""


def environment(**changes: str) -> dict[str, str]:
    """What the command sees; nothing of the keys, the settings or the CI of this machine."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "HOME", "LANG") or name.startswith("COVERAGE_")
    }
    return {
        **kept,
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUTF8": "1",
        "TERM": "xterm",
        "COLUMNS": "80",
        "OLLAMA_HOST": "127.0.0.1:9",
        "TACTUS_DEMO__TOKENS_PER_SECOND": "100000",
        "TACTUS_DEMO__TIME_TO_FIRST_TOKEN": "0",
        **changes,
    }


def tactus(
    *args: str,
    folder: Path,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    encoding: str = "utf-8",
) -> subprocess.CompletedProcess[str]:
    """Run `tactus args` in `folder` and wait for it."""
    return subprocess.run(
        [*COMMAND, *args],
        cwd=folder,
        env=environment(**(env or {})),
        input=stdin,
        capture_output=True,
        text=True,
        encoding=encoding,
        timeout=50,
        check=False,
    )


class Terminal:
    """A command that runs on a terminal of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int) -> None:
        self.process = process
        self.shown = ""
        self._master = master
        self._bytes = b""

    def read_until(self, seen: str | Callable[[str], bool]) -> str:
        """Everything shown so far, once `seen` is in it; fails when the command ends before."""
        reached = seen if callable(seen) else lambda shown: seen in shown
        while not reached(self.shown):
            assert self._read(), f"ended before {seen!r} was shown:\n{self.shown}"
        return self.shown

    def read_all(self) -> str:
        """Everything shown until the command ended."""
        while self._read():
            pass
        self.process.wait(30)
        return self.shown

    def type(self, text: str) -> None:
        """What a person types; `\\x03` is Ctrl+C, and `\\udcff` the byte 0xff."""
        os.write(self._master, text.encode("utf-8", "surrogateescape"))

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], 30)
        assert ready, f"nothing more was shown in 30 s:\n{self.shown}"
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux says so when the other end is closed
            return False
        self._bytes += data
        self.shown = self._bytes.decode("utf-8", "replace")
        return bool(data)


@contextmanager
def on_terminal(
    *args: str, folder: Path, env: Mapping[str, str] | None = None, stdout: int | None = None
) -> Iterator[Terminal]:
    """`tactus args` with stdin, stderr and (unless given) stdout on a terminal of its own."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        _controlling(args),
        cwd=folder,
        env=environment(**(env or {})),
        stdin=slave,
        stdout=slave if stdout is None else stdout,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait()
        os.close(master)


def _controlling(args: Sequence[str]) -> list[str]:
    """A command that first takes its stdin as its controlling terminal, so that Ctrl+C arrives."""
    code = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
        "os.execv(sys.executable, [sys.executable, '-m', 'tactus', *sys.argv[1:]])"
    )
    return [sys.executable, "-c", code, *args]
