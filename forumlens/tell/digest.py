"""What a period brought, gathered from the store and written as HTML or Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from classifier.queue import ReasonKind
from classifier.trend.growing import growing
from service.catalog import Shown
from service.triage import triage_queue
from store.assignments import current_bundle
from store.candidates import named_threads
from store.counts import CountKind
from store.database import Database
from store.labels import without_categories
from store.periods import PeriodCounts, count_period
from store.reviews import all_reviews
from store.sources import holds_authored
from store.topic_lists import list_topics
from store.topic_values import Topic
from store.topics import current_topic_run
from store.values import ThreadFilter, ThreadSummary

_ALL_TOPICS = 100_000
_THEMES, _LOOKS, _NEW = 10, 10, 10
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~])")


_IN_URLS = "%:/?#[]@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class ThemeLine:
    """A leaf: threads of the period and of the one before, and their shares of all threads."""

    label: str
    threads: int
    before: int
    share: float
    share_before: float

    @property
    def points(self) -> float:
        """Change of the share, in percentage points."""
        return 100 * (self.share - self.share_before)


@dataclass(frozen=True, slots=True)
class Look:
    """A thread worth a look, and why."""

    thread: ThreadSummary
    reasons: tuple[ReasonKind, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What the period [start, end) brought; `before`: threads of the period of the same length before it.

    `growing`: leaves whose share of the last whole months grew beyond chance, with how many times (None: new).
    """

    start: datetime
    end: datetime
    threads: int
    before: int
    themes: tuple[ThemeLine, ...]
    growing: tuple[tuple[str, float | None], ...]
    new_topics: tuple[Topic, ...]
    looks: tuple[Look, ...]
    reviews: int
    authored: bool


def gather(db: Database, end: datetime, days: int = 7) -> Digest:
    """The digest of the days before `end`."""
    shown = Shown(current_bundle(db), current_topic_run(db))
    start, length = end - timedelta(days=days), timedelta(days=days)
    recent, before = (count_period(db, shown.bundle_id, upto - length, upto) for upto in (end, start))
    grown = growing(db, shown.bundle_id, shown.run_id, CountKind.LABEL, end)
    topics = list_topics(db, shown.run_id, shown.bundle_id, _ALL_TOPICS) if shown.run_id else []
    queue = triage_queue(db, shown, ThreadFilter(start=start, end=end), "", end, 0, _LOOKS)
    reasons = {place.thread: tuple(dict.fromkeys(one.kind for one in place.reasons)) for place in queue.places}
    looks = (Look(one, reasons[one.id]) for one in named_threads(db, shown.bundle_id, shown.run_id, list(reasons)))
    return Digest(
        start=start,
        end=end,
        threads=recent.threads,
        before=before.threads,
        themes=tuple(_themes(recent, before)[:_THEMES]),
        growing=tuple(grown.items()),
        new_topics=tuple([topic for topic in topics if topic.new_theme][:_NEW]),
        looks=tuple(looks),
        reviews=sum(one.in_force and one.judges and start <= one.made_at < end for one in all_reviews(db)),
        authored=holds_authored(db),
    )


def as_html(digest: Digest) -> str:
    """A page that can be mailed: one file, no script, nothing fetched."""
    return _environment(autoescape=True).get_template("digest.html.j2").render(digest=digest)


def as_markdown(digest: Digest) -> str:
    """The same as Markdown; signs in titles are escaped."""
    return _environment(autoescape=False).get_template("digest.md.j2").render(digest=digest)


def _environment(*, autoescape: bool) -> Environment:
    found = Environment(
        loader=PackageLoader("forumlens.tell"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["plain"] = lambda text: _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))
    found.filters["web"] = _web
    return found


def _web(url: str) -> str:
    """An address that a link may lead to, without a sign that would end it; empty for another kind."""
    return quote(url, safe=_IN_URLS) if url.startswith(("https://", "http://")) else ""


def _themes(recent: PeriodCounts, before: PeriodCounts) -> list[ThemeLine]:
    """Leaves of the period, the most frequent first."""
    leaves = sorted(without_categories(recent.labels), key=lambda label: (-recent.labels[label], label))
    return [
        ThemeLine(label, recent.labels[label], before.labels.get(label, 0), recent.share(label), before.share(label))
        for label in leaves
    ]
