"""What a crawl did, in figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """How the reading of a thread ended, as the frontier keeps it."""

    STORED = "stored"
    MISSING = "missing"
    PRIVATE = "private"
    UNLISTED = "unlisted"
    OLDER = "older"
    FAILED = "failed"


@dataclass(slots=True)
class CrawlSummary:
    """What a crawl did.

    `threads` were read because they were new or seen to have changed, and stored with `posts`; `older` ones were read
    and left out, as they are older than what is wanted. `reread` were read in rotation, `reread_changed` of them had
    changed unseen. `posts_added`, `posts_edited`, `posts_deleted`: what that came to. `pending` are still to read.
    `stopped` is empty for a crawl that came to its end, else `limit` or `budget`. `waited` is in seconds, of refusals.
    """

    source: str
    threads: int = 0
    posts: int = 0
    missing: int = 0
    private: int = 0
    unlisted: int = 0
    older: int = 0
    failed: int = 0
    reread: int = 0
    reread_changed: int = 0
    posts_added: int = 0
    posts_edited: int = 0
    posts_deleted: int = 0
    list_pages: int = 0
    feed_pages: int = 0
    pending: int = 0
    requests: int = 0
    waited: float = 0.0
    seconds: float = 0.0
    stopped: str = ""
    failures: list[str] = field(default_factory=list)

    @property
    def finished(self) -> int:
        """Threads that this crawl is done with, the rotation left out."""
        return self.threads + self.missing + self.private + self.unlisted + self.older + self.failed

    def count(self, outcome: Outcome) -> None:
        """Count a thread that ended in another way than being stored."""
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)
