"""A fault plan: a replay that fails, stalls, lies and changes while it is read, the same way for the same seed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TypeVar

import anyio
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_Kind = TypeVar("_Kind", bound=str)

ELSEWHERE = "http://elsewhere.invalid"


class Fault(StrEnum):
    """What can be wrong with one answer; the site behind it is as it was."""

    LIMITED_TEXT = "limited-text"
    LIMITED_JSON = "limited-json"
    LIMITED_HUB = "limited-hub"
    SERVER_ERROR = "server-error"
    STALL = "stall"
    CUT = "cut"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    HTML = "html"
    BLOCKED = "blocked"
    REDIRECT = "redirect"
    CONTENT_TYPE = "content-type"


FORUM_FAULTS = tuple(fault for fault in Fault if fault is not Fault.LIMITED_HUB)
HUB_FAULTS = tuple(fault for fault in Fault if fault not in (Fault.LIMITED_TEXT, Fault.LIMITED_JSON))


@dataclass(slots=True)
class FaultPlan:
    """Which faults and changes come, how often, and in which order; all of it follows from the seed.

    Args:
        seed: of the draws.
        faults: kinds of bad answers that may come; None takes all that the kind of site can give.
        changes: names of the changes that the site may undergo; None takes all that it knows.
        fault_rate: share of answers that are bad, 0 to 1.
        change_rate: share of requests before which the site changes, 0 to 1.
        wait: seconds that a 429 asks to wait.
        stall: seconds that a stalled answer takes.
        huge: characters of a huge or hostile post.

    Deterministic for a client that asks one thing after the other. `happened` counts what was done, by name.
    """

    seed: int
    faults: Sequence[Fault] | None = None
    changes: Sequence[str] | None = None
    fault_rate: float = 0.1
    change_rate: float = 0.05
    wait: int = 1
    stall: float = 90.0
    huge: int = 5 * 2**20
    happened: Counter[str] = field(default_factory=Counter)
    random: Random = field(init=False)
    calm: bool = False
    """Set it to end the trouble: from then on the site answers well and stays as it is."""

    def __post_init__(self) -> None:
        for name, rate in (("fault_rate", self.fault_rate), ("change_rate", self.change_rate)):
            if not 0 <= rate <= 1:
                raise ValueError(f"{name} is {rate}: write a share between 0 and 1")
        self.random = Random(self.seed)

    def next_fault(self, possible: Sequence[Fault]) -> Fault | None:
        """The fault of the next answer, None for a good one."""
        kinds = [kind for kind in possible if self.faults is None or kind in self.faults]
        return self._draw(kinds, self.fault_rate)

    def next_change(self, possible: Sequence[str]) -> str | None:
        """The change before the next answer, None for none."""
        return self._draw([name for name in possible if self.changes is None or name in self.changes], self.change_rate)

    def _draw(self, kinds: Sequence[_Kind], rate: float) -> _Kind | None:
        if self.calm or not kinds or self.random.random() >= rate:
            return None
        chosen = self.random.choice(kinds)
        self.happened[str(chosen)] += 1
        return chosen


class Faulty:
    """ASGI middleware that changes the site before an answer and spoils the answer, as the plan says.

    `change` carries one of the changes named in `changes` out on the site behind.
    """

    def __init__(
        self,
        app: ASGIApp,
        plan: FaultPlan,
        possible: Sequence[Fault],
        changes: Sequence[str],
        change: Callable[[str, FaultPlan], None],
    ) -> None:
        self._app, self._plan, self._possible = app, plan, possible
        self._changes, self._change = changes, change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or fail to."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if (name := self._plan.next_change(self._changes)) is not None:
            self._change(name, self._plan)
        fault = self._plan.next_fault(self._possible)
        if fault is None:
            return await self._app(scope, receive, send)
        if fault is Fault.STALL:
            await anyio.sleep(self._plan.stall)
            return await self._app(scope, receive, send)
        if fault in _SPOILT:
            return await self._spoil(fault, scope, receive, send)
        return await _refusal(fault, self._plan, str(scope["path"]))(scope, receive, send)

    async def _spoil(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the site answer, and pass on only half of it, or under a wrong name."""
        start, body = await _answer_of(self._app, scope, receive)
        headers = MutableHeaders(scope=start)
        if fault is Fault.CONTENT_TYPE:
            headers["Content-Type"] = "application/octet-stream"
            kept = body
        else:
            kept = b"" if fault is Fault.EMPTY else body[: len(body) // 2]
            if fault is not Fault.CUT:
                headers["Content-Length"] = str(len(kept))
        await send(start)
        # A cut answer promised more than comes: returning without the end makes the server close the connection.
        await send({"type": "http.response.body", "body": kept, "more_body": fault is Fault.CUT})


_LIMITED = frozenset({Fault.LIMITED_TEXT, Fault.LIMITED_JSON, Fault.LIMITED_HUB})
_SPOILT = frozenset({Fault.CUT, Fault.TRUNCATED, Fault.EMPTY, Fault.CONTENT_TYPE})


async def _answer_of(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    starts: list[Message] = []
    pieces: list[bytes] = []

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            starts.append(message)
        else:
            pieces.append(message.get("body", b""))

    await app(scope, receive, keep)
    return starts[0], b"".join(pieces)


def _refusal(fault: Fault, plan: FaultPlan, path: str) -> Response:
    if fault in _LIMITED:
        return _limited(fault, plan.wait)
    if fault is Fault.SERVER_ERROR:
        status = plan.random.choice((500, 502, 503, 504))
        page = f"<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>proxy</body></html>"
        return HTMLResponse(page, status)
    if fault is Fault.REDIRECT:
        return RedirectResponse(f"{ELSEWHERE}{path}", plan.random.choice((301, 302, 307)))
    if fault is Fault.BLOCKED:
        return HTMLResponse("<html><title>Attention required</title><p>You have been blocked.</p></html>", 403)
    return HTMLResponse(f"<!doctype html><title>Just a moment...</title><script>{json.dumps(path)}</script>")


def _limited(fault: Fault, wait: int) -> Response:
    if fault is Fault.LIMITED_TEXT:
        text = f"Slow down, too many requests from this address.\nRetry in {wait} seconds.\n"
        headers = {"Retry-After": str(wait), "Discourse-Rate-Limit-Error-Code": "ip_10_secs_limit"}
        return PlainTextResponse(text, 429, headers)
    if fault is Fault.LIMITED_JSON:
        extras = {"wait_seconds": wait, "time_left": f"{wait} seconds"}
        return JSONResponse({"errors": ["Too many requests."], "error_type": "rate_limit", "extras": extras}, 429)
    headers = {"RateLimit": f'"api";r=0;t={wait}', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}
    return JSONResponse({"error": "You have used up your calls for now."}, 429, headers)
