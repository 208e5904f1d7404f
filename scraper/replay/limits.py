"""Rate limits as Discourse and the Hub keep them, per client address."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class ForumLimits:
    """Requests that one address may make, the shape of the refusal, and a clock in seconds."""

    per_10_seconds: int = 50
    per_minute: int = 200
    shape: Literal["text", "json"] = "text"
    clock: Clock = field(default=time.monotonic, compare=False)


class _Window:
    """The last `most` attempts; refused ones count too, so retrying while blocked prolongs the block."""

    def __init__(self, most: int, seconds: int) -> None:
        self.seconds = seconds
        self._attempts: deque[float] = deque(maxlen=most)

    def wait(self, now: float) -> int:
        """Note an attempt and return 0 if it may pass, else the whole seconds until one may."""
        full = len(self._attempts) == self._attempts.maxlen
        allowed = not full or now - self._attempts[0] >= self.seconds
        self._attempts.append(now)
        return 0 if allowed else max(1, math.ceil(self.seconds - (now - self._attempts[0])))


class ForumLimiter:
    """ASGI middleware that answers 429 as Discourse does once an address is over a limit."""

    def __init__(self, app: ASGIApp, limits: ForumLimits) -> None:
        self._app = app
        self._limits = limits
        self._windows: dict[str, tuple[_Window, _Window]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        refusal = self._refusal(_address(scope)) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, address: str) -> Response | None:
        fresh = (_Window(self._limits.per_10_seconds, 10), _Window(self._limits.per_minute, 60))
        now = self._limits.clock()
        for window in self._windows.setdefault(address, fresh):
            if wait := window.wait(now):
                return self._refuse(wait, f"ip_{window.seconds}_secs_limit")
        return None

    def _refuse(self, wait: int, code: str) -> Response:
        if self._limits.shape == "json":
            message = f"Too many requests: try again in {wait} seconds."
            extras = {"wait_seconds": wait, "time_left": f"{wait} seconds"}
            body = {"errors": [message], "error_type": "rate_limit", "extras": extras}
            return JSONResponse(body, 429, {"Retry-After": str(wait)})
        text = f"Slow down, too many requests from this address.\nRetry in {wait} seconds.\nError code: {code}.\n"
        return PlainTextResponse(text, 429, {"Retry-After": str(wait), "Discourse-Rate-Limit-Error-Code": code})


@dataclass(frozen=True, slots=True)
class HubLimits:
    """Calls of the API and of files that one address may make in `window` seconds, and a clock in seconds."""

    calls: int = 500
    file_calls: int = 3_000
    window: int = 300
    clock: Clock = field(default=time.monotonic, compare=False)


class HubQuota:
    """Counts calls per address and window and says so in the `RateLimit` headers; without limits none is used up."""

    def __init__(self, limits: HubLimits | None, name: str = "api") -> None:
        self._name = name
        self._limits = limits or HubLimits()
        self._counting = limits is not None
        self._used: dict[str, tuple[int, int]] = {}

    def take(self, request: Request) -> tuple[bool, dict[str, str]]:
        """Count a call; whether it may pass, and the headers to answer with."""
        limits, now = self._limits, self._limits.clock()
        window = int(now // limits.window)
        left = limits.window - int(now % limits.window)
        allowed, remaining = True, limits.calls
        if self._counting:
            address = _address(request.scope)
            since, used = self._used.get(address, (window, 0))
            used = used if since == window else 0
            allowed, remaining = used < limits.calls, max(limits.calls - used - 1, 0)
            self._used[address] = (window, used + 1)
        policy = f'"fixed window";"{self._name}";q={limits.calls};w={limits.window}'
        return allowed, {"RateLimit": f'"{self._name}";r={remaining};t={left}', "RateLimit-Policy": policy}


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""
