"""The page, its assets, and the exchange of the token for a cookie."""

import secrets
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from ide_backend.backend import backend_of
from ide_backend.problem import Problem
from ide_backend.routes.asked import SessionBody, body_of

STATIC = Path(__file__).parents[1] / "static"

_NONCE = "__CSP_NONCE__"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self';"
    " font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_UNBUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Tactus</title></head>
<body>
<h1>The page is not built</h1>
<p>The server runs, and its API answers. The page itself is built from its sources, once, which
needs Node 20 or later with npm:</p>
<pre>make ide</pre>
<p>An installed Tactus brings the page with it, unless its wheel was built without npm, or with
TACTUS_SKIP_UI=1: then install one that has it, or build the wheel anew where npm is.</p>
</body>
</html>
"""


async def page(_: Request) -> Response:
    """The page of the IDE; what to do, where it has not been built."""
    nonce = secrets.token_urlsafe(16)
    index = anyio.Path(STATIC / "index.html")
    html = await index.read_text("utf-8") if await index.is_file() else _UNBUILT
    policy = _POLICY.format(nonce=nonce)
    return HTMLResponse(html.replace(_NONCE, nonce), headers={"content-security-policy": policy})


async def session(request: Request) -> Response:
    """Exchange the token of the printed address for the session cookie."""
    body = await body_of(request, SessionBody)
    door = backend_of(request).door
    if not door.admits(body.token):
        raise Problem(403, "token", "the token is wrong", "Open the address that it printed.")
    answer = Response(status_code=204)
    answer.set_cookie(door.cookie, door.session, httponly=True, samesite="strict", path="/")
    return answer


class _Assets(StaticFiles):
    async def check_config(self) -> None:
        """A page that is not built is no defect: each asset is a 404."""


def assets() -> StaticFiles:
    """The built assets; 404 for each where there are none."""
    return _Assets(directory=STATIC / "assets", check_dir=False)
