"""What a hostile page or program tries: nothing is answered, nothing changes, nothing runs.

Every probe is a request that would work but for one thing; without it, the same requests do.
"""

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest
from starlette.routing import Route

from ide_backend.app import routes
from ide_backend.problem import Problem
from ide_backend.workspace import Workspace
from tests.ide_backend.serving import STORY, WAITING, Served, exchange, serving

CHANGING = ("POST", "PUT", "DELETE")


@dataclass(frozen=True)
class Asked:
    """A request, byte for byte."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: str
    secret: str  # the token, which nothing but the right header may carry
    session: str

    @property
    def host(self) -> str:
        return dict(self.headers)["Host"]

    def having(self, *more: tuple[str, str]) -> "Asked":
        return replace(self, headers=(*self.headers, *more))

    def lacking(self, *names: str) -> "Asked":
        kept = tuple(header for header in self.headers if header[0] not in names)
        return replace(self, headers=kept)

    def with_header(self, name: str, value: str) -> "Asked":
        return self.lacking(name).having((name, value))

    @property
    def is_public(self) -> bool:
        """Whether the path is for everybody: the page, its assets, the exchange of the token."""
        if self.method in CHANGING:
            return self.target == "/api/session"
        return self.target == "/" or self.target.startswith("/assets")

    def __str__(self) -> str:
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", self.body])


Probe = Callable[[Asked], Asked | None]
"""How a probe changes a request; None where it is none, as a form that GETs."""


def changing(probe: Callable[[Asked], Asked]) -> Probe:
    return lambda asked: probe(asked) if asked.method in CHANGING else None


def private(probe: Callable[[Asked], Asked]) -> Probe:
    return lambda asked: None if asked.is_public else probe(asked)


def kind(value: str) -> Probe:
    return changing(lambda asked: asked.with_header("Content-Type", value))


def header(name: str, value: str) -> Probe:
    return lambda asked: asked.with_header(name, value.format(host=asked.host, port=port(asked)))


def port(asked: Asked) -> int:
    return int(asked.host.rpartition(":")[2])


def cookie(name: str, value: str) -> Probe:
    def probe(asked: Asked) -> Asked:
        given = f"{name}={value}".format(port=port(asked), session=asked.session)
        return asked.lacking("Authorization").having(("Cookie", given))

    return private(probe)


PROBES: dict[str, Probe] = {
    "a POST of plain text": kind("text/plain"),
    "a form": kind("application/x-www-form-urlencoded"),
    "a form with files": kind("multipart/form-data; boundary=x"),
    "a POST without a type": changing(lambda asked: asked.lacking("Content-Type")),
    "a type that only begins like JSON": kind("application/jsonp"),
    "an EventSource of another port": lambda asked: asked.having(
        ("Accept", "text/event-stream"), ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "cors")
    ),
    "an image of another site": lambda asked: asked.having(
        ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")
    ),
    "an unknown site": header("Sec-Fetch-Site", "same-orygin"),
    "two sites": lambda asked: asked.having(
        ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")
    ),
    "an origin of another site": header("Origin", "http://evil.example"),
    "the origin null": header("Origin", "null"),
    "an origin on another port": header("Origin", "http://127.0.0.1:1"),
    "an origin with another name for us": header("Origin", "http://localhost:{port}"),
    "an origin with another scheme": header("Origin", "https://{host}"),
    "an origin that begins like ours": header("Origin", "http://{host}.evil.example"),
    "two origins": lambda asked: asked.having(
        ("Origin", f"http://{asked.host}"), ("Origin", "http://evil.example")
    ),
    "a foreign host": header("Host", "evil.example"),
    "a host below ours": header("Host", "127.0.0.1.evil.example:{port}"),
    "localhost.evil": header("Host", "localhost.evil:{port}"),
    "our host without its port": header("Host", "127.0.0.1"),
    "our host with a dot": header("Host", "localhost.:{port}"),
    "our host as a number": header("Host", "2130706433:{port}"),
    "our host as a user": header("Host", "{host}@evil.example"),
    "no host": lambda asked: asked.lacking("Host"),
    "two hosts": lambda asked: asked.having(("Host", "evil.example")),
    "an absolute target": lambda asked: replace(
        asked.with_header("Host", "evil.example"), target=f"http://evil.example{asked.target}"
    ),
    "no token": private(lambda asked: asked.lacking("Authorization")),
    "a wrong token": private(
        lambda asked: asked.with_header("Authorization", f"Bearer {asked.secret[:-1]}")
    ),
    "the token as a password": private(
        lambda asked: asked.with_header("Authorization", f"Basic {asked.secret}")
    ),
    "the token in the address": private(
        lambda asked: replace(
            asked.lacking("Authorization"), target=f"{asked.target}?token={asked.secret}"
        )
    ),
    "the token as the cookie": private(
        lambda asked: asked.lacking("Authorization").having(
            ("Cookie", f"tactus_session_{port(asked)}={asked.secret}")
        )
    ),
    "the cookie of another server": cookie("tactus_session_1", "{session}"),
    "a cookie without a port": cookie("tactus_session", "{session}"),
    "a guessed cookie": cookie("tactus_session_{port}", "guess"),
    "a preflight": lambda asked: replace(asked, method="OPTIONS").having(
        ("Origin", "http://evil.example"), ("Access-Control-Request-Method", asked.method)
    ),
    "a method in a header": changing(
        lambda asked: replace(asked, method="GET").having(
            ("X-HTTP-Method-Override", asked.method), ("Sec-Fetch-Site", "cross-site")
        )
    ),
    "a websocket": private(
        lambda asked: replace(asked.lacking("Authorization", "Content-Length"), body="").having(
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
        )
    ),
}


@dataclass(frozen=True)
class Target:
    """A server with a run that waits, one that has ended, and one that asks; and its disk."""

    ide: Served
    session: str
    waiting: str
    ended: str
    question: str

    def requests(self) -> list[Asked]:
        """One for each route, which works."""
        found = []
        for route in routes():
            path = getattr(route, "path", "")
            for method in sorted((route.methods if isinstance(route, Route) else None) or {"GET"}):
                body = "" if method in ("GET", "HEAD") else orjson.dumps(self._body(path)).decode()
                headers = (
                    ("Host", self.ide.address.removeprefix("http://")),
                    ("Authorization", f"Bearer {self.ide.token}"),
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(body))),
                )
                filled = path.replace("{path:path}", "new.lua" if method == "PUT" else "story.lua")
                named = self.waiting if "stop" in path else self.ended
                named = self.question if "questions" in path else named
                filled = filled.replace("{id}", named)
                filled = re.sub("^/assets$", "/assets/app.js", filled)
                asked = Asked(method, filled, headers, body, self.ide.token, self.session)
                found.append(asked)
        return found

    def _body(self, path: str) -> Any:
        run = {"path": "story.lua", "text": STORY}
        return {
            "/api/session": {"token": self.ide.token},
            "/api/files": {"path": "made.lua", "template": "storyteller"},
            "/api/files/{path:path}": {"text": "owned", "version": None},
            "/api/runs": run,
            "/api/stream": run,
            "/api/check": run,
            "/api/questions/{id}": {"answer": True},
        }.get(path, {})

    async def state(self) -> Any:
        """All that a probe must not change."""
        runs = await self.ide.get("/api/runs")
        files = {
            str(path): path.read_bytes()
            for path in sorted(self.ide.folder.rglob("*"))
            if path.is_file() and "events.db" not in path.name
        }
        states = [(run["id"], run["status"]) for run in runs["runs"]]
        return states, runs["counts"], await self.ide.get("/api/questions"), files


async def target_in(ide: Served) -> Target:
    (ide.folder / "story.lua").write_text(STORY, encoding="utf-8")
    ended = await ide.start("return {}")
    await ide.events(ended)
    answer = await ide.stranger.post("/api/session", json={"token": ide.token})
    session = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
    ide.stranger.cookies.clear()
    asking = await ide.start('return { may = Human.approve "May I?" }')
    question = (await ide.asked(asking))["question_id"]
    return Target(ide, session, await ide.start(WAITING), ended, question)


@pytest.mark.parametrize("name", PROBES)
async def test_a_probe_of_any_route_is_refused_and_changes_nothing(
    tmp_path: Path, name: str
) -> None:
    async with serving(tmp_path) as ide:
        target = await target_in(ide)
        before = await target.state()
        tried = 0
        for asked in target.requests():
            probe = PROBES[name](asked)
            if probe is None:
                continue
            tried += 1
            answer = await exchange(ide, str(probe))
            head = answer.partition("\r\n\r\n")[0].lower()
            assert re.match(r"http/1\.1 4\d\d ", head), (str(probe), answer)
            assert "access-control-allow-" not in head
            assert "set-cookie" not in head
            assert ide.token not in answer
            assert STORY.splitlines()[1] not in answer
        assert tried > 9
        assert await target.state() == before


async def test_the_same_requests_work_without_a_probe(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        target = await target_in(ide)
        failed = []
        for asked in sorted(target.requests(), key=lambda asked: asked.method == "DELETE"):
            if "/assets" in asked.target or "/api/events" in asked.target:
                continue
            (status,) = re.findall(r"HTTP/1\.1 (\d+) ", (await exchange(ide, str(asked)))[:20])
            if not status.startswith("2"):
                failed.append((asked.method, asked.target, status))
        # an ended run has no more events; the file is deleted with a wrong body
        assert [f for f in failed if f[0] != "DELETE" and "events" not in f[1]] == []
        assert (tmp_path / "new.lua").read_text(encoding="utf-8") == "owned"
        assert len((await ide.get("/api/runs"))["runs"]) >= 3


async def test_a_get_has_no_effect_on_any_path(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        target = await target_in(ide)
        before = await target.state()
        for asked in target.requests():
            if asked.method in CHANGING:
                for method in ("GET", "HEAD"):
                    query = "path=story.lua&text=return+{}&version=&template=storyteller&params={}"
                    path = f"{asked.target}?{query}"
                    with anyio.move_on_after(5):
                        answer = await ide.client.request(method, path)
                        assert answer.status_code < 500
        assert await target.state() == before


HOSTILE = (
    *("..", "../..", "%2e%2e", "%2e%2e%2f%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "%252e%252e"),
    *("..%5c..%5cetc%5cpasswd", "%2fetc%2fpasswd", "/etc/passwd", "x%00", "%00", "x%0d%0aa:b"),
    *("%ff%fe", "%c0%ae%c0%ae%2f", "%u002e", "~root", "x" * 3_000, "%F0%9F%8C%A7", "' or 1=1", "%"),
    *(".env", ".tactus%2fsession", ".tactus%2fevents.db", "file:%2f%2f%2fetc%2fpasswd", "{id}"),
)
IN_PATHS = [
    *(("GET", f"/api/runs/{{}}{more}") for more in ("", "/events")),
    *(("POST", f"/api/runs/{{}}{more}") for more in ("/stop", "/rerun")),
    ("POST", "/api/questions/{}"),
    *(("DELETE", "/api/runs/{}"), ("GET", "/assets/{}"), ("GET", "/{}")),
]
BODIES = [
    *("../x.lua", "../../etc/passwd", "/etc/passwd.txt", "/x.lua", "a/../../x.lua", "a\\..\\x.lua"),
    *("x.lua\0.txt", "\0", ".env", ".tactus/session", "x" * 500 + ".lua", f"{'x' * 250}.lua", ""),
    *("con.lua", "nul.txt", "sub/COM1.json", "trailing /x.lua", "dots./x.lua", "x.py", "x", "."),
    *("\ud800.lua", "x.lua/", "//x.lua", "file:///x.lua", "node_modules/x.json", "x.lua\n"),
]


@pytest.mark.parametrize(("method", "path"), IN_PATHS)
async def test_a_hostile_name_in_any_address_finds_nothing(
    tmp_path: Path, method: str, path: str
) -> None:
    async with serving(tmp_path) as ide:
        target = await target_in(ide)
        before = await target.state()
        template = next(asked for asked in target.requests() if asked.method == method)
        for name in HOSTILE:
            body = "" if method == "GET" else "{}"
            asked = replace(template, target=path.format(name.replace(" ", "%20")), body=body)
            answer = await exchange(ide, str(asked.with_header("Content-Length", str(len(body)))))
            assert re.match(r"HTTP/1\.1 4\d\d ", answer), (name, answer)
            assert "root:" not in answer
        assert await target.state() == before


async def names_in(folder: Path) -> AsyncIterator[str]:
    async for path in anyio.Path(folder).iterdir():
        yield path.name


@pytest.mark.parametrize("path", BODIES)
async def test_a_hostile_name_in_a_body_reaches_no_file(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (tmp_path / "x.lua").write_text("the secret", encoding="utf-8")
    async with serving(folder) as ide:
        target = await target_in(ide)
        before = await target.state()
        for route, body in (
            ("/api/files", {"path": path, "template": "storyteller"}),
            ("/api/runs", {"path": path}),
            ("/api/stream", {"path": path}),
        ):
            content = orjson.dumps(body) if "\ud800" not in path else b'{"path":"\\ud800.lua"}'
            headers = {"content-type": "application/json"}
            answer = await ide.client.post(route, content=content, headers=headers)
            assert 400 <= answer.status_code < 500, (route, answer.text)
            assert "the secret" not in answer.text
        assert await target.state() == before
    assert {name async for name in names_in(tmp_path)} == {"work", "x.lua"}


async def test_folders_devices_and_pipes_are_no_files(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    (folder / "folder.lua").mkdir(parents=True)
    os.mkfifo(folder / "pipe.lua")
    (tmp_path / "outside.lua").write_text("the secret", encoding="utf-8")
    links = {"zero.lua": "/dev/zero", "terminal.txt": "/dev/tty", "out.lua": "../outside.lua"}
    for name, leads_to in links.items():
        (folder / name).symlink_to(leads_to)
    names = ["folder.lua", "pipe.lua", *links]
    async with serving(folder) as ide:
        for name in names:
            for method, body in (
                ("GET", None),
                ("PUT", {"text": "owned", "version": None}),
                ("PUT", {"text": "owned", "version": "0" * 64}),
                ("DELETE", {"version": "0" * 64}),
            ):
                with anyio.fail_after(5):
                    answer = await ide.client.request(method, f"/api/files/{name}", json=body)
                assert 400 <= answer.status_code < 500, (method, name, answer.text)
                assert "the secret" not in answer.text
        assert (await ide.get("/api/files"))["files"] == []
    assert (tmp_path / "outside.lua").read_text(encoding="utf-8") == "the secret"
    assert (folder / "out.lua").is_symlink()


SWAPS = """
import ctypes, os, sys
swap, names = ctypes.CDLL(None).renameat2, [os.fsencode(name) for name in sys.argv[1:]]
while True:  # both names at once: one is by turns our folder and a link to the outside
    swap(-100, names[0], -100, names[1], 2)
