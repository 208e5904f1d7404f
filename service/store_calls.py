"""Blocking store calls, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from google.protobuf.message import Message

from service.errors import BusyError
from service.repeats import Repeats
from service.tracing import Tracing

T = TypeVar("T")
Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)


class StoreCalls:
    """A few threads that read the store; raises BusyError when too many calls wait for them."""

    def __init__(self, repeats: Repeats, threads: int = 4, waiting: int = 256, tracing: Tracing | None = None) -> None:
        self._repeats = repeats
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="store")
        self._most = threads + waiting
        self._running = 0
        self._tracing = tracing or Tracing()

    async def answer(self, request: Q, work: Callable[[Q], A]) -> A:
        """What `work` makes of a request, which it may have made before: see Repeats for what may be asked so."""
        return await self.run(lambda: self._repeats.answer(request, work))

    async def run(self, work: Callable[[], T]) -> T:
        """Result of `work`, which is run on one of the threads."""
        if self._running >= self._most:
            raise BusyError(f"{self._running} calls are waiting for the store: retry later", retry_after=1.0)
        self._running += 1
        with self._tracing.step("store", running=self._running):
            future = asyncio.get_running_loop().run_in_executor(self._pool, work)
            future.add_done_callback(self._done)
            return await future

    def close(self) -> None:
        """Wait for what runs and end the threads."""
        self._pool.shutdown(cancel_futures=True)

    def _done(self, _future: object) -> None:
        self._running -= 1
