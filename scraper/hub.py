"""Listing the models of the Hub into the store, newest first; a killed run goes on at the page where it was.

The pages are walked here, with the client of `huggingface_hub`, because its `list_models` does not tell where it is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from huggingface_hub.utils import (  # type: ignore[attr-defined]  # offered there, but not marked as such
    build_hf_headers,
    hf_raise_for_status,
    http_backoff,
)

from scraper.errors import BadFieldError, NotJsonError, RedirectError, UnreachableError
from scraper.http import check_base_url, replayed_until, user_agent
from scraper.model_rows import UNKNOWN_UNTIL, parse_model
from scraper.progress import Progress, silent
from store import crawl as crawl_state
from store import models, sources
from store.database import Database
from store.months import month_of, month_start
from store.values import AUTHORED_TAG, HubModel, SourceKind

HUB = "https://huggingface.co"

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
)
_PAGE_SIZE = 1000
_OVERLAP = timedelta(hours=1)
_EVER = "ever"


@dataclass(slots=True)
class HubSummary:
    """What a run did. `unknown_dates`: models whose creation time the Hub does not know."""

    source: str
    models: int = 0
    unknown_dates: int = 0
    failed: int = 0
    pages: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Page:
    models: tuple[HubModel, ...]
    newest: datetime | None
    oldest: datetime | None
    next_url: str


def crawl_hub(
    db: Database,
    *,
    endpoint: str = HUB,
    known_as: str | None = None,
    since: datetime | None = None,
    progress: Progress = silent,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> HubSummary:
    """Bring the store up to date with a Hub: its models created at `since` or later (default: all).

    A later run takes what was created since the one before; figures of older models stay as they were. A token is
    taken from HF_TOKEN, or from where `huggingface_hub` keeps it, and shown to the Hub only. Raises ScraperError
    when the list cannot be read; what was stored until then stays.

    `known_as` names the source where the endpoint is not its own address, as with a replay.
    """
    started = time.monotonic()
    run = _HubRun(db, check_base_url(endpoint), known_as, progress, now())
    try:
        run.work(since)
    finally:
        run.summary.seconds = time.monotonic() - started
    return run.summary


class _HubRun:
    """One run over a Hub's list; all that must outlive it is in the store."""

    def __init__(
        self, db: Database, endpoint: str, known_as: str | None, progress: Progress, started: datetime
    ) -> None:
        self._db, self._endpoint, self._progress, self._started = db, endpoint, progress, started
        self._source = sources.ensure(db, SourceKind.HUB, known_as or endpoint)
        self._authored = self._source.authored
        self._replayed_until: datetime | None = None
        self._headers = build_hf_headers(token=None if _is_own_hub(endpoint) else False, user_agent=user_agent())
        self.summary = HubSummary(source=self._source.name)

    def work(self, since: datetime | None) -> None:
        """Take what is new, then go on with the list where it was left."""
        wanted = since.astimezone(UTC).isoformat() if since else _EVER
        begun, newest_known = self._get("since"), self._get("newest")
        if begun is None or (begun != _EVER and (wanted == _EVER or wanted < begun)):
            self._set_next(self._first_url())
            self._set("since", wanted)
        elif newest_known is None:
            self._set_next(self._get("next") or self._first_url())
        else:
            self._take_new(datetime.fromisoformat(newest_known) - _OVERLAP)
        self._take_rest()
        oldest, reach = self._get("oldest"), self._since()
        start = reach or (month_start(month_of(datetime.fromisoformat(oldest))) if oldest else None)
        reached = min(self._started, self._replayed_until or self._started)
        sources.mark_covered(self._db, self._source.id, max(start, UNKNOWN_UNTIL) if start else None, reached)

    def _take_new(self, until: datetime) -> None:
        url, newest = self._first_url(), None
        while url:
            page = self._page(url)
            self._save(page)
            newest = newest or page.newest
            url = "" if page.oldest is None or page.oldest < until else page.next_url
        # Only now: a run that is killed in between starts again from the newest.
        if newest:
            self._set("newest", newest.isoformat())

    def _take_rest(self) -> None:
        since = self._since()
        while url := self._get("next"):
            page = self._page(urljoin(self._endpoint, url))
            self._save(page)
            if page.newest and not self._get("newest"):
                self._set("newest", page.newest.isoformat())
            if page.oldest:
                self._set("oldest", page.oldest.isoformat())
            over = since is not None and (page.oldest is None or page.oldest < since)
            self._set_next("" if over else page.next_url)

    def _save(self, page: _Page) -> None:
        since = self._since()
        wanted = [model for model in page.models if since is None or (model.created_at and model.created_at >= since)]
        if not self._authored and any(AUTHORED_TAG in model.tags for model in wanted):
            sources.mark_authored(self._db, self._source.id)
            self._authored = True
        models.save_models(self._db, self._source.id, wanted)
        self.summary.models += len(wanted)
        self.summary.unknown_dates += sum(model.created_at is None for model in wanted)
        self._progress("models", self.summary.models, None)

    def _page(self, url: str) -> _Page:
        rows, next_url = self._fetch(url)
        read = []
        for row in rows:
            try:
                read.append(parse_model(row, from_hub=True))
            except BadFieldError as error:
                self.summary.failed += 1
                self.summary.failures.append(f"model {row.get('id')!r}: {error}")
        self.summary.pages += 1
        moments = [model.created_at for model in read if model.created_at]
        return _Page(tuple(read), max(moments, default=None), min(moments, default=None), next_url)

    def _fetch(self, url: str) -> tuple[list[Mapping[str, Any]], str]:
        try:
            response = http_backoff("GET", url, headers=self._headers, timeout=60)
            hf_raise_for_status(response)
        except Exception as error:  # its client's errors share no base with ours, and differ between its versions
            raise UnreachableError(f"{_without_query(url)} cannot be read: {error}") from error
        self._replayed_until = replayed_until(response.headers)
        try:
            rows = response.json()
        except ValueError as error:
            raise NotJsonError(f"{_without_query(url)} answered with no JSON: is {self._endpoint} a Hub?") from error
        if not isinstance(rows, list):
            raise NotJsonError(f"{_without_query(url)} answered with no list of models: is {self._endpoint} a Hub?")
        next_url = str(response.links.get("next", {}).get("url", ""))
        if next_url and _origin(next_url) != _origin(self._endpoint):
            raise RedirectError(f"the next page of {self._endpoint} lies on another site: {_origin(next_url)}")
        return [row for row in rows if isinstance(row, Mapping)], next_url

    def _first_url(self) -> str:
        query = [("sort", "createdAt"), ("limit", str(_PAGE_SIZE)), *(("expand", name) for name in _FIELDS)]
        return f"{self._endpoint}/api/models?{urlencode(query)}"

    def _set_next(self, url: str) -> None:
        """Remember a page without its host: a replay may come back at another address."""
        self._set("next", urlsplit(url)._replace(scheme="", netloc="").geturl())

    def _since(self) -> datetime | None:
        value = self._get("since")
        return datetime.fromisoformat(value) if value and value != _EVER else None

    def _get(self, name: str) -> str | None:
        return crawl_state.get_cursor(self._db, self._source.id, name)

    def _set(self, name: str, value: str) -> None:
        crawl_state.set_cursor(self._db, self._source.id, name, value)


def _is_own_hub(endpoint: str) -> bool:
    """Whether the user's token is meant for this endpoint."""
    return _origin(endpoint) in (_origin(HUB), _origin(os.environ.get("HF_ENDPOINT", HUB)))


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _without_query(url: str) -> str:
    return url.partition("?")[0]
