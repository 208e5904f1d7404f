"""Answers that were given before, at hand while nothing that they are made from has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Any, TypeVar, cast

from cachetools import LRUCache
from google.protobuf.message import Message

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)

MOST_BYTES = 32 * 2**20


class Repeats:
    """Keeps the answers that were asked for last. What it gives is shared: whoever gets an answer must not change it.

    For answers from the store, the labels and the families alone: neither who asks nor the hour may matter. What counts
    as a whole month or week changes with the day, so an answer is good for its day (UTC).
    """

    def __init__(self, version: Callable[[], object], most_bytes: int = MOST_BYTES) -> None:
        """version: another value whenever an answer may be another one."""
        self._version = version
        self._most_bytes = most_bytes
        self._kept: LRUCache[Any, Message] = LRUCache(most_bytes, getsizeof=_size)
        self._lock = Lock()
        self.hits = self.misses = 0

    def answer(self, request: Q, work: Callable[[Q], A]) -> A:
        """What `work` makes of a request, or made of it before. Raises ReadError, and whatever `work` raises."""
        asked = request.DESCRIPTOR.full_name, request.SerializeToString(deterministic=True)
        key = *asked, self._version(), datetime.now(UTC).date()
        with self._lock:
            known = cast(A | None, self._kept.get(key))
            self.hits += known is not None
            self.misses += known is None
        if known is not None:
            return known
        fresh = work(request)
        if _size(fresh) <= self._most_bytes:
            with self._lock:
                self._kept[key] = fresh
        return fresh


def _size(message: Message) -> int:
    """Bytes in memory, about: a message takes some times more than it does on the wire."""
    return 1_024 + 4 * message.ByteSize()
