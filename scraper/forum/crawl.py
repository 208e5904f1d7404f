"""A crawl from its begin to its end: list, read, check, re-read."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256

from scraper.discourse import parse_categories
from scraper.errors import BudgetError, ScraperError, StatusError
from scraper.forum.lists import Backfill, Changes, Lists
from scraper.forum.standing import Standing
from scraper.forum.summary import CrawlSummary
from scraper.forum.threads import Reader, Task
from scraper.forum.verify import unlisted_threads
from scraper.holding import only_crawler
from scraper.http import PoliteClient
from scraper.progress import Progress, silent
from scraper.pseudonyms import Pseudonymizer
from store import crawl as crawl_state
from store import sources
from store.database import Database
from store.months import month_of, month_start
from store.values import Source, SourceKind

KNOWN_FORUMS = {"huggingface": "https://discuss.huggingface.co"}
REREAD = 20
"""Threads that a crawl reads again for their turn, where nothing else is said."""

_log = logging.getLogger(__name__)

_MAX_RELISTS = 3
_AT_ONCE = 500
_NOTE_EVERY = 25


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def crawl(
    db: Database,
    client: PoliteClient,
    *,
    pseudonyms: Pseudonymizer,
    known_as: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    reread: int = REREAD,
    full: bool = False,
    budget: int | None = None,
    progress: Progress = silent,
    now: Callable[[], datetime] = utc_now,
) -> CrawlSummary:
    """Bring the store up to date with the forum that the client points to.

    The first crawl takes all public threads that were created at `since` or later (default: all), oldest first;
    later ones take what has changed, and read `reread` threads again that were not read for longest: that finds edits,
    deletions, moves and likes which the lists do not show. `full` lists and reads everything again. `limit` ends the
    crawl after so many threads, `budget` after so many requests in a day (UTC), earlier crawls counted; the next one
    goes on there, also after a kill or an error.

    `known_as` is the forum's own address where the client reaches it through another one, as with a replay: it names
    the source and makes the links.

    Raises ScraperError when the forum cannot be read at all, BusyCrawlError when another crawl of it is running on
    this store, and WriteError when the store cannot be written; what was stored until then stays.
    """
    if limit is not None and limit < 1:
        raise ScraperError(f"limit is {limit}: write a number of threads of at least 1")
    if reread < 0:
        raise ScraperError(f"reread is {reread}: write a number of threads, or 0 for none")
    began = time.monotonic()
    source = sources.ensure(db, SourceKind.FORUM, known_as or client.base_url)
    standing = Standing(db, source.id)
    requests, waited = client.requests, client.waited
    summary = CrawlSummary(source.name)
    try:
        with only_crawler(db, source), _counting(standing, client, budget, now()) as note:
            run = _Crawl(db, client, source, standing, pseudonyms, summary, _also(note, progress), limit, now)
            run.work(since, full, reread)
    except BudgetError as error:
        _log.info("%s", error)
        summary.stopped = "budget"
    finally:
        summary.requests = client.requests - requests
        summary.waited = client.waited - waited
        summary.seconds = time.monotonic() - began
        summary.pending = crawl_state.pending_count(db, source.id)
        _log.info("crawl ended: %s", summary)
    return summary


@contextmanager
def _counting(
    standing: Standing, client: PoliteClient, budget: int | None, now: datetime
) -> Iterator[Callable[[], None]]:
    """Keep to a day's budget of requests to the forum; gives what notes how many were made, and does so at the end."""
    today = f"{now:%Y-%m-%d}"
    day, _, number = standing.get("spent").partition(" ")
    before = int(number or 0) if day == today else 0
    begun = client.requests
    if budget is not None:
        client.budget = min(begun + max(budget - before, 0), client.budget or begun + budget)

    def note() -> None:
        standing.put({"spent": f"{today} {before + client.requests - begun}"})

    try:
        yield note
    finally:
        note()


def _also(note: Callable[[], None], progress: Progress) -> Progress:
    """The progress, and a note now and then of what was spent, which a kill must not lose."""

    def told(what: str, done: int, total: int | None) -> None:
        if done % _NOTE_EVERY == 0:
            note()
        progress(what, done, total)

    return told


