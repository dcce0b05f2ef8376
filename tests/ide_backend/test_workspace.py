import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from ide_backend.problem import Problem
from ide_backend.workspace import LARGEST, Workspace
from tests.ide_backend.serving import Served, copy_procedures, exchange, serving

OUTSIDE = [
    "../secret.txt",
    "..%2fsecret.txt",
    "%2e%2e/secret.txt",
    "%2e%2e%2fsecret.txt",
    "a/../../secret.txt",
    "a/%2e%2e/%2e%2e/secret.txt",
    "..\\secret.txt",
    "..%5csecret.txt",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "./story.lua",
    "a//story.lua",
    "story.lua/",
    "story.lua%00.txt",
    "story.lua%0a",
    ".env",
    ".git/config.txt",
    ".tactus/session",
    ".tactus/events.db",
    "node_modules/x.json",
    "C:%5cx.txt",
    "file:%2f%2f%2fetc%2fpasswd.txt",
    "story.py",
    "story",
    "x" * 500 + ".lua",
    "....//secret.txt",
    "..;/secret.txt",
    "%c0%ae%c0%ae/secret.txt%00",
]


async def send(ide: Served, method: str, path: str, body: Any) -> str:
    """The answer to a request whose path is sent as it is written."""
    content = orjson.dumps(body).decode()
    host = ide.address.removeprefix("http://")
    head = f"{method} /api/files/{path} HTTP/1.1\r\nHost: {host}\r\n"
    head += f"Authorization: Bearer {ide.token}\r\nContent-Type: application/json\r\n"
    return await exchange(ide, f"{head}Content-Length: {len(content)}\r\n\r\n{content}")


