"""What every answer of the page tells the browser, and which requests are not answered at all."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_FORM_BYTES = 64 * 1024

EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""Of the style element without content that Plotly makes to put its rules in."""
HEADERS = {
    "content-security-policy": f"default-src 'none'; script-src 'self'; style-src 'self' {EMPTY_STYLE}; "
    "img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


class Guard:
    """Sets the headers, and turns away forms of other sites and, of a page for this machine only, foreign names.

    Without the last, a site could have its name lead to 127.0.0.1 and read the page (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = (), secure: bool = False) -> None:
        self._app = app
        self._hosts = hosts
        self._headers = HEADERS | ({"strict-transport-security": "max-age=31536000"} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        problem = self._problem(scope)
        app = PlainTextResponse(problem, 403) if problem else self._app
        await app(scope, receive, with_headers)

    def _problem(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._hosts and _hostname(host) not in self._hosts:
            return "this page is served for this machine only: ask for it by 127.0.0.1 or localhost\n"
        if scope["method"] in ("GET", "HEAD"):
            return ""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != host):
            return "forms are taken from this page only\n"
        if int(headers.get("content-length", MAX_FORM_BYTES + 1)) > MAX_FORM_BYTES:
            return f"a form has at most {MAX_FORM_BYTES:,} bytes\n"
        return ""


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
