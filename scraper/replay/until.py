"""What sets a replay apart from the real thing: every answer says up to when the dump tells anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scraper.http import REPLAYED_UNTIL


class ReplayedUntil:
    """Middleware that puts the moment of the dump's last item into a header; a crawler covers no more than that."""

    def __init__(self, app: ASGIApp, until: Callable[[], datetime | None]) -> None:
        self._app, self._until = app, until

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the header added."""

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start" and (until := self._until()):
                MutableHeaders(scope=message)[REPLAYED_UNTIL] = until.astimezone(UTC).isoformat()
            await send(message)

        await self._app(scope, receive, tell)
