"""Monthly series of a subject beside uploads. Reads only, and mostly counts that were made ahead: see store.counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select

from store.counts import CountKind
from store.coverage import best_source, coverage
from store.database import Database
from store.months import month_of
from store.schema import (
    bundles,
    mentions,
    thread_labels,
    threads,
    topic_runs,
    topic_threads,
    trend_counts,
    uploads,
)
from store.sources import all_sources
from store.topic_counts import MILLION
from store.values import Coverage, Source, TrendPoint, TrendSubject, Verdict

_Cell = tuple[CountKind, str, str]
"""Kind, subject, family."""


@dataclass(frozen=True, slots=True)
class _Uploads:
    total: int
    families: int
    cards: int | None
    downloads: int | None


@dataclass(frozen=True, slots=True)
class _Counts:
    """Threads by month: of the subject, expected of it, in all, and by verdict. None: nobody has said."""

    subject: Mapping[int, int]
    expected: Mapping[int, float] | None
    every: Mapping[int, int]
    verdicts: Mapping[Verdict, Mapping[int, int]] | None


def query_trend(
    db: Database,
    bundle_id: str | None,
    run_id: str | None,
    subject: TrendSubject,
    families: Sequence[str] = (),
    start: int | None = None,
    end: int | None = None,
    *,
    now: datetime,
) -> list[TrendPoint]:
    """One point for each month of [start, end), ascending and without gaps.

    Threads are those of the subject that mention one of `families` (none: all threads of the subject); uploads are
    models of these families (none: all models). Open ends reach to the first and last month with data. Labels are
    those of the bundle, topics those of the run; without a bundle, what it would say is unknown.
    """
    known = all_sources(db)
    with db.read() as connection:
        months = range(*data_span(connection, start, end))
        counts = _counts(connection, scopes(connection, bundle_id, run_id), subject, families, months)
        uploaded = _uploads(connection, families, months, known)
    return [_point(month, counts, uploaded.get(month), known, now) for month in months]


@dataclass(frozen=True, slots=True)
class Scopes:
    """Numbers in the store of the bundle and the topic run that are asked for; None where there is none."""

    bundle: int | None
    run: int | None

    def of(self, kind: CountKind) -> int:
        """Whose counts of this kind are read; -1 is nobody's."""
        if kind in (CountKind.LABEL, CountKind.VERDICT):
            return -1 if self.bundle is None else self.bundle
        if kind is CountKind.TOPIC:
            return -1 if self.run is None else self.run
        return 0


def scopes(connection: Connection, bundle_id: str | None, run_id: str | None) -> Scopes:
    """Look a bundle and a topic run up."""
    return Scopes(
        connection.execute(select(bundles.c.id).where(bundles.c.key == bundle_id)).scalar(),
        connection.execute(select(topic_runs.c.id).where(topic_runs.c.key == run_id)).scalar(),
    )


def data_span(connection: Connection, start: int | None, end: int | None) -> tuple[int, int]:
    """The half-open span of months asked for; an open end reaches to the first or last month with data."""
    if start is None or end is None:
        counted = trend_counts.c.kind == CountKind.ALL.value, trend_counts.c.threads > 0
        found = [
            *connection.execute(
                select(func.min(trend_counts.c.month), func.max(trend_counts.c.month)).where(*counted)
            ).one(),
            *connection.execute(select(func.min(uploads.c.month), func.max(uploads.c.month))).one(),
        ]
        months = [month for month in found if month is not None]
        start = min(months, default=0) if start is None else start
        end = max(months, default=-1) + 1 if end is None else end
    return start, end


def within(table: Table, months: range) -> ColumnElement[bool]:
    """Condition that the table's month is one of these."""
    return table.c.month.between(months.start, months.stop - 1)


def _counts(
    connection: Connection, which: Scopes, subject: TrendSubject, families: Sequence[str], months: range
) -> _Counts:
    kind, name = _cell_of(subject)
    if families and kind is CountKind.ALL:
        wanted = (CountKind.FAMILY, families[0], "")
    else:
        wanted = (kind, name, next(iter(families), ""))
    every = (CountKind.ALL, "", "")
    verdicts = {verdict: (CountKind.VERDICT, verdict.value, "") for verdict in Verdict}
    threads_, expected = _cells(connection, which, [wanted, every, *verdicts.values()], months)
    if len(families) > 1 or (families and kind is CountKind.FORUM_CATEGORY):
        threads_[wanted] = _threads_of_any(connection, which, subject, families, months)
    labelled = which.bundle is not None
    return _Counts(
        threads_[wanted],
        expected[wanted] if labelled and kind is CountKind.LABEL and not families else None,
        threads_[every],
        {verdict: threads_[cell] for verdict, cell in verdicts.items()} if labelled else None,
    )


