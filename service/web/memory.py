"""Answers that many look at and that change with the data only, kept for a while."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

FRESH = 60.0
"""Seconds for which an answer is shown as it is."""
_MOST = 500


@dataclass(slots=True)
class _Kept:
    answer: asyncio.Future[Any]
    until: float


class Memory:
    """Keeps answers by key, the least used go first; an older one is shown once more while it is asked for anew.

    Callers that ask for the same at the same time wait for one call. Failures are not kept.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[Any, _Kept] = OrderedDict()
        self._running: set[asyncio.Future[Any]] = set()

    async def get(self, key: Any, ask: Callable[[], Awaitable[Any]]) -> Any:
        """The answer for a key, asked for where it is not known. Raises what `ask` does."""
        kept = self._kept.get(key)
        if kept is None or (kept.answer.done() and _failed(kept.answer)):
            return await asyncio.shield(self._start(key, ask))
        self._kept.move_to_end(key)
        if kept.answer.done() and kept.until < self._clock():
            kept.until = self._clock() + FRESH  # one visitor's question is enough
            renewal = asyncio.ensure_future(self._renew(key, kept, ask))
            self._running.add(renewal)
            renewal.add_done_callback(self._ended)
        return await asyncio.shield(kept.answer)

    def _start(self, key: Any, ask: Callable[[], Awaitable[Any]]) -> asyncio.Future[Any]:
        answer = asyncio.ensure_future(ask())
        self._running.add(answer)
        answer.add_done_callback(self._ended)
        self._kept[key] = _Kept(answer, self._clock() + FRESH)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return answer

    async def _renew(self, key: Any, kept: _Kept, ask: Callable[[], Awaitable[Any]]) -> None:
        answer = asyncio.ensure_future(ask())
        self._running.add(answer)
        answer.add_done_callback(self._ended)
        await asyncio.wait([answer])
        if not _failed(answer) and key in self._kept:
            kept.answer = answer

    def _ended(self, answer: asyncio.Future[Any]) -> None:
        self._running.discard(answer)
        _failed(answer)  # looked at, so that a failure that nobody waits for is not told of as lost


def _failed(answer: asyncio.Future[Any]) -> bool:
    return answer.cancelled() or answer.exception() is not None
