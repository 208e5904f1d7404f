"""Listing the models of a Hub into the store, newest first; a killed run goes on at the page where it was.

The pages are walked here, with the client of `huggingface_hub`, because its `list_models` does not tell where it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from scraper.errors import BadFieldError, NotJsonError, RedirectError
from scraper.holding import only_crawler
from scraper.hub_client import HUB, HubClient, origin
from scraper.model_rows import UNKNOWN_UNTIL, Families, parse_model
from scraper.progress import Progress, silent
from store import crawl as crawl_state
from store import models, sources
from store.database import Database
from store.months import month_of, month_start
from store.values import AUTHORED_TAG, HubModel, Source, SourceKind

__all__ = ["HUB", "HubSummary", "crawl_hub"]

_FIELDS = (
    "createdAt",
    "config",
    "pipeline_tag",
    "library_name",
    "cardData",
    "siblings",
    "downloads",
    "likes",
    "tags",
    "gated",
    "lastModified",
)
_PAGE_SIZE = 1000
_OVERLAP = timedelta(hours=1)
_EVER = "ever"


@dataclass(slots=True)
class HubSummary:
    """What a run did, and what the store then holds of this Hub.

    `models` were read in this run, `unknown_dates` of them without a creation time and `gated` open on request only;
    `gone` were found to be no longer there, which only a full listing finds. `stored`, `stored_gone`: of the source.
    `waited`: seconds spent waiting for the Hub's quota.
    """

    source: str
    models: int = 0
    unknown_dates: int = 0
    gated: int = 0
    gone: int = 0
    failed: int = 0
    pages: int = 0
    requests: int = 0
    stored: int = 0
    stored_gone: int = 0
    waited: float = 0.0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Page:
    models: tuple[HubModel, ...]
    newest: datetime | None
    oldest: datetime | None
    reaches_unknown: bool
    unread: tuple[str, ...]
    next_url: str

    def ends(self, until: datetime | None) -> bool:
        """Whether a list, newest first, holds nothing more that was created at `until` or later."""
        if not self.next_url:
            return True
        return until is not None and (self.reaches_unknown or (self.oldest is not None and self.oldest < until))


def crawl_hub(
    db: Database,
    *,
    client: HubClient,
    families: Families | None = None,
    known_as: str | None = None,
    since: datetime | None = None,
    full: bool = False,
    progress: Progress = silent,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> HubSummary:
    """Bring the store up to date with a Hub: its models created at `since` or later (default: all).

    A later run takes what was created since the one before; figures of older models stay as they were, unless `full`
    asks for all of the list anew: that also finds which models are gone. A run that is cut short, also a full one, is
    taken up by the next.

    Raises ScraperError when the list cannot be read, BusyCrawlError when another crawl of this Hub is running on this
    store; what was stored until then stays.

    `families` gives the usual names of model types; where its table has changed, stored models follow it. `known_as`
    names the source where the endpoint is not its own address, as with a replay.
    """
    started = time.monotonic()
    source = sources.ensure(db, SourceKind.HUB, known_as or client.endpoint)
    with only_crawler(db, source):
        run = _HubRun(db, client, source, families, progress, now())
        try:
            run.work(since, full=full)
        finally:
            run.sum_up(time.monotonic() - started)
    return run.summary


def begin_snapshot(db: Database, source_id: int) -> int:
    """Number of a full listing that comes from a file."""
    listing = int(crawl_state.get_cursor(db, source_id, "listing") or 1) + 1
    crawl_state.set_cursor(db, source_id, "listing", str(listing))
    return listing


def end_snapshot(db: Database, source_id: int, listing: int, oldest: datetime, newest: datetime) -> int:
    """Let later runs go on from a snapshot that was stored under this number; returns how many models are gone."""
    gone = models.mark_gone(db, source_id, listing, None)
    state = {"since": _EVER, "oldest": oldest.isoformat(), "newest": newest.isoformat()}
    for name, value in {**state, "rest": "", "head": "", "full": ""}.items():
        crawl_state.set_cursor(db, source_id, name, value)
    return gone


class _HubRun:
    """One run over a Hub's list; all that must outlive it is in the store."""

    def __init__(
        self,
        db: Database,
        client: HubClient,
        source: Source,
        families: Families | None,
        progress: Progress,
        started: datetime,
    ) -> None:
        self._db, self._client, self._progress, self._started = db, client, progress, started
        self._source, self._families = source, families
        self._authored = self._source.authored
        self._requests, self._waited = client.requests, client.waited
        self.summary = HubSummary(source=self._source.name)

    def work(self, since: datetime | None, *, full: bool) -> None:
        """Go on with what was cut short, take what is new, and list all anew where that is asked for."""
        self._follow_families()
        wanted = since.astimezone(UTC).isoformat() if since else _EVER
        begun = self._get("since")
        if begun is None or (begun != _EVER and (wanted == _EVER or wanted < begun)):
            self._set("since", wanted)
            self._set("newest", self._get("newest") or "")
            self._begin("rest", None)
        else:
            self._walk("head")
            if newest := self._get("newest"):
                self._begin("head", datetime.fromisoformat(newest) - _OVERLAP)
                self._walk("head")
        self._walk("rest")
        if full and not self._get("full"):
            self._set("listing", str(self._listing() + 1))
            self._begin("full", None)
        if self._walk("full"):
            self.summary.gone = models.mark_gone(self._db, self._source.id, self._listing(), self._since())
        self._mark_coverage()

    def sum_up(self, seconds: float) -> None:
        """Complete the summary."""
        held = models.model_counts(self._db, self._source.id)
        self.summary.stored, self.summary.stored_gone = held.models, held.gone
        self.summary.requests = self._client.requests - self._requests
        self.summary.waited = self._client.waited - self._waited
        self.summary.seconds = seconds

    # Walks: each is a list that is gone through from its head to a moment, and remembers the page that comes next

    def _begin(self, walk: str, until: datetime | None) -> None:
        self._set(f"{walk}_until", until.isoformat() if until else "")
        self._set(f"{walk}_newest", "")
        self._set_next(walk, self._first_url())

    def _walk(self, walk: str) -> bool:
        """Go through the rest of a walk; whether there was one."""
        if not self._get(walk):
            return False
        told = self._get(f"{walk}_until")
        until = datetime.fromisoformat(told) if told else self._since()
        while url := self._get(walk):
            page = self._page(urljoin(self._client.endpoint, url))
            self._save(page)
            if page.newest and not self._get(f"{walk}_newest"):
                self._set(f"{walk}_newest", page.newest.isoformat())
            if walk != "head" and page.oldest:
                self._set("oldest", page.oldest.isoformat())
            last = page.ends(until)
            # A list from its head on leaves no gap below what is newest; a head does once it has met what is known.
            if (last or walk != "head") and (newest := self._get(f"{walk}_newest")):
                self._set("newest", max(newest, self._get("newest") or ""))
            self._set_next(walk, "" if last else page.next_url)
        return True

    def _save(self, page: _Page) -> None:
        since = self._since()
        wanted = [model for model in page.models if since is None or (model.created_at and model.created_at >= since)]
        if not self._authored and any(AUTHORED_TAG in model.tags for model in wanted):
            sources.mark_authored(self._db, self._source.id)
            self._authored = True
        models.save_models(self._db, self._source.id, wanted, listing=self._listing())
        models.keep_listed(self._db, self._source.id, page.unread, self._listing())
        self.summary.models += len(wanted)
        self.summary.unknown_dates += sum(model.created_at is None for model in wanted)
        self.summary.gated += sum(bool(model.gated) for model in wanted)
        self._progress("models", self.summary.models, None)

    def _page(self, url: str) -> _Page:
        rows, next_url = self._fetch(url)
        read: list[HubModel] = []
        unread: list[str] = []
        for row in rows:
            try:
                read.append(parse_model(row, from_hub=True, families=self._families))
            except BadFieldError as error:
                self.summary.failed += 1
                self.summary.failures.append(f"model {row.get('id')!r}: {error}")
                unread.append(str(row.get("id")))
        self.summary.pages += 1
        moments = [model.created_at for model in read if model.created_at]
        return _Page(
            models=tuple(read),
            newest=max(moments, default=None),
            oldest=min(moments, default=None),
            reaches_unknown=len(moments) < len(read),
            unread=tuple(unread),
            next_url=next_url,
        )

    def _fetch(self, url: str) -> tuple[list[Mapping[str, Any]], str]:
        rows, links = self._client.get_json(url)
        endpoint = self._client.endpoint
        if not isinstance(rows, list):
            shown = url.partition("?")[0]
            raise NotJsonError(f"{shown} answered with no list of models: is {endpoint} a Hub?")
        next_url = str(links.get("next", {}).get("url", ""))
        if next_url and origin(next_url) != origin(endpoint):
            raise RedirectError(f"the next page of {endpoint} lies on another site: {'://'.join(origin(next_url))}")
        return [row for row in rows if isinstance(row, Mapping)], next_url

    def _first_url(self) -> str:
        query = [("sort", "createdAt"), ("limit", str(_PAGE_SIZE)), *(("expand", name) for name in _FIELDS)]
        return f"{self._client.endpoint}/api/models?{urlencode(query)}"

    # What must outlive the run

    def _follow_families(self) -> None:
        if self._families is not None and self._get("families") != self._families.key:
            models.rename_families(self._db, self._source.id, self._families.canonical)
            self._set("families", self._families.key)

    def _mark_coverage(self) -> None:
        oldest, reach = self._get("oldest"), self._since()
        start = reach or (month_start(month_of(datetime.fromisoformat(oldest))) if oldest else None)
        reached = min(self._started, self._client.replayed_until or self._started)
        sources.mark_covered(self._db, self._source.id, max(start, UNKNOWN_UNTIL) if start else None, reached)

    def _set_next(self, walk: str, url: str) -> None:
        """Remember a page without its host: a replay may come back at another address."""
        self._set(walk, urlsplit(url)._replace(scheme="", netloc="").geturl())

    def _listing(self) -> int:
        return int(self._get("listing") or 1)

    def _since(self) -> datetime | None:
        value = self._get("since")
        return datetime.fromisoformat(value) if value and value != _EVER else None

    def _get(self, name: str) -> str | None:
        return crawl_state.get_cursor(self._db, self._source.id, name)

    def _set(self, name: str, value: str) -> None:
        crawl_state.set_cursor(self._db, self._source.id, name, value)