def _cells(
    connection: Connection, which: Scopes, wanted: Sequence[_Cell], months: range
) -> tuple[defaultdict[_Cell, dict[int, int]], defaultdict[_Cell, dict[int, float]]]:
    """Threads, and expected threads, by cell and month."""
    table = trend_counts.c
    cells = (
        and_(table.kind == kind.value, table.scope == which.of(kind), table.subject == name, table.family == family)
        for kind, name, family in wanted
    )
    rows = connection.execute(select(trend_counts).where(or_(*cells), within(trend_counts, months)))
    threads_: defaultdict[_Cell, dict[int, int]] = defaultdict(dict)
    expected: defaultdict[_Cell, dict[int, float]] = defaultdict(dict)
    for row in rows:
        cell = (CountKind(row.kind), row.subject, row.family)
        threads_[cell][row.month] = row.threads
        expected[cell][row.month] = row.expected / MILLION
    return threads_, expected


def _cell_of(subject: TrendSubject) -> tuple[CountKind, str]:
    if subject.label is not None:
        return CountKind.LABEL, subject.label
    if subject.topic is not None:
        return CountKind.TOPIC, str(subject.topic)
    if subject.forum_category is not None:
        return CountKind.FORUM_CATEGORY, subject.forum_category
    return CountKind.ALL, ""


def _threads_of_any(
    connection: Connection, which: Scopes, subject: TrendSubject, families: Sequence[str], months: range
) -> dict[int, int]:
    """Threads of the subject that mention at least one of the families; read thread by thread, each counts once."""
    where = [threads.c.counted, within(threads, months), _in(mentions, months, mentions.c.family.in_(families))]
    if subject.label is not None:
        bundle, label = thread_labels.c.bundle_id == which.bundle, thread_labels.c.label == subject.label
        where.append(_in(thread_labels, months, bundle, label))
    elif subject.topic is not None:
        run, topic = topic_threads.c.run_id == which.run, topic_threads.c.topic == subject.topic
        where.append(_in(topic_threads, months, run, topic))
    elif subject.forum_category is not None:
        where.append(threads.c.category == subject.forum_category)
    rows = connection.execute(select(threads.c.month, func.count()).where(*where).group_by(threads.c.month))
    return {row[0]: row[1] for row in rows}


def _in(table: Table, months: range, *where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Condition that the table has a row of the thread that fits."""
    return threads.c.id.in_(select(table.c.thread_id).where(*where, within(table, months)))


def _uploads(
    connection: Connection, families: Sequence[str], months: range, known: Sequence[Source]
) -> dict[int, _Uploads]:
    """Counts by month, each from the one source that covers it best: two sources never add up."""
    total = _upload_rows(connection, within(uploads, months))
    chosen = _upload_rows(connection, within(uploads, months), uploads.c.family.in_(families)) if families else total
    found = {}
    for month in months:
        source = best_source(known, month)
        if source is None:
            continue
        every, every_card, every_download = total.get((source.id, month), (0, None, None))
        nothing = (0, None if every_card is None else 0, None if every_download is None else 0)
        found[month] = _Uploads(every, *chosen.get((source.id, month), nothing))
    return found


def _upload_rows(
    connection: Connection, *where: ColumnElement[bool]
) -> Mapping[tuple[int, int], tuple[int, int | None, int | None]]:
    rows: Any = connection.execute(
        select(
            uploads.c.source_id,
            uploads.c.month,
            func.sum(uploads.c.models),
            func.count(),
            func.sum(uploads.c.cards),
            func.count(uploads.c.cards),
            func.sum(uploads.c.downloads),
            func.count(uploads.c.downloads),
        )
        .where(*where)
        .group_by(uploads.c.source_id, uploads.c.month)
    )
    return {
        (source, month): (
            int(number),
            int(cards) if carded == groups else None,
            int(downloads) if told == groups else None,
        )
        for source, month, number, groups, cards, carded, downloads, told in rows
    }


def _point(
    month: int, counts: _Counts, uploaded: _Uploads | None, known: Sequence[Source], now: datetime
) -> TrendPoint:
    forum, hub = coverage(known, month, forum=True), coverage(known, month, forum=False)
    told = forum is not Coverage.NONE

    def judged(verdict: Verdict) -> int | None:
        return counts.verdicts[verdict].get(month, 0) if told and counts.verdicts is not None else None

    return TrendPoint(
        month=month,
        threads=counts.subject.get(month, 0) if told else None,
        all_threads=counts.every.get(month, 0) if told else None,
        labelled_threads=judged(Verdict.LABELLED),
        none_threads=judged(Verdict.NONE),
        abstained_threads=judged(Verdict.ABSTAINED),
        uploads=uploaded.families if uploaded else None,
        all_uploads=uploaded.total if uploaded else None,
        uploads_with_card=uploaded.cards if uploaded else None,
        partial=month_of(now) <= month or Coverage.PARTIAL in (forum, hub),
        forum_coverage=forum,
        hub_coverage=hub,
        expected_threads=counts.expected.get(month, 0.0) if told and counts.expected is not None else None,
        downloads=uploaded.downloads if uploaded else None,
    )