class _Crawl:
    """One crawl of one forum; all that must outlive it is in the store."""

    def __init__(
        self,
        db: Database,
        client: PoliteClient,
        source: Source,
        standing: Standing,
        pseudonyms: Pseudonymizer,
        summary: CrawlSummary,
        progress: Progress,
        limit: int | None,
        now: Callable[[], datetime],
    ) -> None:
        self._db, self._client, self._source, self._standing = db, client, source, standing
        self._summary, self._progress, self._limit = summary, progress, limit
        self._started = now()
        self._changes_due = False
        lists = Lists(client, summary, progress)
        self._backfill = Backfill(lists, standing, self._started)
        self._changes = Changes(db, source.id, lists, standing, client)
        self._reader = Reader(db, client, lists, source, standing, pseudonyms, summary, now)

    def work(self, since: datetime | None, full: bool, reread: int) -> None:
        """List and read until the store is up to date, or the limit is reached."""
        self._take_categories(self._load_categories())
        self._begin(since.astimezone(UTC) if since else None, full)
        done = self._list_and_read()
        if done and self._standing.get("check") == "due":
            done = self._check_listing()
        self._mark_coverage(complete=done and self._pending_count() <= len(self._reader.tried))
        if done:
            self._reread(reread)
        else:
            self._summary.stopped = "limit"

    def _begin(self, since: datetime | None, full: bool) -> None:
        """Find out what to list: all threads, the rest of them, or what changed."""
        reach = self._backfill.reach(since, again=full)
        if reach is not None:
            if full:
                self._standing.put({"newest_post": ""})
            self._changes.read_feed(self._summary)
            cursors = self._backfill.first_cursors(reach)
            if full:
                crawl_state.read_all_again(self._db, self._source.id, cursors)
                self._standing.forget()
            else:
                self._standing.put(cursors)
        elif not self._backfill.done:
            self._backfill.resume()
        self._changes_due = reach is None

    def _list_and_read(self) -> bool:
        """List what is not yet listed and read what is pending; False when the limit ended it."""
        while not self._backfill.done:
            if self._limit is not None and self._room() <= self._pending_count():
                break
            self._backfill.list_page()
        if self._backfill.done and self._changes_due:
            self._changes_due = False
            self._changes.read_feed(self._summary)
            self._changes.list_activity()
        return self._read_pending() and self._backfill.done

    def _read_pending(self) -> bool:
        """Read the threads of the frontier; False when the limit ended it."""
        total = self._summary.finished + self._pending_count()
        for key in self._pending():
            if self._limit is not None and self._room() < 1:
                self._reader.release()
                return False
            self._reader.read(Task(key))
            self._progress("threads", self._summary.finished, total)
        self._reader.release()
        return True

    def _pending(self) -> Iterator[str]:
        while True:
            # Threads that could not be read are still pending, so ask for as many more.
            tried = self._reader.tried | self._reader.held
            some = crawl_state.pending(self._db, self._source.id, self._started, _AT_ONCE + len(tried))
            fresh = [key for key in some if key not in tried]
            if not fresh:
                return
            yield from fresh

    def _check_listing(self) -> bool:
        """Read what all lists missed; False when the limit ended it.

        A thread that vanished moved all later ones up in the list, one of them perhaps past us between two pages. The
        sitemap shows it, or else listing again; nothing is read twice.
        """
        missing = unlisted_threads(self._db, self._source.id, self._client, self._standing.moment("since"))
        if missing is not None:
            _log.info("the sitemap shows %d threads that no list did", len(missing))
            crawl_state.read_again(self._db, self._source.id, missing)
        for _ in range(_MAX_RELISTS if missing is None else 0):
            if not self._reader.gone:
                break
            self._reader.gone = 0
            self._backfill.restart()
            if not self._list_and_read():
                return False
        self._standing.put({"check": "done"})
        return self._read_pending()

    def _reread(self, budget: int) -> None:
        tasks = crawl_state.next_in_rotation(self._db, self._source.id, budget, self._started)
        for number, (key, etag, outcome) in enumerate(tasks, 1):
            self._reader.read(Task(key, etag, outcome, rotation=True))
            self._progress("re-read", number, len(tasks))
        self._reader.release()
        if tasks:  # posts that were seen to have moved leave a thread to read
            self._read_pending()

    def _load_categories(self) -> dict[int, str]:
        for path, params in (("/categories.json", {"include_subcategories": "true"}), ("/site.json", None)):
            try:
                if found := parse_categories(self._client.get_json(path, params)):
                    return found
            except StatusError as error:
                if error.status >= 500:  # without their names, categories would seem to have been renamed
                    raise
                _log.info("no categories: %s", error)
        return {}

    def _take_categories(self, names: dict[int, str]) -> None:
        state = sha256(json.dumps(names, sort_keys=True).encode()).hexdigest()
        if state != self._standing.get("categories"):
            # A renamed category leaves the body of a thread as it was: none may count as unchanged for that.
            crawl_state.forget_etags(self._db, self._source.id)
            self._standing.put({"categories": state})
        self._reader.categories = names

    def _room(self) -> int:
        return (self._limit or 0) - self._summary.finished - len(self._reader.held)

    def _pending_count(self) -> int:
        return crawl_state.pending_count(self._db, self._source.id, self._started)

    def _mark_coverage(self, *, complete: bool) -> None:
        oldest = self._standing.moment("oldest")
        start = self._standing.moment("since") or (month_start(month_of(oldest)) if oldest else None)
        if complete:
            reached = min(self._started, self._client.replayed_until or self._started)
            sources.mark_covered(self._db, self._source.id, start, reached)
            self._standing.put({"complete": "yes"})
        elif self._reader.newest and not self._standing.get("complete"):
            sources.mark_covered(self._db, self._source.id, start, self._reader.newest)
