"""Series of a subject beside uploads, by month or week. Reads only, and mostly counts made ahead: see store.counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, intersect, or_, select

from store.calendars import MONTHS, Calendar
from store.counts import CountKind
from store.coverage import best_source, coverage
from store.database import Database
from store.schema import (
    mentions,
    thread_labels,
    threads,
    topic_threads,
)
from store.scopes import Scopes, scopes
from store.sheets import MILLION
from store.sources import all_sources
from store.values import Coverage, Source, SourceKind, TrendPoint, TrendSubject, Verdict

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
    """Threads by period: of the subject, expected of it, in all, and by verdict. None: nobody has said."""

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
    calendar: Calendar = MONTHS,
) -> list[TrendPoint]:
    """One point for each month of [start, end), or for each week that begins in it, ascending and without gaps.

    Threads are those of the subject that mention one of `families` (none: all threads of the subject); uploads are
    models of these families (none: all models). Open ends reach to the first and last period with data. Labels are
    those of the bundle, topics those of the run; without a bundle, what it would say is unknown.
    """
    known = [each for each in all_sources(db) if each.kind is SourceKind.FORUM or each.kind in calendar.telling]
    with db.read() as connection:
        periods = range(*data_span(connection, calendar, start, end))
        if not periods:
            return []
        counts = _counts(connection, calendar, scopes(connection, bundle_id, run_id), subject, families, periods)
        uploaded = _uploads(connection, calendar, families, periods, known)
    return [_point(calendar, period, counts, uploaded.get(period), known, now) for period in periods]


def data_span(connection: Connection, calendar: Calendar, start: int | None, end: int | None) -> tuple[int, int]:
    """The half-open span of periods that begin in the months asked for; an open end reaches to the first or last period
    with data."""
    first = None if start is None else calendar.first_in(start)
    stop = None if end is None else calendar.first_in(end)
    if first is None or stop is None:
        found: list[int | None] = []
        for table, *where in (
            (calendar.counts, calendar.counts.c.kind == CountKind.ALL.value, calendar.counts.c.threads > 0),
            (calendar.uploads,),
        ):
            period = table.c[calendar.name]
            found += connection.execute(select(func.min(period), func.max(period)).where(*where)).one()
        periods = [period for period in found if period is not None]
        first = min(periods, default=0) if first is None else first
        stop = max(periods, default=-1) + 1 if stop is None else stop
    return first, stop


def within(column: ColumnElement[int], periods: range) -> ColumnElement[bool]:
    """Condition that a column of months or weeks is one of these."""
    return column.between(periods.start, periods.stop - 1)


def _counts(
    connection: Connection,
    calendar: Calendar,
    which: Scopes,
    subject: TrendSubject,
    families: Sequence[str],
    periods: range,
) -> _Counts:
    kind, name = _cell_of(subject)
    if families and kind is CountKind.ALL:
        wanted = (CountKind.FAMILY, families[0], "")
    else:
        wanted = (kind, name, next(iter(families), ""))
    every = (CountKind.ALL, "", "")
    verdicts = {verdict: (CountKind.VERDICT, verdict.value, "") for verdict in Verdict}
    threads_, expected = _cells(connection, calendar, which, [wanted, every, *verdicts.values()], periods)
    if len(families) > 1:
        threads_[wanted] = _threads_of_any(connection, calendar, which, subject, families, periods)
    labelled = which.bundle is not None
    return _Counts(
        threads_[wanted],
        expected[wanted] if labelled and kind is CountKind.LABEL and not families else None,
        threads_[every],
        {verdict: threads_[cell] for verdict, cell in verdicts.items()} if labelled else None,
    )


def _cells(
    connection: Connection, calendar: Calendar, which: Scopes, wanted: Sequence[_Cell], periods: range
) -> tuple[defaultdict[_Cell, dict[int, int]], defaultdict[_Cell, dict[int, float]]]:
    """Threads, and expected threads, by cell and period."""
    table = calendar.counts.c
    cells = (
        and_(table.kind == kind.value, table.scope == which.of(kind), table.subject == name, table.family == family)
        for kind, name, family in wanted
    )
    period = table[calendar.name]
    columns = table.kind, table.subject, table.family, period, table.threads, table.expected
    threads_: defaultdict[_Cell, dict[int, int]] = defaultdict(dict)
    expected: defaultdict[_Cell, dict[int, float]] = defaultdict(dict)
    for kind, name, family, number, count, millionths in connection.execute(
        select(*columns).where(or_(*cells), within(period, periods))
    ):
        cell = (CountKind(kind), name, family)
        threads_[cell][number] = count
        expected[cell][number] = millionths / MILLION
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
    connection: Connection,
    calendar: Calendar,
    which: Scopes,
    subject: TrendSubject,
    families: Sequence[str],
    periods: range,
) -> dict[int, int]:
    """Threads of the subject that mention at least one of the families; read thread by thread, each counts once."""
    months = calendar.months(periods)
    ids = [_ids(mentions, months, mentions.c.family.in_(families)).distinct()]
    where: list[ColumnElement[bool]] = [threads.c.counted]
    if subject.label is not None:
        bundle, label = thread_labels.c.bundle_id == which.bundle, thread_labels.c.label == subject.label
        ids.append(_ids(thread_labels, months, bundle, label))
    elif subject.topic is not None:
        run, topic = topic_threads.c.run_id == which.run, topic_threads.c.topic == subject.topic
        ids.append(_ids(topic_threads, months, run, topic))
    elif subject.forum_category is not None:
        where.append(threads.c.category == subject.forum_category)
    found = intersect(*ids).subquery()  # joined, not IN: SQLite would look through all threads for those in it
    rows = connection.execute(
        select(calendar.of_thread, func.count())
        .join_from(found, threads, threads.c.id == found.c.thread_id)
        .where(*where)
        .group_by(calendar.of_thread)
    )
    return {row[0]: row[1] for row in rows}


def _ids(table: Table, months: range, *where: ColumnElement[bool]) -> Select[tuple[int]]:
    """Ids of the threads of which the table has a row that fits."""
    return select(table.c.thread_id).where(*where, within(table.c.month, months))


def _uploads(
    connection: Connection, calendar: Calendar, families: Sequence[str], periods: range, known: Sequence[Source]
) -> dict[int, _Uploads]:
    """Counts by period, each from the one source that covers it best: two sources never add up."""
    told = {period: source.id for period in periods if (source := best_source(known, calendar.span(period)))}
    table = calendar.uploads.c
    inside = (
        table.source_id.in_(set(told.values())),
        within(table.month, calendar.months(periods)),
        within(table[calendar.name], periods),
    )
    total = _upload_rows(connection, calendar, *inside)
    chosen = _upload_rows(connection, calendar, *inside, table.family.in_(families)) if families else total
    found = {}
    for period, source_id in told.items():
        every, every_card, every_download = total.get((source_id, period), (0, None, None))
        nothing = (0, None if every_card is None else 0, None if every_download is None else 0)
        found[period] = _Uploads(every, *chosen.get((source_id, period), nothing))
    return found


def _upload_rows(
    connection: Connection, calendar: Calendar, *where: ColumnElement[bool]
) -> Mapping[tuple[int, int], tuple[int, int | None, int | None]]:
    table = calendar.uploads.c
    period = table[calendar.name]
    rows: Any = connection.execute(
        select(
            table.source_id,
            period,
            func.sum(table.models),
            func.count(),
            func.sum(table.cards),
            func.count(table.cards),
            func.sum(table.downloads),
            func.count(table.downloads),
        )
        .where(*where)
        .group_by(table.source_id, period)
    )
    return {
        (source, number): (
            int(models),
            int(cards) if carded == groups else None,
            int(downloads) if told == groups else None,
        )
        for source, number, models, groups, cards, carded, downloads, told in rows
    }


def _point(
    calendar: Calendar,
    period: int,
    counts: _Counts,
    uploaded: _Uploads | None,
    known: Sequence[Source],
    now: datetime,
) -> TrendPoint:
    span = calendar.span(period)
    forum, hub = coverage(known, span, forum=True), coverage(known, span, forum=False)
    told = forum is not Coverage.NONE

    def judged(verdict: Verdict) -> int | None:
        return counts.verdicts[verdict].get(period, 0) if told and counts.verdicts is not None else None

    return TrendPoint(
        start=span[0],
        threads=counts.subject.get(period, 0) if told else None,
        all_threads=counts.every.get(period, 0) if told else None,
        labelled_threads=judged(Verdict.LABELLED),
        none_threads=judged(Verdict.NONE),
        abstained_threads=judged(Verdict.ABSTAINED),
        uploads=uploaded.families if uploaded else None,
        all_uploads=uploaded.total if uploaded else None,
        uploads_with_card=uploaded.cards if uploaded else None,
        partial=now < span[1] or Coverage.PARTIAL in (forum, hub),
        forum_coverage=forum,
        hub_coverage=hub,
        expected_threads=counts.expected.get(period, 0.0) if told and counts.expected is not None else None,
        downloads=uploaded.downloads if uploaded else None,
    )
