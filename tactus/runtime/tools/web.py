"""`http.get`: text from hosts that are listed."""

import ssl
from collections.abc import Iterable, Sequence
from email.message import Message
from functools import cache
from typing import Any
from urllib.parse import urljoin

import anyio.to_thread
import httpcore2

from tactus import __version__
from tactus.errors import ToolError
from tactus.runtime.tools.hosts import address_of, checked

_LARGEST = 1_048_576  # bytes of an answer
_REDIRECTS = 5
_TEXTUAL = ("json", "xml", "javascript", "ecmascript", "x-www-form-urlencoded", "yaml", "csv")
# Nothing of ours: no key, no cookie, no proxy of the environment.
_HEADERS: dict[bytes | str, bytes | str] = {
    "User-Agent": f"tactus/{__version__}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}
_FAULTS = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException)


class _Checked(httpcore2.AnyIOBackend):
    """Connects to the very address that was checked: a name may have another a moment later."""

    def __init__(self, listed: Sequence[str]) -> None:
        self._listed = listed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - of the class above
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        address = await address_of(host, port, self._listed)
        return await super().connect_tcp(address, port, timeout, local_address, socket_options)


async def get(arguments: dict[str, Any], *, listed: Sequence[str]) -> dict[str, Any]:
    """What stands at `url`: `{status, content_type, text}`, whatever the status.

    Raises:
        ToolError: a host on the way may not be asked, it cannot be reached, or its answer is too
            large or no text.
    """
    url = arguments["url"]
    context = await anyio.to_thread.run_sync(_certificates)
    async with httpcore2.AsyncConnectionPool(context, network_backend=_Checked(listed)) as pool:
        for _ in range(_REDIRECTS + 1):
            url = checked(url, listed)
            try:
                async with pool.stream("GET", url, headers=_HEADERS) as response:
                    location = _header(response, b"location")
                    if response.status not in (301, 302, 303, 307, 308) or not location:
                        return await _answer(response)
            except _FAULTS as error:
                raise ToolError(f"{url} cannot be read: {error or type(error).__name__}") from None
            try:
                url = urljoin(url, location)
            except ValueError:
                raise ToolError(f"{url} leads to {location!r}, which is no URL") from None
    raise ToolError(f"{url} is the end of more than {_REDIRECTS} redirects")


async def _answer(response: httpcore2.Response) -> dict[str, Any]:
    content_type = _header(response, b"content-type")
    encoding = _header(response, b"content-encoding").lower()
    if encoding not in ("", "identity"):
        raise ToolError(f"the answer is compressed ({encoding}), which was not asked for")
    told = Message()
    told["content-type"] = content_type or "text/plain"
    if told.get_content_maintype() != "text" and not told.get_content_subtype().endswith(_TEXTUAL):
        raise ToolError(f"the answer is {told.get_content_type()}, which is no text")
    body = b""
    async for piece in response.aiter_stream():
        body += piece
        if len(body) > _LARGEST:
            raise ToolError(f"the answer is larger than {_LARGEST} bytes")
    try:
        text = body.decode(told.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):  # a charset that nobody knows, or one that is none of text
        text = body.decode("utf-8", "replace")
    return {"status": response.status, "content_type": content_type, "text": text}


def _header(response: httpcore2.Response, name: bytes) -> str:
    return next((v.decode("latin-1") for n, v in response.headers if n.lower() == name), "")


@cache
def _certificates() -> ssl.SSLContext:
    return httpcore2.default_ssl_context()
