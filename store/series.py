"""Many monthly series at once, from the counts made ahead. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from store.calendars import MONTHS
from store.counts import CountKind
from store.coverage import best_source, coverage
from store.database import Database
from store.months import month_of
from store.schema import mentions, thread_labels, threads, topic_threads, trend_counts, uploads
from store.scopes import scopes
from store.sheets import MILLION
from store.sources import all_sources
from store.trends import data_span, within
from store.values import Coverage


@dataclass(frozen=True, slots=True)
class Spans:
    """Months asked for; of these the longest runs, ending last, that are over and that forum or Hub cover whole."""

    asked: range
    forum: range
    hub: range

    @property
    def both(self) -> range:
        """Months in which talk and uploads are both known whole."""
        start = max(self.forum.start, self.hub.start)
        return range(start, max(start, min(self.forum.stop, self.hub.stop)))


@dataclass(frozen=True, slots=True)
class UploadSeries:
    """Models by month, each month from the source that covers it best; cards and downloads None where unknown."""

    months: range
    total: tuple[int, ...]
    families: Mapping[str, tuple[int, ...]]
    cards: tuple[int | None, ...]
    family_cards: Mapping[str, tuple[int | None, ...]]


def known_spans(db: Database, start: int | None, end: int | None, now: datetime) -> Spans:
    """Which months of [start, end) can be compared with each other; open ends as in query_trend."""
    known = all_sources(db)
    with db.read() as connection:
        asked = range(*data_span(connection, MONTHS, start, end))

    def whole(forum: bool) -> range:
        full = [
            month
            for month in asked
            if coverage(known, MONTHS.span(month), forum=forum) is Coverage.FULL and month < month_of(now)
        ]
        if not full:
            return range(asked.start, asked.start)
        first = full[-1]
        while first - 1 in full:
            first -= 1
        return range(first, full[-1] + 1)

    return Spans(asked, whole(forum=True), whole(forum=False))


def thread_series(
    db: Database, bundle_id: str | None, run_id: str | None, kind: CountKind, months: range
) -> dict[str, tuple[int, ...]]:
    """Threads by month of every subject of a kind that has one, by subject."""
    return {
        subject: tuple(int(value) for value in values)
        for subject, values in _cells(db, bundle_id, run_id, kind, months, trend_counts.c.threads).items()
        if any(values)
    }


def expected_series(
    db: Database, bundle_id: str | None, run_id: str | None, months: range
) -> dict[str, tuple[float, ...]]:
    """Expected threads by month of every label: sums of calibrated probabilities."""
    found = _cells(db, bundle_id, run_id, CountKind.LABEL, months, trend_counts.c.expected)
    return {subject: tuple(value / MILLION for value in values) for subject, values in found.items() if any(values)}


def crossed_counts(
    db: Database, bundle_id: str | None, run_id: str | None, kind: CountKind, months: range, late: range
) -> dict[tuple[str, str], tuple[int, int]]:
    """Threads of each subject of a kind that mention each family: in all these months, and in the late ones."""
    total = func.sum(trend_counts.c.threads)
    of_late = func.sum(case((within(trend_counts.c.month, late), trend_counts.c.threads), else_=0))
    with db.read() as connection:
        scope = scopes(connection, bundle_id, run_id).of(kind)
        rows = connection.execute(
            select(trend_counts.c.subject, trend_counts.c.family, total, of_late)
            .where(
                trend_counts.c.kind == kind.value,
                trend_counts.c.scope == scope,
                trend_counts.c.family != "",
                within(trend_counts.c.month, months),
            )
            .group_by(trend_counts.c.subject, trend_counts.c.family)
            .having(total > 0)
        ).all()
    return {(subject, family): (int(number), int(last)) for subject, family, number, last in rows}


def upload_series(db: Database, months: range) -> UploadSeries:
    """Uploads of all models and of every family with one."""
    known = all_sources(db)
    telling = {month: source.id for month in months if (source := best_source(known, MONTHS.span(month)))}
    with db.read() as connection:
        rows = connection.execute(
            select(uploads).where(within(uploads.c.month, months)).order_by(uploads.c.family)
        ).all()
    size = len(months)
    families: defaultdict[str, list[int]] = defaultdict(lambda: [0] * size)
    cards: defaultdict[str, list[int | None]] = defaultdict(lambda: [0] * size)
    for row in rows:
        if telling.get(row.month) == row.source_id:
            families[row.family][row.month - months.start] = row.models
            cards[row.family][row.month - months.start] = row.cards
    total = tuple(sum(column) for column in zip(*families.values(), strict=True)) or (0,) * size
    all_cards = tuple(_sum(column) for column in zip(*cards.values(), strict=True)) or (None,) * size
    named = [family for family in families if family]
    return UploadSeries(
        months,
        total,
        {family: tuple(families[family]) for family in named},
        all_cards,
        {family: tuple(cards[family]) for family in named},
    )


def newest_threads(
    db: Database, bundle_id: str | None, run_id: str | None, kind: CountKind, subject: str, months: range, limit: int
) -> list[int]:
    """Ids of the newest counted threads of a subject in these months, newest first."""
    with db.read() as connection:
        which = scopes(connection, bundle_id, run_id)
        query = select(threads.c.id).where(threads.c.counted, within(threads.c.month, months))
        if kind is CountKind.LABEL:
            query = query.join(thread_labels, thread_labels.c.thread_id == threads.c.id).where(
                thread_labels.c.bundle_id == which.of(kind),
                thread_labels.c.label == subject,
                within(thread_labels.c.month, months),
            )
        elif kind is CountKind.TOPIC:
            query = query.join(topic_threads, topic_threads.c.thread_id == threads.c.id).where(
                topic_threads.c.run_id == which.of(kind),
                topic_threads.c.topic == int(subject),
                within(topic_threads.c.month, months),
            )
        elif kind is CountKind.FAMILY:
            query = query.join(mentions, mentions.c.thread_id == threads.c.id).where(
                mentions.c.family == subject, within(mentions.c.month, months)
            )
        elif kind is CountKind.FORUM_CATEGORY:
            query = query.where(threads.c.category == subject)
        newest = query.order_by(threads.c.created_at.desc(), threads.c.id.desc()).limit(limit)
        return list(connection.execute(newest).scalars())


def _cells(
    db: Database, bundle_id: str | None, run_id: str | None, kind: CountKind, months: range, column: Any
) -> dict[str, list[Any]]:
    with db.read() as connection:
        scope = scopes(connection, bundle_id, run_id).of(kind)
        rows = connection.execute(
            select(trend_counts.c.subject, trend_counts.c.month, column)
            .where(
                trend_counts.c.kind == kind.value,
                trend_counts.c.scope == scope,
                trend_counts.c.family == "",
                within(trend_counts.c.month, months),
            )
            .order_by(trend_counts.c.subject)
        ).all()
    found: defaultdict[str, list[Any]] = defaultdict(lambda: [0] * len(months))
    for subject, month, value in rows:
        found[subject][month - months.start] = value
    return dict(found)


def _sum(values: Sequence[int | None]) -> int | None:
    told = [value for value in values if value is not None]
    return sum(told) if len(told) == len(values) else None
