"""Conditional requests, as a Discourse behind Rack answers them: an ETag for a body, 304 where the client has it."""

from __future__ import annotations

from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Conditional:
    """Middleware that names the state of every body and sends none that the client says it has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with an ETag, or with 304."""
        start: Message = {}
        body = bytearray()

        async def hold(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                await self._answer(scope, start, bytes(body), send)

        await self._app(scope, receive, hold)

    async def _answer(self, scope: Scope, start: Message, body: bytes, send: Send) -> None:
        if start["status"] == 200:
            tag = f'W/"{sha256(body).hexdigest()[:32]}"'
            headers = MutableHeaders(scope=start)
            headers["ETag"] = tag
            if tag in Headers(scope=scope).get("if-none-match", ""):
                start, body = {**start, "status": 304}, b""
                del MutableHeaders(scope=start)["content-length"]
        await send(start)
        await send({"type": "http.response.body", "body": body})
