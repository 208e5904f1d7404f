"""Where the crawl of one forum stands: what must outlive the process, as cursors in the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from scraper.discourse import ListedThread
from store import crawl as crawl_state
from store.database import Database

EVER = "ever"


class Standing:
    """The cursors of one source, which only one process sets at a time: what was read is remembered.

    since: oldest moment wanted, or `ever`; mode, first, window, page, listed: see lists.Backfill; watermark: latest
    activity listed; newest_post: highest post id seen in the feed, or `none` where the site has no feed; oldest:
    earliest creation seen; check: `due` until the sitemap was compared; complete: a crawl came to its end;
    categories: hash of their names; spent: a day and the requests made in it.
    """

    def __init__(self, db: Database, source_id: int) -> None:
        self._db = db
        self._source_id = source_id
        self._known: dict[str, str] = {}

    def get(self, name: str) -> str:
        """Value of a cursor; empty where it was never set."""
        if name not in self._known:
            self._known[name] = crawl_state.get_cursor(self._db, self._source_id, name) or ""
        return self._known[name]

    def moment(self, name: str) -> datetime | None:
        """Value of a cursor that holds a moment; None where there is none."""
        value = self.get(name)
        return datetime.fromisoformat(value) if value and value != EVER else None

    def put(self, values: Mapping[str, str]) -> None:
        """Set cursors, all together."""
        self.forget()
        crawl_state.set_cursors(self._db, self._source_id, values)

    def forget(self) -> None:
        """Read the cursors anew from the store, as what else sets them needs."""
        self._known.clear()

    def take(self, listed: Iterable[ListedThread], then: Mapping[str, str] | None = None) -> int:
        """Add threads of the wanted age to the frontier, then set cursors; returns how many are new or changed.

        Oldest first, so that a limit cuts at a point in time. A kill in between lists the page again.
        """
        wanted = self.wanted(listed)
        wanted.sort(key=lambda item: (item.created_at is None, item.created_at))
        values = dict(then or {})
        oldest = min((item.created_at for item in wanted if item.created_at), default=None)
        known = self.moment("oldest")
        if oldest and (known is None or oldest < known):
            values["oldest"] = oldest.isoformat()
        items = [(item.external_id, item.marker) for item in wanted]
        self.forget()
        return crawl_state.add_to_frontier(self._db, self._source_id, items, values)

    def wanted(self, listed: Iterable[ListedThread]) -> list[ListedThread]:
        """Those of the wanted age that are shown to all."""
        since = self.moment("since")
        return [item for item in listed if item.visible and not (since and (item.created_at or since) < since)]

    def unchanged(self, listed: Iterable[ListedThread]) -> bool:
        """Whether the frontier knows all of them as they are."""
        return crawl_state.unchanged(self._db, self._source_id, [(item.external_id, item.marker) for item in listed])
