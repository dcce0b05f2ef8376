"""stdin, stdout and stderr as cron, a pipe, a full disk and an old terminal give them."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.tactus.cli.command import COMMAND, GREETING, environment, tactus

FULL = Path("/dev/full")
LETTERS = 'print("é☃") return { text = "é☃🤖" }'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "greeting.lua").write_text(GREETING)
    (tmp_path / "letters.lua").write_text(LETTERS, encoding="utf-8")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bad.lua").write_text("local s = '☃' !", encoding="utf-8")
    return tmp_path


def redirected(how: str, *args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """`tactus args` with a shell's redirection, as `>&-`."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {how}', "sh", *COMMAND, *args],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=50,
    )


@pytest.mark.parametrize("how", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["run", "letters.lua", "--stream"], 0),
        (["run", "letters.lua", "--jsonl"], 0),
        (["run", "greeting.lua"], 2),
        (["check", "bad"], 3),
        (["--version"], 0),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_a_closed_stream_is_the_null_device(
    how: str, args: list[str], code: int, folder: Path
) -> None:
    shown = redirected(how, *args, folder=folder)
    assert shown.returncode == code
    assert "Traceback" not in shown.stderr
    assert "AttributeError" not in shown.stderr
    assert bool(shown.stdout) == (">&-" not in how.split() and code != 2)


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(
    "args",
    [
        ["run", "letters.lua"],
        ["run", "letters.lua", "--json"],
        ["run", "letters.lua", "--jsonl"],
        ["check", "bad"],
        ["doctor"],
        ["--help"],
        ["--version"],
    ],
    ids=lambda args: args[-1],
)
def test_a_result_that_cannot_be_written_is_told_in_one_line(args: list[str], folder: Path) -> None:
    shown = redirected(f">{FULL}", *args, folder=folder)
    assert "error: [Errno 28] No space left on device" in shown.stderr.splitlines()
    assert "Traceback" not in shown.stderr
    assert "Exception" not in shown.stderr
    assert shown.returncode == 1


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_progress_that_cannot_be_written_costs_no_result(folder: Path) -> None:
    shown = redirected(f"2>{FULL}", "run", "letters.lua", "--stream", folder=folder)
    assert json.loads(shown.stdout) == {"text": "é☃🤖"}
    assert shown.returncode == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
class TestOldEncodings:
    def test_json_carries_every_letter(self, encoding: str, folder: Path) -> None:
        env = {"PYTHONIOENCODING": encoding}
        shown = tactus("run", "letters.lua", folder=folder, env=env, encoding="latin-1")
        assert json.loads(shown.stdout) == {"text": "é☃🤖"}
        lines = tactus(
            "run", "letters.lua", "--jsonl", folder=folder, env=env, encoding="latin-1"
        ).stdout.splitlines()
        assert json.loads(lines[1])["message"] == "é☃"
        assert json.loads(lines[-1])["result"] == {"text": "é☃🤖"}
        checked = tactus("check", "bad", "--json", folder=folder, env=env, encoding="latin-1")
        assert json.loads(checked.stdout)["problems"][0]["excerpt"].endswith("'☃' !")

    def test_other_text_is_escaped(self, encoding: str, folder: Path) -> None:
        env = {"PYTHONIOENCODING": encoding}
        shown = tactus("doctor", folder=folder, env=env, encoding="latin-1")
        assert "\\u2713 Lua: 5.4" in shown.stdout
        assert shown.returncode == 0
        checked = tactus("check", "bad", folder=folder, env=env, encoding="latin-1")
        assert "     1 | local s = '\\u2603' !" in checked.stdout
        assert checked.returncode == 3