@pytest.mark.parametrize("path", OUTSIDE)
async def test_a_path_out_of_the_workspace_is_refused(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "work"
    (folder / "a").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in ("work/story.lua", "work/.env", "work/.git/config.txt", "secret.txt"):
        (tmp_path / name).write_text("the secret", encoding="utf-8")
    before = sorted(os.walk(tmp_path))
    async with serving(folder) as ide:
        for method, body in (
            ("GET", None),
            ("PUT", {"text": "owned", "version": None}),
            ("DELETE", {"version": "0"}),
        ):
            answer = await send(ide, method, path, body)
            assert answer.startswith("HTTP/1.1 4"), (method, answer)
            assert "the secret" not in answer
            assert "root:" not in answer
    shutil.rmtree(folder / ".tactus")
    assert [(at, sorted(names)) for at, _, names in sorted(os.walk(tmp_path))] == [
        (at, sorted(names)) for at, _, names in before
    ]
    assert (tmp_path / "secret.txt").read_text(encoding="utf-8") == "the secret"


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("passwd.txt", "/etc/passwd"),
        ("up.txt", "../secret.txt"),
        ("out", ".."),
        ("env.txt", ".env"),
        ("circle.txt", "circle.txt"),
        ("git", ".git"),
        ("device.txt", "/dev/zero"),
    ],
)
async def test_a_link_that_leads_out_of_the_workspace_is_refused(
    tmp_path: Path, link: str, target: str
) -> None:
    folder = tmp_path / "work"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "secret.txt").write_text("the secret", encoding="utf-8")
    (folder / ".env").write_text("the secret", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("the secret", encoding="utf-8")
    (folder / link).symlink_to(target)
    path = link if link.endswith(".txt") else f"{link}/secret.txt"
    async with serving(folder) as ide:
        answer = await ide.client.get(f"/api/files/{path}")
        assert answer.status_code == 403
        body = {"text": "owned", "version": None}
        assert (await ide.client.put(f"/api/files/{path}", json=body)).status_code == 403
        listed = [file["path"] for file in (await ide.get("/api/files"))["files"]]
        assert listed == []
    assert (tmp_path / "secret.txt").read_text(encoding="utf-8") == "the secret"


async def test_a_name_is_decoded_once(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    async with serving(folder) as ide:
        body = {"text": "inside", "version": None}
        assert "200" in (await send(ide, "PUT", "%252e%252e%252fx.txt", body)).split("\r\n")[0]
    assert (folder / "%2e%2e%2fx.txt").read_text(encoding="utf-8") == "inside"


async def test_a_link_within_the_workspace_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.lua").write_text("return {}", encoding="utf-8")
    (tmp_path / "link.lua").symlink_to("real.lua")
    workspace = Workspace(tmp_path)
    file = workspace.read("link.lua")
    workspace.write("link.lua", "return { 1 }", file.version)
    assert (tmp_path / "link.lua").is_symlink()
    assert (tmp_path / "real.lua").read_text(encoding="utf-8") == "return { 1 }"


def test_a_link_that_is_changed_under_a_reader_leaks_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("the secret", encoding="utf-8")
    (folder / "good.txt").write_text("good", encoding="utf-8")
    workspace = Workspace(folder)
    spare, link = folder / "spare", folder / "link.txt"
    for turn in range(200):
        spare.symlink_to("good.txt" if turn % 2 else "../secret.txt")
        os.replace(spare, link)  # noqa: PTH105
        read = None
        with suppress(Problem):
            read = workspace.read("link.txt").text
        assert read == ("good" if turn % 2 else None)


async def test_files_are_listed_read_and_saved(tmp_path: Path) -> None:
    copy_procedures(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "notes.md").write_text("# Notes", encoding="utf-8")
    (tmp_path / "sub" / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.lua").write_text("", encoding="utf-8")
    async with serving(tmp_path) as ide:
        listed = await ide.get("/api/files")
        paths = [file["path"] for file in listed["files"]]
        assert listed["root"] == tmp_path.name
        assert "sub/notes.md" in paths
        assert "storyteller.lua" in paths
        assert not [path for path in paths if "hidden" in path or "png" in path]
        file = await ide.get("/api/files/sub/notes.md")
        saved = await ide.client.put(
            "/api/files/sub/notes.md", json={"text": "# New — ☔\r\n", "version": file["version"]}
        )
        assert saved.status_code == 200
        assert saved.json()["version"] != file["version"]
        assert (tmp_path / "sub" / "notes.md").read_bytes() == "# New — ☔\r\n".encode()
        assert not list((tmp_path / "sub").glob(".tactus*"))


async def test_what_something_else_changed_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "story.lua").write_text("first", encoding="utf-8")
    async with serving(tmp_path) as ide:
        file = await ide.get("/api/files/story.lua")
        (tmp_path / "story.lua").write_text("by an editor", encoding="utf-8")
        body = {"text": "by the page", "version": file["version"]}
        answer = await ide.client.put("/api/files/story.lua", json=body)
        assert answer.status_code == 409
        current = answer.json()["current"]
        assert current["text"] == "by an editor"
        assert (tmp_path / "story.lua").read_text(encoding="utf-8") == "by an editor"
        body["version"] = current["version"]
        assert (await ide.client.put("/api/files/story.lua", json=body)).status_code == 200
        assert (tmp_path / "story.lua").read_text(encoding="utf-8") == "by the page"


async def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        made = await ide.post("/api/files", {"path": "new/tale.lua", "template": "storyteller"})
        assert made.status_code == 201
        assert made.json()["text"].startswith("-- tale.lua: ")
        assert "new/tale.lua" in made.json()["text"]
        again = await ide.post("/api/files", {"path": "new/tale.lua", "template": "pipeline"})
        assert again.status_code == 409
        body = {"text": "", "version": None}
        assert (await ide.client.put("/api/files/new/tale.lua", json=body)).status_code == 409
        wrong = await ide.post("/api/files", {"path": "x.lua", "template": "storytelar"})
        assert 'Did you mean "storyteller"?' in wrong.json()["error"]["message"]
        version = made.json()["version"]
        gone = await ide.client.request(
            "DELETE", "/api/files/new/tale.lua", json={"version": version}
        )
        assert gone.status_code == 204
        assert not (tmp_path / "new" / "tale.lua").exists()
        assert (await ide.client.get("/api/files/new/tale.lua")).status_code == 404


async def test_files_that_are_too_large_or_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "large.txt").write_bytes(b"x" * (LARGEST + 1))
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe")
    os.mkfifo(tmp_path / "pipe.txt")
    async with serving(tmp_path) as ide:
        for path, status in (("large.txt", 413), ("binary.txt", 422), ("pipe.txt", 403)):
            assert (await ide.client.get(f"/api/files/{path}")).status_code == status
        body = {"text": "x" * (LARGEST + 1), "version": None}
        assert (await ide.client.put("/api/files/new.txt", json=body)).status_code == 413


async def test_a_check_says_the_line_and_what_is_declared(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        good = "input { topic = field.string{} }\nreturn { story = input.topic }"
        checked = (await ide.post("/api/check", {"path": "a.lua", "text": good})).json()
        assert checked["ok"] is True
        assert checked["diagnostics"] == []
        assert checked["definition"]["input"]["topic"]["type"] == "string"
        bad = "input { topic = field.string{} }\nlocal x = = 1"
        checked = (await ide.post("/api/check", {"path": "a.lua", "text": bad})).json()
        assert checked["ok"] is False
        (diagnostic,) = checked["diagnostics"]
        assert (diagnostic["line"], diagnostic["severity"]) == (2, "error")


async def test_the_language_and_its_templates_are_there_for_the_editor(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        language = await ide.get("/api/language")
        words = {word["name"]: word for word in language["words"]}
        assert words["Agent"]["signature"].startswith("Agent(")
        assert "field.string" in words["field.string"]["example"]
        assert language["types"].startswith("---@meta")
        templates = {one["name"]: one for one in await ide.get("/api/templates")}
        assert templates["storyteller"]["title"].startswith("one agent, one turn")
