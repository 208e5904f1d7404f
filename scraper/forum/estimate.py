"""What a crawl would cost, before it is made: a few requests are spent to find out."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from scraper.discourse import ListedThread, parse_counts
from scraper.errors import StatusError
from scraper.forum.crawl import REREAD
from scraper.forum.lists import Backfill, Changes, Lists
from scraper.forum.standing import Standing
from scraper.forum.summary import CrawlSummary
from scraper.http import PoliteClient
from scraper.progress import Progress, silent
from store import crawl as crawl_state
from store.database import Database
from store.months import month_of
from store.sources import all_sources
from store.values import SourceKind

_LIST_SIZE, _FIRST_POSTS, _POSTS_A_REQUEST = 30, 20, 50
_SAMPLES = 4
_SITEMAP_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a crawl would ask for. `seconds` at the pace allowed, refusals not foreseen; `spent`: to find it out.

    `threads` are to be read for being new or changed, `reread` for their turn; `requests` is the sum of `lists`,
    `for_threads` and `for_reread`.
    """

    source: str
    threads: int
    reread: int
    lists: int
    for_threads: int
    for_reread: int
    requests: int
    seconds: float
    spent: int


def estimate(
    db: Database,
    client: PoliteClient,
    *,
    known_as: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    reread: int = REREAD,
    full: bool = False,
    progress: Progress = silent,
) -> Estimate:
    """Say how many requests `crawl` with the same arguments would make, and how long it would take.

    Nothing is stored. How many posts a thread has is taken from a few list pages, spread evenly. Raises ScraperError
    when the forum cannot be read.
    """
    before, began = client.requests, time.monotonic()
    name = known_as or client.base_url
    lists = Lists(client, CrawlSummary(name), progress)
    source = next((one for one in all_sources(db) if one.kind is SourceKind.FORUM and one.name == name), None)
    standing = Standing(db, source.id) if source else None
    since = since.astimezone(UTC) if since else None
    known = len(crawl_state.outcomes(db, source.id)) if source else 0
    now = datetime.now(UTC)
    pending = crawl_state.pending_count(db, source.id, now) if source else 0
    if source and standing and Backfill(lists, standing, now).needs_changes_only(since, again=full):
        changed, sample, pages = Changes(db, source.id, lists, standing, client).count()
        threads, asked = pending + changed, pages + 2
    else:
        threads, sample, asked = _whole(client, lists, since)
        known = max(known, threads)
    if limit is not None:
        threads = min(threads, limit)
    each = _requests_a_thread(sample)
    turns = 0 if limit is not None and threads >= limit else min(reread, max(known - threads, 0))
    for_threads, for_reread = math.ceil(threads * each), math.ceil(turns * each)
    total = asked + for_threads + for_reread
    spent = client.requests - before
    pace = max(client.pace.delay, (time.monotonic() - began) / max(spent, 1))
    return Estimate(name, threads, turns, asked, for_threads, for_reread, total, total * pace, spent)


def _whole(client: PoliteClient, lists: Lists, since: datetime | None) -> tuple[int, list[ListedThread], int]:
    """Threads of the wanted age, some of them, and how many requests it takes to list them all."""
    first = lists.page_of(since) if since else 0
    total = _count_of_threads(client, lists)
    last = max(math.ceil(total / _LIST_SIZE) - 1, first)
    numbers = sorted({first + round(step * (last - first) / (_SAMPLES - 1)) for step in range(_SAMPLES)})
    sample = [item for number in numbers for item in lists.by_creation(number).threads]
    wanted = [item for item in sample if not (since and item.created_at and item.created_at < since)]
    latest = [item.bumped_at for item in lists.by_activity(0).threads if item.bumped_at]
    begun = [item.created_at for item in wanted if item.created_at]
    months = month_of(max(latest)) - month_of(min(begun)) + 1 if latest and begun else 1
    threads = max(total - first * _LIST_SIZE, len(wanted))
    other = 5 + math.ceil(total / _SITEMAP_SIZE)  # categories, feed, first and last page, maps
    return threads, wanted, months + threads // _LIST_SIZE + other


def _count_of_threads(client: PoliteClient, lists: Lists) -> int:
    """As the forum itself counts them, else found by looking for the last page."""
    try:
        if count := parse_counts(client.get_json("/about.json"))[0]:
            return count
    except StatusError:
        pass
    return (lists.page_of(datetime.now(UTC)) + 1) * _LIST_SIZE


def _requests_a_thread(sample: list[ListedThread]) -> float:
    beyond = (math.ceil(max(item.posts - _FIRST_POSTS, 0) / _POSTS_A_REQUEST) for item in sample)
    return 1 + sum(beyond) / len(sample) if sample else 1.0
