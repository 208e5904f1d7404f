"""Is anything missing? The store beside the forum's sitemap."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from scraper.errors import RedirectError, RobotsError, ScraperError, SitemapError, StatusError
from scraper.forum.standing import Standing
from scraper.http import PoliteClient
from scraper.sitemap import read_sitemap
from store import crawl as crawl_state
from store.database import Database
from store.sources import all_sources
from store.values import SourceKind

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Completeness:
    """The store beside the sitemap, which a Discourse makes anew once a day.

    `missing`: shown by the forum and not in the store, with what is known of each; `surplus`: in the store and not in
    the sitemap (perhaps new, perhaps deleted since they were last read).
    """

    source: str
    sitemap: int
    stored: int
    missing: tuple[tuple[str, str], ...]
    surplus: tuple[str, ...]


def verify(db: Database, client: PoliteClient, known_as: str | None = None) -> Completeness:
    """Compare the store with the forum's sitemap; changes nothing.

    Of a forum that was crawled from some day on, threads below the lowest id in the store are left out. Raises
    ScraperError where the forum has no sitemap, or the store nothing of this forum.
    """
    name = known_as or client.base_url
    source = next((one for one in all_sources(db) if one.kind is SourceKind.FORUM and one.name == name), None)
    if source is None:
        raise ScraperError(f"the store holds nothing of {name}: name the forum that was crawled")
    try:
        shown = {item.external_id for item in read_sitemap(client)}
    except StatusError as error:
        raise ScraperError(f"{name} has no sitemap to compare with: {error}") from error
    stored, outcomes = crawl_state.shown_threads(db, source.id), crawl_state.outcomes(db, source.id)
    if Standing(db, source.id).moment("since"):
        shown = _not_older(shown, outcomes.keys())
    missing = sorted(shown - stored, key=_number)
    return Completeness(
        source=name,
        sitemap=len(shown),
        stored=len(stored),
        missing=tuple((key, outcomes.get(key) or ("pending" if key in outcomes else "never seen")) for key in missing),
        surplus=tuple(sorted(stored - shown, key=_number)),
    )


def unlisted_threads(db: Database, source_id: int, client: PoliteClient, since: datetime | None) -> list[str] | None:
    """Threads of the sitemap that the frontier does not know; None where the site has no sitemap that can be read."""
    try:
        shown = [item for item in read_sitemap(client) if not (since and item.changed_at and item.changed_at < since)]
    except (StatusError, RobotsError, RedirectError, SitemapError) as error:
        _log.info("no sitemap to compare with: %s", error)
        return None
    keys = {item.external_id for item in shown}
    known = crawl_state.outcomes(db, source_id).keys()
    if since:
        keys = _not_older(keys, known)
    return sorted(keys - known, key=_number)


def _not_older(keys: set[str], known: Iterable[str]) -> set[str]:
    """Those that are not below the lowest id known: Discourse numbers threads as they are made."""
    least = min((_number(key) for key in known), default=0)
    return {key for key in keys if _number(key) >= least}


def _number(key: str) -> int:
    return int(key) if key.isdecimal() else 0
