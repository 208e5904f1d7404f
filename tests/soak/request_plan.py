"""How many requests a forum costs: forumlens beside Perceval's Discourse backend, counted from a dump of it.

    python -m tests.soak.request_plan threads.jsonl.gz

Perceval (0.8.0 of its backend) lists until a page is empty, and asks once for each thread and once for each post past
the twentieth. forumlens asks for those posts by fifties. robots.txt and retries are left out on both sides.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from scraper.replay.spool import read_lines

PER_PAGE, INLINE, A_REQUEST = 30, 20, 50


@dataclass(frozen=True, slots=True)
class Plan:
    """Requests for lists, for threads, and for posts that do not come with their thread."""

    lists: int
    threads: int
    posts: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.lists + self.threads + self.posts


def plans(posts_by_thread: Iterable[int]) -> tuple[Plan, Plan]:
    """What forumlens and what Perceval ask for, for threads of so many posts."""
    counts = list(posts_by_thread)
    more = [count - INLINE for count in counts if count > INLINE]
    pages = len(counts) // PER_PAGE + 1  # a full page promises another, also where the list ends with it
    ours = Plan(pages, len(counts), sum(ceil(count / A_REQUEST) for count in more))
    until_empty = ceil(len(counts) / PER_PAGE) + 1
    return ours, Plan(until_empty, len(counts), sum(more))


def _main() -> int:
    counts = [
        len(body["post_stream"]["posts"]) for _, _, body in read_lines(Path(sys.argv[1])) if "post_stream" in body
    ]
    for name, plan in zip(("forumlens", "Perceval"), plans(counts), strict=True):
        share = plan.total / max(1, len(counts))
        sys.stdout.write(f"{name}: {plan}, {plan.total} in all, {share:.3f} a thread\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
