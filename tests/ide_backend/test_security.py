import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.routing import Route
from starlette.types import Message

from ide_backend.app import routes
from ide_backend.security import Door, Security
from tests.ide_backend.serving import Served, exchange, serving

PUBLIC = {("GET", "/"), ("HEAD", "/"), ("POST", "/api/session")}
JSON = {"content-type": "application/json"}


def every_route() -> list[tuple[str, str]]:
    found = []
    for route in routes():
        path = re.sub(r"{(\w+)(:\w+)?}", "x.lua", getattr(route, "path", ""))
        methods = route.methods if isinstance(route, Route) else {"GET"}
        found += [(method, path) for method in sorted(methods or ())]
    return found


async def ask(ide: Served, method: str, path: str, **headers: str) -> httpx.Response:
    """A request without a token, unless `headers` bring one."""
    return await ide.stranger.request(method, path, headers={**JSON, **headers}, content="{}")


async def test_no_route_answers_without_the_token_or_to_another_site(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        bearer = f"Bearer {ide.token}"
        own = ide.address.removeprefix("http://")
        port = own.rpartition(":")[2]
        refused = [
            {"host": "evil.example"},
            {"host": f"127.0.0.1.evil.example:{port}"},
            {"host": f"localhost.evil:{port}"},
            {"host": "127.0.0.1:1"},
            {"host": "127.0.0.1"},
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"origin": f"https://{own}"},
            {"origin": f"http://localhost:{port}"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
        ]
        checked = 0
        for method, path in every_route():
            for headers in refused:
                answer = await ask(ide, method, path, authorization=bearer, **headers)
                assert answer.status_code == 403, (method, path, headers)
                assert "access-control-allow-origin" not in answer.headers
                checked += 1
            if (method, path) not in PUBLIC and not path.startswith("/assets"):
                for headers in (
                    {},
                    {"authorization": "Bearer x"},
                    {"cookie": f"tactus_session_{port}=x"},
                ):
                    answer = await ask(ide, method, path, **headers)
                    assert answer.status_code == 403, (method, path, headers)
                    checked += 1
        assert checked > 400


async def test_the_token_becomes_a_cookie_that_opens_everything(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        page = ide.stranger
        wrong = await page.post("/api/session", json={"token": "guess"})
        assert wrong.status_code == 403
        assert "set-cookie" not in wrong.headers
        answer = await page.post("/api/session", json={"token": ide.token})
        assert answer.status_code == 204
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith(f"tactus_session_{ide.address.rpartition(':')[2]}=")
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "path=/" in cookie
        assert ide.token.lower() not in cookie
        assert (await page.get("/api/health")).status_code == 200
        wrong = await ask(ide, "GET", "/api/health", authorization="Bearer x")
        assert wrong.status_code == 403


async def test_a_page_stays_signed_in_over_a_restart(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        answer = await ide.post("/api/session", {"token": ide.token})
        session = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
        first = ide.token
    assert (tmp_path / ".tactus" / "session").stat().st_mode & 0o777 == 0o600
    async with serving(tmp_path) as ide:
        assert ide.token != first
        cookie = f"tactus_session_{ide.address.rpartition(':')[2]}={session}"
        assert (await ask(ide, "GET", "/api/health", cookie=cookie)).status_code == 200


async def test_a_session_that_came_with_the_files_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / ".tactus").mkdir()
    (tmp_path / ".tactus" / "session").write_text("k" * 32, encoding="utf-8")
    (tmp_path / ".tactus" / "session").chmod(0o644)
    async with serving(tmp_path) as ide:
        name = f"tactus_session_{ide.address.rpartition(':')[2]}"
        answer = await ask(ide, "GET", "/api/health", cookie=f"{name}={'k' * 32}")
        assert answer.status_code == 403


async def test_two_servers_of_one_machine_leave_each_other_s_pages_signed_in(
    tmp_path: Path,
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    async with serving(tmp_path / "one") as one, serving(tmp_path / "two") as two:
        jar = httpx.Cookies()  # as a browser: one for all ports of a host
        jar.set("other app", '{"a": [1, "b"]}; not=valid, "cookies"', domain="127.0.0.1")
        async with httpx.AsyncClient(cookies=jar, trust_env=False) as browser:
            for ide in (one, two):
                token = {"token": ide.token}
                answer = await browser.post(f"{ide.address}/api/session", json=token)
                assert answer.status_code == 204
            for ide in (one, two, one):
                answer = await browser.get(f"{ide.address}/api/health")
                assert answer.status_code == 200
                assert answer.request.headers["cookie"].count("tactus_session_") == 2


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 400),
        ({"content-type": "application/x-www-form-urlencoded"}, 400),
        ({"content-type": "multipart/form-data"}, 400),
        ({"content-type": ""}, 400),
        ({"content-type": "application/json; charset=utf-8"}, 422),
    ],
)
async def test_only_json_changes_anything(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    async with serving(tmp_path) as ide:
        answer = await ide.client.post("/api/runs", content="{}", headers=headers)
        assert answer.status_code == status


@pytest.mark.parametrize("method", ["OPTIONS", "PATCH", "TRACE", "DEBUG"])
async def test_other_methods_are_refused(tmp_path: Path, method: str) -> None:
    async with serving(tmp_path) as ide:
        assert (await ide.client.request(method, "/api/runs")).status_code in (400, 403)


@pytest.mark.parametrize(
    "lines",
    [
        ["GET /api/health HTTP/1.1", "Authorization: Bearer {token}"],
        ["GET /api/health HTTP/1.1", "Host: {host}", "Host: evil", "Authorization: Bearer {token}"],
        ["GET http://evil/api/health HTTP/1.1", "Host: evil", "Authorization: Bearer {token}"],
        ["GET /api/health HTTP/1.0", "Authorization: Bearer {token}"],
        ["GET /api/events HTTP/1.1", "Host: {host}", "Upgrade: websocket", "Connection: upgrade"],
    ],
)
async def test_a_strange_request_is_refused(tmp_path: Path, lines: list[str]) -> None:
    async with serving(tmp_path) as ide:
        host = ide.address.removeprefix("http://")
        text = "\r\n".join(lines).format(token=ide.token, host=host)
        answer = await exchange(ide, text + "\r\n\r\n")
        assert re.match(r"HTTP/1\.[01] 4\d\d ", answer)


async def test_a_body_that_is_too_large_is_cut_off(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10_000):
            yield b" " * 65_536

    async with serving(tmp_path) as ide:
        answer = await ide.client.post("/api/runs", content=endless(), headers=JSON)
        assert answer.status_code == 413
        length = {**JSON, "content-length": str(10**9)}
        request = "POST /api/runs HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n"
        host = ide.address.removeprefix("http://")
        head = request.format(host, ide.token)
        head += "".join(f"{name}: {value}\r\n" for name, value in length.items())
        assert (await exchange(ide, head + "\r\n")).startswith("HTTP/1.1 413")


async def test_every_answer_carries_the_safety_headers(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        for path in ("/", "/api/health", "/api/nothing", "/assets/none.js"):
            headers = (await ide.client.get(path)).headers
            assert "unsafe" not in headers["content-security-policy"]
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert headers["referrer-policy"] == "no-referrer"
            assert "server" not in headers
        page = await ide.client.get("/")
        nonce = re.search(r"'nonce-([\w-]+)'", page.headers["content-security-policy"])
        assert nonce is not None
        again = await ide.client.get("/")
        assert nonce[1] not in again.headers["content-security-policy"]


async def test_it_listens_on_this_machine_alone(tmp_path: Path) -> None:
    async with serving(tmp_path) as ide:
        await ide.get("/api/health")
        port = int(ide.address.rpartition(":")[2])
        for other in socket.gethostbyname_ex(socket.gethostname())[2]:
            if not other.startswith("127."):
                with pytest.raises(OSError):  # noqa: PT011  # refused, whatever the reason
                    socket.create_connection((other, port), timeout=2)


async def test_a_websocket_is_closed_and_an_unknown_scope_is_not_served() -> None:
    async def never(*_: object) -> None:
        raise AssertionError("the application was reached")

    guarded = Security(never, Door(1))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await guarded({"type": "websocket", "headers": [], "path": "/"}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
    with pytest.raises(RuntimeError, match="not served"):
        await guarded({"type": "webtransport"}, receive, send)
