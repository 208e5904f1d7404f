"""Listing: which threads there are, in month windows or by creation, and which have changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from scraper.discourse import ListedThread, ListPage, NewPost, parse_feed, parse_list
from scraper.errors import BadThreadError, RobotsError, StatusError
from scraper.forum.standing import EVER, Standing
from scraper.forum.summary import CrawlSummary
from scraper.http import Params, PoliteClient
from scraper.progress import Progress
from store import crawl as crawl_state
from store.database import Database
from store.months import month_of, month_start

_OVERLAP = timedelta(hours=1)
_A_DAY = timedelta(days=1)
_MOST_FEED_PAGES = 40
_UNSUPPORTED = (400, 403, 404, 410)
WINDOWS, PAGES = "windows", "pages"


class Lists:
    """The lists of a forum, page by page."""

    def __init__(self, client: PoliteClient, summary: CrawlSummary, progress: Progress) -> None:
        self._client, self._summary, self._progress = client, summary, progress

    def by_creation(self, number: int) -> ListPage:
        """A page (from 0) in order of creation, oldest first."""
        return self._get("/latest.json", {"order": "created", "ascending": "true", "page": number})

    def by_activity(self, number: int) -> ListPage:
        """A page (from 0) in order of the last activity, newest first."""
        return self._get("/latest.json", {"order": "activity", "ascending": "false", "page": number})

    def of_month(self, month: int, number: int) -> ListPage:
        """A page (from 0) of the threads created in a month, oldest first. Both ends of a filter are inclusive."""
        start, end = (f"{month_start(m):%Y-%m-%d}" for m in (month, month + 1))
        query = f"created-after:{start} created-before:{end} order:created-asc"
        return self._get("/filter.json", {"q": query, "page": number})

    def page_of(self, since: datetime) -> int:
        """First page, in order of creation, that may hold a thread from `since` on; found by halving."""
        low, high = 0, 1
        while self._ends_before(high, since):
            low, high = high, high * 2
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._ends_before(middle, since) else (low, middle)
        return max(low - 1, 0)

    def _ends_before(self, number: int, since: datetime) -> bool:
        page = self.by_creation(number)
        moments = [item.created_at for item in page.threads if item.created_at]
        return bool(moments) and page.more and max(moments) < since

    def _get(self, path: str, params: Params) -> ListPage:
        page = parse_list(self._client.get_json(path, params))
        self._summary.list_pages += 1
        self._progress("lists", self._summary.list_pages, None)
        return page


class Backfill:
    """Lists all threads of the wanted age, page by page; each page is a safe place to stop.

    In month windows (`/filter`) where the site has them, for deep pages are dear to a forum and shift while it is
    read; else in order of creation. Cursors: `mode`; `window` (a month) and `page` within it; `first`, the window or
    page where it began; `listed` when done.
    """

    def __init__(self, lists: Lists, standing: Standing, started: datetime) -> None:
        self._lists, self._standing, self._started = lists, standing, started

    @property
    def done(self) -> bool:
        """Whether all threads of the wanted age were listed."""
        return bool(self._standing.get("listed"))

    def reach(self, since: datetime | None, *, again: bool) -> str | None:
        """From when on to list anew, None where what was listed before is enough."""
        wanted = since.isoformat() if since else EVER
        begun = self._standing.get("since")
        if not begun or (begun != EVER and (wanted == EVER or wanted < begun)):
            return wanted
        return begun if again else None

    def needs_changes_only(self, since: datetime | None, *, again: bool) -> bool:
        """Whether only what changed has to be listed."""
        return self.reach(since, again=again) is None and self.done

    def first_cursors(self, reach: str) -> dict[str, str]:
        """The cursors of a listing that begins anew."""
        activity = self._lists.by_activity(0)
        newest = max((item.bumped_at for item in activity.threads if item.bumped_at), default=None)
        values = {"since": reach, "listed": "", "check": "due"}
        if newest:
            values["watermark"] = newest.isoformat()
        return values | self._start(None if reach == EVER else datetime.fromisoformat(reach))

    def resume(self) -> None:
        """Go back one page: threads that vanished since then may have moved others up past the cursor."""
        page, first = int(self._standing.get("page") or 0), self._standing.get("first")
        least = int(first or 0) if self._standing.get("mode") == PAGES else 0
        if not self.done and page > least:
            self._standing.put({"page": str(page - 1)})

    def restart(self) -> None:
        """List all over again, from where it began."""
        place = "page" if self._standing.get("mode") == PAGES else "window"
        self._standing.put({"page": "0", place: self._standing.get("first"), "listed": ""})

    def list_page(self) -> None:
        """List one more page."""
        if self._standing.get("mode") == WINDOWS:
            self._list_window()
        else:
            number = int(self._standing.get("page") or 0)
            page = self._lists.by_creation(number)
            self._standing.take(page.threads, {"page": str(number + 1), "listed": "" if page.more else "yes"})

    def _start(self, since: datetime | None) -> dict[str, str]:
        month = month_of(since) if since else self._oldest_month()
        return {"mode": WINDOWS, "first": str(month), "window": str(month), "page": "0"}

    def _oldest_month(self) -> int:
        moments = [item.created_at for item in self._lists.by_creation(0).threads if item.created_at]
        return month_of(min(moments, default=self._started))

    def _list_window(self) -> None:
        month, number = int(self._standing.get("window")), int(self._standing.get("page") or 0)
        page = self._window_page(month, number)
        if page is None:
            since = self._standing.moment("since")
            first = str(self._lists.page_of(since) if since else 0)
            self._standing.put({"mode": PAGES, "first": first, "page": first})
            return
        if page.more:
            values = {"page": str(number + 1)}
        else:
            values = {"window": str(month + 1), "page": "0", "listed": "yes" if month >= self._last_month() else ""}
        self._standing.take(page.threads, values)

    def _last_month(self) -> int:
        """Month of the latest activity: what was made after it is found as a change."""
        return month_of(self._standing.moment("watermark") or self._started)

    def _window_page(self, month: int, number: int) -> ListPage | None:
        """A page of a window; None where the site has no such windows or does not keep to them."""
        try:
            page = self._lists.of_month(month, number)
        except StatusError as error:
            if error.status not in _UNSUPPORTED:
                raise
            return None
        except (RobotsError, BadThreadError):
            return None
        start, end = month_start(month) - _A_DAY, month_start(month + 1) + _A_DAY
        kept = all(start <= item.created_at <= end for item in page.threads if item.created_at)
        first = self._standing.get("since") == EVER and str(month) == self._standing.get("first") and not number
        watermark = self._standing.get("watermark")
        return page if kept and (page.threads or not first or not watermark) else None


class Changes:
    """Finds what is new since the last crawl: by activity, and by the feed of new posts, which needs no bump."""

    def __init__(self, db: Database, source_id: int, lists: Lists, standing: Standing, client: PoliteClient) -> None:
        self._db, self._source_id = db, source_id
        self._lists, self._standing, self._client = lists, standing, client

    def list_activity(self) -> None:
        """List by activity, newest first, back to an hour before the last crawl, or to a whole page that is known."""
        found, _ = self._list()
        newest = max((item.bumped_at for item in found if item.bumped_at), default=None)
        self._standing.take(found, {"watermark": newest.isoformat()} if newest else None)

    def count(self) -> tuple[int, list[ListedThread], int]:
        """How many threads the list by activity shows as changed, these threads, and the pages it took."""
        found, pages = self._list()
        changed = [item for item in self._standing.wanted(found) if not self._standing.unchanged([item])]
        return len({item.external_id for item in changed}), changed, pages

    def _list(self) -> tuple[list[ListedThread], int]:
        mark = self._standing.moment("watermark")
        found: list[ListedThread] = []
        number, more = 0, True
        while more:
            page = self._lists.by_activity(number)
            found += page.threads
            more = page.more and not (mark is not None and self._is_known(page, mark - _OVERLAP))
            number += 1
        return found, number

    def read_feed(self, summary: CrawlSummary) -> None:
        """Make the threads of new posts pending, but for posts that the store has.

        The first time only notes where the feed is. Beyond some pages the list by activity is cheaper and tells enough.
        """
        mark = self._standing.get("newest_post")
        if mark == "none":
            return
        known, newest, before = int(mark or 0), 0, 0
        for _ in range(_MOST_FEED_PAGES if known else 1):
            page = self._feed_page(before)
            if page is None:
                self._standing.put({"newest_post": "none"})
                return
            summary.feed_pages += 1
            newest = max(newest, page[0].id if page else 0)
            if known:
                self._note([post for post in page if post.id > known])
            if not page or page[-1].id <= known:
                break
            before = page[-1].id - 1
        self._standing.put({"newest_post": str(max(newest, known))})

    def _feed_page(self, before: int) -> tuple[NewPost, ...] | None:
        """Posts up to an id (0: the newest); None where the site has no such feed."""
        try:
            return parse_feed(self._client.get_json("/posts.json", {"before": before} if before else None))
        except StatusError as error:
            if error.status not in _UNSUPPORTED:
                raise
        except (RobotsError, BadThreadError):
            pass
        return None

    def _note(self, new: list[NewPost]) -> None:
        stored = crawl_state.known_posts(self._db, self._source_id, [str(post.id) for post in new])
        keys = list(dict.fromkeys(post.thread for post in new if str(post.id) not in stored))
        if self._standing.moment("since"):  # the feed does not tell how old a thread is
            known = crawl_state.known_threads(self._db, self._source_id, keys)
            keys = [key for key in keys if key in known]
        crawl_state.read_again(self._db, self._source_id, keys)

    def _is_known(self, page: ListPage, until: datetime) -> bool:
        rows = [item for item in page.threads if not item.pinned]
        moments = [item.bumped_at for item in rows if item.bumped_at]
        if moments and min(moments) < until:
            return True
        return bool(rows) and len(self._standing.wanted(rows)) == len(rows) and self._standing.unchanged(rows)