"""


@pytest.mark.parametrize("attack", ["read", "new", "save", "delete"])
def test_a_folder_that_is_swapped_for_a_link_meanwhile_leads_nowhere(
    tmp_path: Path, attack: str
) -> None:
    folder, outside = tmp_path / "work", tmp_path / "outside"
    for place in (folder / "sub", outside):
        place.mkdir(parents=True)
        (place / "a.txt").write_text("same", encoding="utf-8")
    (outside / "only.txt").write_text("the secret", encoding="utf-8")
    workspace = Workspace(folder)
    version = workspace.read("sub/a.txt").version
    (folder / "link").symlink_to("../outside")
    swapper = subprocess.Popen([sys.executable, "-c", SWAPS, folder / "sub", folder / "link"])
    met: set[str | int] = set()
    try:
        for turn in range(1_000):
            try:
                if attack == "read":
                    met.add(workspace.read(f"sub/{'only' if turn % 2 else 'a'}.txt").text)
                elif attack == "new":
                    met.add(workspace.write(f"sub/n{turn}.txt", "owned", None).text)
                elif attack == "save":
                    met.add(workspace.write("sub/a.txt", "same", version).text)
                else:
                    workspace.delete("sub/a.txt", version)
                    met.add("deleted")
                    with suppress(Problem):
                        workspace.write("sub/a.txt", "same", None)
            except Problem as problem:
                met.add(problem.status)
    finally:
        swapper.kill()
        swapper.wait()
    assert "the secret" not in met
    assert met & {"same", "owned", "deleted"}  # it was a race, and sometimes ours
    assert sorted(path.name for path in outside.iterdir()) == ["a.txt", "only.txt"]
    assert (outside / "a.txt").read_text(encoding="utf-8") == "same"
