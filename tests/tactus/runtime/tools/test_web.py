"""`http.get` against servers on this machine."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from tactus.errors import DefinitionError, ToolError
from tactus.runtime.tools.hosts import address_of, checked
from tactus.runtime.tools.toolbox import Toolbox
from tactus.settings import Settings

HERE = ("127.0.0.1",)


def answer(body: bytes | str = b"", status: str = "200 OK", **headers: str) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    given = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(data))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + data


class Web:
    """A server that has an answer for each path, and notes what it was asked."""

    def __init__(self, answers: dict[str, bytes | None]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.url = ""

    async def handle(self, stream: SocketStream) -> None:
        async with stream:
            request = (await stream.receive()).decode()
            self.asked.append(request)
            found = self.answers[request.split(" ")[1]]
            if found is None:
                await anyio.sleep_forever()
            else:
                await stream.send(found)


@asynccontextmanager
async def web(answers: dict[str, bytes | None]) -> AsyncIterator[Web]:
    server = Web(answers)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.handle)
        port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - anyio, not Django
        server.url = f"http://127.0.0.1:{port}"
        yield server
        tasks.cancel_scope.cancel()


async def get(url: str, *hosts: str, **tools: Any) -> Any:
    settings = Settings.model_validate({"tools": {"http_hosts": hosts or HERE, **tools}})
    async with Toolbox(settings).open() as opened:
        (tool,) = await opened.find("http.get")
        return await tool.call({"url": url})


async def test_text_is_fetched_with_its_status_and_type() -> None:
    async with web({"/a?b=c": answer("é☃"), "/no": answer("gone", "404 Not Found")}) as server:
        assert await get(f"{server.url}/a?b=c#d") == {
            "status": 200,
            "content_type": "text/plain; charset=utf-8",
            "text": "é☃",
        }
        assert (await get(f"{server.url}/no"))["status"] == 404


async def test_a_url_may_be_written_as_people_write_it() -> None:
    async with web({"/caf%C3%A9%20a%20%F0%9F%A4%96?q=%C3%A9%20%26": answer("here")}) as server:
        assert (await get(f"{server.url}/café a 🤖?q=é %26"))["text"] == "here"
    with pytest.raises(ToolError):
        await get("http://127.0.0.1:9/\ud800")


async def test_nothing_of_ours_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    async with web({"/": answer(set_cookie="a=b")}) as server:
        await get(f"{server.url}/")
        await get(f"{server.url}/")
    lines = server.asked[1].lower().split("\r\n")
    names = {line.partition(":")[0] for line in lines[1:] if line}
    assert names == {"host", "user-agent", "accept", "accept-encoding"}


async def test_a_host_that_is_not_listed_is_not_asked() -> None:
    async with web({"/": answer()}) as server:
        with pytest.raises(ToolError, match=r"the host 127.0.0.1 is not among .*: api.example"):
            await get(f"{server.url}/", "api.example")
    assert server.asked == []


@pytest.mark.parametrize("entry", ["*.1", "localhost", "*.0.0.1"])
async def test_a_private_address_has_to_be_listed_itself(entry: str) -> None:
    async with web({"/": answer()}) as server:
        with pytest.raises(ToolError, match=r"is not among|private network"):
            await get(f"{server.url}/", entry)
    assert server.asked == []


async def test_localhost_stands_for_the_addresses_of_this_machine() -> None:
    async with web({"/": answer("here")}) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        assert (await get(url, "localhost"))["text"] == "here"


async def test_a_redirect_is_followed_to_a_listed_host_only() -> None:
    async with web({"/b": answer("there")}) as other:
        answers: dict[str, bytes | None] = {
            "/a": answer(status="302 Found", location=f"{other.url}/b"),
            "/c": answer(status="301 Moved", location="/a"),
            "/d": answer(status="302 Found", location="http://localhost:1/"),
            "/e": answer(status="302 Found", location="file:///etc/passwd"),
            "/f": answer(status="302 Found", location="/f"),
            "/g": answer(status="302 Found", location="http://[bad"),
        }
        async with web(answers) as server:
            assert (await get(f"{server.url}/c"))["text"] == "there"
            for path, message in (
                ("/d", "the host localhost is not among"),
                ("/e", "no URL of the web"),
                ("/f", "more than 5 redirects"),
                ("/g", r"leads to 'http://\[bad', which is no URL"),
            ):
                with pytest.raises(ToolError, match=message):
                    await get(server.url + path)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (answer("x" * 1_048_577), "larger than 1048576 bytes"),
        (answer(b"\x89PNG", content_type="image/png"), "image/png, which is no text"),
        (answer(gzip.compress(b"x"), content_encoding="gzip"), "compressed"),
        (answer("cut", content_length="100"), "cannot be read"),
        (b"SSH-2.0-OpenSSH\r\n", "cannot be read"),
    ],
    ids=["large", "a picture", "compressed", "cut", "not http"],
)
async def test_what_is_no_text_of_bounded_size_is_refused(found: bytes, message: str) -> None:
    async with web({"/": found}) as server:
        with pytest.raises(ToolError, match=message):
            await get(f"{server.url}/")


async def test_other_charsets_are_read() -> None:
    latin = answer("é".encode("latin-1"), content_type="text/html; charset=latin-1")
    unknown = answer("é", content_type="application/ld+json; charset=nonesuch")
    async with web({"/l": latin, "/u": unknown}) as server:
        assert (await get(f"{server.url}/l"))["text"] == "é"
        assert (await get(f"{server.url}/u"))["text"] == "é"


@pytest.mark.parametrize("charset", ["nonesuch", "idna", "undefined", "hex"])
async def test_a_charset_that_is_none_of_text_is_read_as_utf_8(charset: str) -> None:
    found = answer("é☃" * 40, content_type=f"text/plain; charset={charset}")
    async with web({"/": found}) as server:
        assert (await get(f"{server.url}/"))["text"] == "é☃" * 40


async def test_silence_is_borne_for_the_timeout_of_tools() -> None:
    async with web({"/": None}) as server:
        with pytest.raises(ToolError, match=r"http.get took longer than 0.5 s"):
            await get(f"{server.url}/", timeout=0.5)


async def test_nobody_who_listens_is_told() -> None:
    with pytest.raises(ToolError, match=r"cannot be read: .*connect"):
        await get("http://127.0.0.1:9/")


async def test_without_a_host_nothing_is_granted() -> None:
    async with Toolbox(Settings()).open() as opened:
        with pytest.raises(DefinitionError, match="may reach no host") as raised:
            await opened.find("http.get")
    assert "http_hosts" in str(raised.value.hint)


@pytest.mark.parametrize(
    ("url", "listed", "fine"),
    [
        ("https://api.example.com/x", "api.example.com", True),
        ("https://API.Example.com./x", "api.example.com", True),
        ("https://a.b.example.com", "*.example.com", True),
        ("https://example.com", "*.example.com", False),
        ("https://example.com.evil.org", "example.com", False),
        ("https://evilexample.com", "*.example.com", False),
        ("https://bücher.example", "xn--bcher-kva.example", True),
        ("http://[::1]:80/", "::1", True),
        ("ftp://api.example.com", "api.example.com", False),
        ("//api.example.com", "api.example.com", False),
        ("https://api.example.com@evil.org", "api.example.com", False),
        ("https://me:word@api.example.com", "api.example.com", False),
        ("https://evil.org\\@api.example.com", "api.example.com", False),
        ("https://api.example.com:99999", "api.example.com", False),
        ("https://[", "api.example.com", False),
        ("", "api.example.com", False),
    ],
)
def test_which_urls_may_be_asked(url: str, listed: str, fine: bool) -> None:
    if fine:
        assert checked(url, [listed]).startswith(url.partition(":")[0])
    else:
        with pytest.raises(ToolError):
            checked(url, [listed])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - nothing listens
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
async def test_an_address_of_a_private_network_is_not_reached(address: str) -> None:
    with pytest.raises(ToolError, match="an address of a private network"):
        await address_of(address, 80, ["*.example.com", "127.0.0.2"])
    assert await address_of(address, 80, [address])


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1"])
async def test_a_public_address_is_reached(address: str) -> None:
    assert await address_of(address, 443, []) == address


async def test_a_name_without_an_address_is_told() -> None:
    with pytest.raises(ToolError, match=r"nonesuch.invalid cannot be found"):
        await address_of("nonesuch.invalid", 80, [])
