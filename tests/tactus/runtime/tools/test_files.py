"""The files of one granted folder, and nothing else."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tactus.errors import DefinitionError, ToolError
from tactus.runtime.tools.toolbox import Toolbox
from tactus.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A granted folder, beside which a secret lies."""
    (tmp_path / "secret.txt").write_text("the key")
    inside = tmp_path / "notes"
    inside.mkdir()
    (inside / "one.txt").write_text("é☃")
    (inside / ".env").write_text("OPENAI_API_KEY=sk")
    return inside


async def ask(folder: Path, verb: str, **arguments: Any) -> Any:
    """What the tool answers to arguments that fit its fields."""
    settings = Settings.model_validate({"tools": {"files": str(folder)}})
    async with Toolbox(settings).open() as opened:
        (tool,) = await opened.find(f"files.{verb}")
        checked, problems = tool.check(arguments)
        assert problems == ()
        return await tool.call(checked)


async def test_what_is_written_is_read_and_listed(folder: Path) -> None:
    assert await ask(folder, "write", path="a/b/new.md", text="one\ntwo") == {"size": 7}
    assert await ask(folder, "read", path="a/b/new.md") == {"text": "one\ntwo", "size": 7}
    assert await ask(folder, "list") == {
        "entries": [
            {"name": "a", "type": "folder"},
            {"name": "one.txt", "type": "file", "size": 5},
        ],
        "more": False,
    }


async def test_a_file_is_replaced_whole_and_keeps_its_mode(folder: Path) -> None:
    (folder / "one.txt").chmod(0o640)
    await ask(folder, "write", path="one.txt", text="new")
    assert (folder / "one.txt").read_text() == "new"
    assert (folder / "one.txt").stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(folder)) == [".env", "one.txt"]  # noqa: PTH208 - of a few names
    assert await ask(folder, "list") == {
        "entries": [{"name": "one.txt", "type": "file", "size": 3}],
        "more": False,
    }


@pytest.mark.parametrize("verb", ["read", "write", "list"])
@pytest.mark.parametrize(
    "path", ["../secret.txt", "a/../../secret.txt", "/etc/passwd", "out/secret.txt", "x\0y", ".."]
)
async def test_no_path_leads_out(folder: Path, verb: str, path: str) -> None:
    (folder / "out").symlink_to(folder.parent)
    text = {"text": "mine"} if verb == "write" else {}
    with pytest.raises(ToolError, match="leads out of the granted folder"):
        await ask(folder, verb, path=path, **text)
    assert (folder.parent / "secret.txt").read_text() == "the key"


@pytest.mark.parametrize("verb", ["read", "write"])
async def test_a_link_out_is_not_followed_and_one_that_stays_is(folder: Path, verb: str) -> None:
    (folder / "out.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "in.txt").symlink_to("one.txt")
    text = {"text": "new"} if verb == "write" else {}
    with pytest.raises(ToolError, match="leads out"):
        await ask(folder, verb, path="out.txt", **text)
    await ask(folder, verb, path="in.txt", **text)
    assert (folder / "one.txt").read_text() == ("new" if verb == "write" else "é☃")
    listed = await ask(folder, "list")
    assert {"name": "out.txt", "type": "other"} in listed["entries"]


@pytest.mark.parametrize("path", [".env", "./.env", ".git/hooks/pre-commit", "link"])
@pytest.mark.parametrize("verb", ["read", "write"])
async def test_hidden_names_are_not_there(folder: Path, verb: str, path: str) -> None:
    (folder / "link").symlink_to(".env")
    text = {"text": "mine"} if verb == "write" else {}
    with pytest.raises(ToolError, match="is hidden"):
        await ask(folder, verb, path=path, **text)
    assert (folder / ".env").read_text() == "OPENAI_API_KEY=sk"


async def test_the_settings_file_is_not_written(folder: Path) -> None:
    with pytest.raises(ToolError, match="the settings file, which no tool may write"):
        await ask(folder, "write", path="tactus.toml", text="[mcp.x]\ncommand = 'sh'")


async def test_what_is_no_file_is_refused_at_once(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "zero").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(folder / "socket"))
        for name in ("pipe", "socket", "zero"):
            for verb, more in (("read", {}), ("write", {"text": "x"})):
                with pytest.raises(ToolError):
                    await ask(folder, verb, path=name, **more)
    (folder / "circle").symlink_to("circle")
    with pytest.raises(ToolError, match="circle"):
        await ask(folder, "read", path="circle")


async def test_sizes_are_bounded(folder: Path) -> None:
    (folder / "large").write_bytes(b"x" * 1_048_577)
    with pytest.raises(ToolError, match="large is larger than 1048576 bytes"):
        await ask(folder, "read", path="large")
    with pytest.raises(ToolError, match="larger than"):
        await ask(folder, "write", path="new", text="é" * 600_000)
    assert not (folder / "new").exists()
    for number in range(1_001):
        (folder / f"{number:04}").touch()
    listed = await ask(folder, "list")
    assert (len(listed["entries"]), listed["more"]) == (1_000, True)


@pytest.mark.parametrize(
    ("verb", "arguments", "message"),
    [
        ("read", {"path": "gone"}, "'gone': No such file"),
        ("read", {"path": "a" * 300}, "File name too long"),
        ("read", {"path": "bytes"}, "bytes is not UTF-8 text"),
        ("write", {"path": "x", "text": "\ud800"}, "not UTF-8 text"),
        ("write", {"path": "one.txt/x", "text": ""}, "'one.txt/x': "),
        ("list", {"path": "one.txt"}, "Not a directory"),
        ("write", {"path": ".", "text": ""}, "is no file"),
        ("read", {"path": "\udcff\ud800"}, "no such path"),
    ],
)
async def test_what_cannot_be_done_is_told(
    folder: Path, verb: str, arguments: dict[str, str], message: str
) -> None:
    (folder / "bytes").write_bytes(b"\xff")
    with pytest.raises(ToolError, match=message):
        await ask(folder, verb, **arguments)


async def test_a_granted_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"the granted folder .*nowhere does not exist"):
        await ask(tmp_path / "nowhere", "write", path="x", text="")
    assert not (tmp_path / "nowhere").exists()


async def test_without_a_folder_nothing_is_granted() -> None:
    async with Toolbox(Settings()).open() as opened:
        with pytest.raises(DefinitionError, match="is granted no folder") as raised:
            await opened.find("files.read")
    assert "[tools] files" in str(raised.value.hint)
