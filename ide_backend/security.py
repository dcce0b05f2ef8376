"""Who may come in: one ASGI middleware before everything, which refuses unless all is right.

The page and its assets are public, and so is the exchange of the token for a cookie; they tell
nothing. All else needs the cookie or the token. The host, the origin and the site of a request are
looked at first, for every path: a page of another site gets nothing, token or not.
"""

import hmac
import secrets
from collections.abc import Iterator

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ide_backend.problem import Problem

LARGEST_BODY = 8 * 1024 * 1024  # bytes: a file of 1 MiB in which every character is escaped

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
_READING = ("GET", "HEAD")
_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


class Door:
    """What opens the server: the token of the address it prints, and the session it gives.

    Args:
        port: where the server listens.
        session: the value of the cookie; the same after a restart, so that a page stays signed in.
    """

    def __init__(self, port: int, session: str | None = None) -> None:
        self.cookie = f"tactus_session_{port}"  # a browser sends the cookies of every port to each
        self.token = secrets.token_urlsafe(24)
        self.session = session or secrets.token_urlsafe(24)
        names = ("127.0.0.1", "localhost", "[::1]")
        self._hosts = {f"{name}:{port}" for name in names}
        if port == 80:
            self._hosts.update(names)

    def refusal(self, scope: Scope) -> Problem | None:
        """Why the request may not come in, or None."""
        if scope["type"] != "http":
            return Problem(403, "scope", "only HTTP is spoken here")
        host = _only(scope, b"host")
        if host not in self._hosts:
            return Problem(
                403, "host", "the host is not this server", "Open the address that it printed."
            )
        origin = _only(scope, b"origin")
        if origin is not None and origin != f"http://{host}":
            return Problem(403, "origin", "a page of another origin may not ask")
        site = _only(scope, b"sec-fetch-site")
        if site not in (None, "same-origin", "none"):
            return Problem(403, "site", "a page of another site may not ask")
        if not _is_public(scope) and not self._knows(scope):
            return Problem(
                403, "token", "the token is missing or wrong", "Open the address that it printed."
            )
        return _malformed(scope)

    def admits(self, token: object) -> bool:
        """Whether `token` is the one of the printed address."""
        return isinstance(token, str) and _same(token, self.token)

    def _knows(self, scope: Scope) -> bool:
        authorization = _only(scope, b"authorization")
        if authorization is not None:
            kind, _, token = authorization.partition(" ")
            return kind.lower() == "bearer" and _same(token.strip(), self.token)
        return any(_same(value, self.session) for value in _cookies(scope, self.cookie))


class Security:
    """The middleware: refuses what `door` refuses, bounds bodies, and adds the safety headers."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._door.refusal(scope)
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        if scope["type"] != "http":
            raise RuntimeError(f"a scope of type {scope['type']!r} is not served")
        guarded = _with_headers(send)
        if refusal is not None:
            await refusal.response()(scope, receive, guarded)
            return
        await self._app(scope, _bounded(receive), guarded)


def _malformed(scope: Scope) -> Problem | None:
    method = scope["method"]
    if any(ord(char) < 32 for char in scope["path"]):
        return Problem(400, "path", "a path holds no control characters")
    if method not in _METHODS:
        return Problem(403, "method", f"the method {method} is not used here")
    if method in _READING:
        return None
    kind = (_only(scope, b"content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return Problem(
            400, "content_type", "the body must be JSON", "Send Content-Type: application/json."
        )
    length = _only(scope, b"content-length") or "0"
    if not length.isdecimal() or int(length) > LARGEST_BODY:
        return Problem(413, "too_large", f"a request has at most {LARGEST_BODY:,} bytes")
    return None


def _is_public(scope: Scope) -> bool:
    path: str = scope["path"]
    if scope["method"] in _READING:
        return path == "/" or path.startswith("/assets/")
    return path == "/api/session" and scope["method"] == "POST"


def _only(scope: Scope, name: bytes) -> str | None:
    """The value of a header; one that is given twice has no value that anybody sends."""
    values = [value for key, value in scope["headers"] if key == name]
    if not values:
        return None
    return values[0].decode("latin-1") if len(values) == 1 else "\0twice"


def _cookies(scope: Scope, wanted: str) -> Iterator[str]:
    """The values of a cookie, whatever the other servers of this machine have set beside it."""
    for key, value in scope["headers"]:
        if key == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                name, _, given = pair.partition("=")
                if name.strip() == wanted:
                    yield given.strip()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _with_headers(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return guarded


def _bounded(receive: Receive) -> Receive:
    """A body without a length is cut off where it grows too large."""
    size = 0

    async def bounded() -> Message:
        nonlocal size
        message = await receive()
        if message["type"] == "http.request":
            size += len(message.get("body", b""))
            if size > LARGEST_BODY:
                raise Problem(413, "too_large", f"a request has at most {LARGEST_BODY:,} bytes")
        return message

    return bounded
