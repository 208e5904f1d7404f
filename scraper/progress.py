"""How long-running work tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told what is going on (`lists`, `threads`, `models`, `rows`), how much is done, and of how much (or None)."""

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Take note; must be quick, it is called for every item."""


def silent(what: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""
