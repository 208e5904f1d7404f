"""Crawling a Discourse forum into the store: all of it once, then what is new; killed at any moment, it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from more_itertools import chunked

from scraper.discourse import (
    ListedThread,
    ListPage,
    missing_post_ids,
    parse_categories,
    parse_list,
    parse_thread,
    posts_of,
)
from scraper.errors import (
    BadThreadError,
    BlockedError,
    NotJsonError,
    RedirectError,
    ScraperError,
    StatusError,
    UnreachableError,
)
from scraper.http import PoliteClient
from scraper.progress import Progress, silent
from scraper.pseudonyms import Pseudonymizer
from store import crawl as crawl_state
from store import sources, threads
from store.database import Database
from store.months import month_of, month_start
from store.values import AUTHORED_TAG, SourceKind, Thread, ThreadState

KNOWN_FORUMS = {"huggingface": "https://discuss.huggingface.co"}

_POSTS_A_REQUEST = 50
_MAX_TROUBLES = 10
_MAX_RELISTS = 3
_OVERLAP = timedelta(hours=1)
_EVER = "ever"


class Outcome(StrEnum):
    """How the reading of a thread ended, as the frontier keeps it."""

    STORED = "stored"
    MISSING = "missing"
    PRIVATE = "private"
    UNLISTED = "unlisted"
    FAILED = "failed"


@dataclass(slots=True)
class CrawlSummary:
    """What a crawl did. `threads` and `posts` were read and stored, `pending` are still to read."""

    source: str
    threads: int = 0
    posts: int = 0
    missing: int = 0
    private: int = 0
    unlisted: int = 0
    failed: int = 0
    list_pages: int = 0
    pending: int = 0
    requests: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


def crawl(
    db: Database,
    client: PoliteClient,
    *,
    pseudonyms: Pseudonymizer,
    known_as: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    progress: Progress = silent,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> CrawlSummary:
    """Bring the store up to date with the forum that the client points to.

    The first crawl takes all public threads that were created at `since` or later (default: all), oldest first;
    later ones take what has changed. `limit` ends the crawl after so many threads; the next one goes on there.
    Raises ScraperError when the forum cannot be read at all; what was stored until then stays, and the next crawl
    goes on. `known_as` is the forum's own address where the client reaches it through another one, as with a replay:
    it names the source and makes the links.
    """
    if limit is not None and limit < 1:
        raise ScraperError(f"limit is {limit}: write a number of threads of at least 1")
    started = time.monotonic()
    run = _Crawl(db, client, pseudonyms, known_as or client.base_url, progress, limit, now())
    requests_before = client.requests
    try:
        run.work(since)
    finally:
        run.summary.requests = client.requests - requests_before
        run.summary.seconds = time.monotonic() - started
    return run.summary


class _Crawl:
    """One crawl of one forum; all that must outlive it is in the store."""

    def __init__(
        self,
        db: Database,
        client: PoliteClient,
        pseudonyms: Pseudonymizer,
        address: str,
        progress: Progress,
        limit: int | None,
        started: datetime,
    ) -> None:
        self._db, self._client, self._pseudonyms = db, client, pseudonyms
        self._progress, self._limit, self._started = progress, limit, started
        self._source = sources.ensure(db, SourceKind.FORUM, address)
        self._categories: dict[int, str] = {}
        self._held: list[tuple[str, Outcome, str]] = []
        self._authored = self._source.authored
        self._tried: set[str] = set()
        self._newest: datetime | None = None
        self._gone = 0
        self.summary = CrawlSummary(source=address)

    # What to do, and in which order

    def work(self, since: datetime | None) -> None:
        """List and read until the store is up to date or the limit is reached."""
        self._categories = self._load_categories()
        mark = self._get("watermark")
        backfill = self._begin_backfill(since)
        done = self._list_and_read(backfill, mark)
        for _ in range(_MAX_RELISTS):
            # A thread that vanished moved all later ones up in the list, one of them perhaps past us between two
            # pages. Listing again shows it; nothing else is read twice.
            if not done or not self._gone:
                break
            self._gone = 0
            if backfill:
                self._set("page", self._get("first_page") or "0")
                self._set("listed", "")
            done = self._list_and_read(backfill, mark)
        self.summary.pending = crawl_state.pending_count(self._db, self._source.id)
        self._mark_coverage(complete=done and self.summary.pending <= len(self._tried))

    def _list_and_read(self, backfill: bool, mark: str | None) -> bool:
        """List what is not yet listed and read what is pending; False when the limit ended it."""
        if not backfill:
            self._list_changes(datetime.fromisoformat(mark) - _OVERLAP if mark else None)
        while not self._get("listed"):
            if self._limit is not None and self._room() <= crawl_state.pending_count(self._db, self._source.id):
                break
            self._list_page()
        return self._read_pending() and bool(self._get("listed"))

    def _begin_backfill(self, since: datetime | None) -> bool:
        """Set the list cursor if threads of this age were never listed; True while listing them is not done."""
        wanted = since.astimezone(UTC).isoformat() if since else _EVER
        begun = self._get("since")
        if begun is None or (begun != _EVER and (wanted == _EVER or wanted < begun)):
            if begun is None and (newest := self._newest_activity()):
                self._set("watermark", newest.isoformat())
            page = str(self._page_of(since)) if since else "0"
            for name, value in (("page", page), ("first_page", page), ("listed", ""), ("since", wanted)):
                self._set(name, value)
        return not self._get("listed")

    def _list_page(self) -> None:
        number = int(self._get("page") or 0)
        page = self._get_list(number, "created", ascending=True)
        self._take(page.threads)
        # The cursor moves after the threads are in the frontier: a kill in between lists the page again.
        self._set("page", str(number + 1))
        if not page.more:
            self._set("listed", "yes")

    def _list_changes(self, until: datetime | None) -> None:
        """List by activity, newest first, back to `until`."""
        found: list[ListedThread] = []
        number, more = 0, True
        while more:
            page = self._get_list(number, "activity", ascending=False)
            found += page.threads
            unpinned = [item.bumped_at for item in page.threads if item.bumped_at and not item.pinned]
            more = page.more and not (until is not None and unpinned and max(unpinned) < until)
            number += 1
        self._take(found)
        if newest := max((item.bumped_at for item in found if item.bumped_at), default=None):
            self._set("watermark", newest.isoformat())

    def _take(self, listed: Iterable[ListedThread]) -> None:
        """Add threads of the wanted age to the frontier, oldest first, so that a limit cuts at a point in time."""
        since = self._since()
        wanted = [item for item in listed if item.visible and not (since and (item.created_at or since) < since)]
        wanted.sort(key=lambda item: item.created_at or self._started)
        crawl_state.add_to_frontier(self._db, self._source.id, [(item.external_id, item.marker) for item in wanted])
        oldest = min((item.created_at for item in wanted if item.created_at), default=None)
        known = self._get("oldest")
        if oldest and (not known or oldest < datetime.fromisoformat(known)):
            self._set("oldest", oldest.isoformat())

    # Lists

    def _get_list(self, number: int, order: str, *, ascending: bool) -> ListPage:
        params = {"order": order, "ascending": "true" if ascending else "false", "page": number}
        page = parse_list(self._client.get_json("/latest.json", params))
        self.summary.list_pages += 1
        self._progress("lists", self.summary.list_pages, None)
        return page

    def _newest_activity(self) -> datetime | None:
        page = self._get_list(0, "activity", ascending=False)
        return max((item.bumped_at for item in page.threads if item.bumped_at), default=None)

    def _page_of(self, since: datetime) -> int:
        """First page, in order of creation, that may hold a thread from `since` on; found by halving."""
        low, high = 0, 1
        while self._ends_before(high, since):
            low, high = high, high * 2
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._ends_before(middle, since) else (low, middle)
        return max(low - 1, 0)

    def _ends_before(self, number: int, since: datetime) -> bool:
        page = self._get_list(number, "created", ascending=True)
        moments = [item.created_at for item in page.threads if item.created_at]
        return bool(moments) and page.more and max(moments) < since

    def _load_categories(self) -> dict[int, str]:
        try:
            return parse_categories(self._client.get_json("/categories.json", {"include_subcategories": "true"}))
        except StatusError:
            return {}

    # Threads

    def _room(self) -> int:
        return (self._limit or 0) - self._read_count()

    def _read_count(self) -> int:
        mine = self.summary
        return mine.threads + mine.missing + mine.private + mine.unlisted + mine.failed + len(self._held)

    def _read_pending(self) -> bool:
        """Read the threads of the frontier; False when the limit ended it."""
        total = self._read_count() + crawl_state.pending_count(self._db, self._source.id)
        for key in self._pending():
            if self._limit is not None and self._room() < 1:
                self._release()
                return False
            self._read_thread(key)
            self._progress("threads", self._read_count(), total)
        self._release()
        return True

    def _pending(self) -> Iterator[str]:
        while True:
            # Threads that could not be read are still pending, so ask for as many more.
            tried = self._tried | {key for key, _, _ in self._held}
            some = crawl_state.pending(self._db, self._source.id, 500 + len(tried))
            fresh = [key for key in some if key not in tried]
            if not fresh:
                return
            yield from fresh

    def _read_thread(self, key: str) -> None:
        try:
            thread = self._fetch_thread(key)
        except StatusError as error:
            if error.status in (404, 410):
                self._finish(key, Outcome.MISSING)
            elif error.status == 403:
                self._hold(key, Outcome.PRIVATE, str(error))
            else:
                self._hold(key, Outcome.FAILED, str(error))
        except (NotJsonError, RedirectError, UnreachableError) as error:
            self._hold(key, Outcome.FAILED, str(error))
        except BadThreadError as error:
            self._finish(key, Outcome.FAILED, str(error))
        else:
            self._release()
            self._store(key, thread)

    def _fetch_thread(self, key: str) -> Thread:
        body = self._client.get_json(f"/t/{key}.json")
        further = []
        for some in chunked(missing_post_ids(body), _POSTS_A_REQUEST):
            further += posts_of(self._client.get_json(f"/t/{key}/posts.json", {"post_ids[]": some}))
        return parse_thread(
            body,
            pseudonyms=self._pseudonyms,
            further_posts=further,
            base_url=self._source.name,
            categories=self._categories,
        )

    def _store(self, key: str, thread: Thread) -> None:
        if thread.state is ThreadState.UNLISTED:
            return self._finish(key, Outcome.UNLISTED)
        if thread.state in (ThreadState.DELETED, ThreadState.PRIVATE):
            return self._finish(key, Outcome.MISSING if thread.state is ThreadState.DELETED else Outcome.PRIVATE)
        if AUTHORED_TAG in thread.tags and not self._authored:
            sources.mark_authored(self._db, self._source.id)
            self._authored = True
        threads.save_thread(self._db, self._source.id, thread)
        if thread.external_id != key:  # moved: what was asked for is now part of another thread
            self._finish(key, Outcome.MISSING)
        crawl_state.mark_done(self._db, self._source.id, thread.external_id)
        self.summary.threads += 1
        self.summary.posts += len(thread.posts)
        self._newest = max(self._newest or thread.created_at, thread.created_at)
        return None

    # Outcomes

    def _finish(self, key: str, outcome: Outcome, why: str = "") -> None:
        state = {
            Outcome.MISSING: ThreadState.DELETED,
            Outcome.PRIVATE: ThreadState.PRIVATE,
            Outcome.UNLISTED: ThreadState.UNLISTED,
        }.get(outcome)
        if state is not None:
            threads.set_thread_state(self._db, self._source.id, key, state)
            self._gone += 1
        crawl_state.mark_done(self._db, self._source.id, key, f"{outcome}: {why}" if why else outcome.value)
        setattr(self.summary, outcome.value, getattr(self.summary, outcome.value) + 1)
        if outcome is Outcome.FAILED:
            self.summary.failures.append(f"thread {key}: {why}")

    def _hold(self, key: str, outcome: Outcome, why: str) -> None:
        """Hold an outcome back until another thread can be read.

        A site that keeps us out answers 403 to everything: taken at its word, it would empty the store.
        """
        self._held.append((key, outcome, why))
        if len(self._held) >= _MAX_TROUBLES:
            raise BlockedError(
                f"{len(self._held)} threads in a row could not be read, last: {why}. Nothing is lost: run again later"
            )

    def _release(self) -> None:
        held, self._held = self._held, []
        for key, outcome, why in held:
            if outcome is Outcome.FAILED:  # perhaps for the moment only: it stays pending for the next crawl
                self._tried.add(key)
                self.summary.failed += 1
                self.summary.failures.append(f"thread {key}: {why}")
            else:
                self._finish(key, outcome, why)

    def _mark_coverage(self, *, complete: bool) -> None:
        oldest = self._get("oldest")
        start = self._since() or (month_start(month_of(datetime.fromisoformat(oldest))) if oldest else None)
        if complete:
            reached = min(self._started, self._client.replayed_until or self._started)
            sources.mark_covered(self._db, self._source.id, start, reached)
            self._set("complete", "yes")
        elif self._newest and not self._get("complete"):
            sources.mark_covered(self._db, self._source.id, start, self._newest)

    def _since(self) -> datetime | None:
        value = self._get("since")
        return datetime.fromisoformat(value) if value and value != _EVER else None

    def _get(self, name: str) -> str | None:
        return crawl_state.get_cursor(self._db, self._source.id, name)

    def _set(self, name: str, value: str) -> None:
        crawl_state.set_cursor(self._db, self._source.id, name, value)
