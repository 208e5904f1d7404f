"""Monthly series of a subject beside uploads, and what the store holds. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, func, select

from store.database import Database
from store.labels import without_categories
from store.months import month_of, month_start
from store.schema import (
    bundles,
    mentions,
    models,
    post_verdicts,
    posts,
    thread_labels,
    thread_verdicts,
    threads,
    topic_runs,
    topic_threads,
    topics,
    uploads,
    vectors,
)
from store.sources import all_sources
from store.values import Coverage, Source, SourceKind, StoreCounts, TrendPoint, TrendSubject, Verdict


@dataclass(frozen=True, slots=True)
class _Uploads:
    total: int
    families: int
    cards: int | None


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
        first, last = _span(connection, start, end)
        months = range(first, last)
        bundle = connection.execute(select(bundles.c.id).where(bundles.c.key == bundle_id)).scalar()
        run = connection.execute(select(topic_runs.c.id).where(topic_runs.c.key == run_id)).scalar()
        every = _by_month(connection, threads.c.month, func.count(), threads.c.counted, _within(threads, months))
        of_subject = (
            _subject_counts(connection, bundle, run, subject, families, months)
            if families or subject != TrendSubject()
            else every
        )
        verdicts = _verdict_counts(connection, bundle, months)
        uploaded = _uploads(connection, families, months, known)
    return [_point(month, of_subject, every, verdicts, uploaded, known, now) for month in months]


def families_known(db: Database) -> set[str]:
    """Families that occur in uploads or mentions."""
    with db.read() as connection:
        named = connection.execute(select(uploads.c.family).where(uploads.c.family != "").distinct()).scalars()
        mentioned = connection.execute(select(mentions.c.family).distinct()).scalars()
        return {*named, *mentioned}


def categories_known(db: Database) -> set[str]:
    """Forum categories that threads of the store are in."""
    with db.read() as connection:
        return set(connection.execute(select(threads.c.category).distinct()).scalars())


def label_totals(db: Database, bundle_id: str | None) -> list[tuple[str, int]]:
    """Threads that carry each leaf by this bundle, most frequent first."""
    number = func.count()
    with db.read() as connection:
        bundle = select(bundles.c.id).where(bundles.c.key == bundle_id).scalar_subquery()
        rows = connection.execute(
            select(thread_labels.c.label, number)
            .where(thread_labels.c.bundle_id == bundle)
            .group_by(thread_labels.c.label)
            .order_by(number.desc(), thread_labels.c.label)
        )
        totals = {row[0]: row[1] for row in rows}
    return [(label, totals[label]) for label in without_categories(totals)]


def counts(db: Database, bundle_id: str | None, run_id: str | None = None) -> StoreCounts:
    """How much the store holds; assignments are those of the bundle, topics those of the run."""
    with db.read() as connection:

        def count(table: Table, *where: ColumnElement[bool]) -> int:
            return connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()

        bundle = select(bundles.c.id).where(bundles.c.key == bundle_id).scalar_subquery()
        run = select(topic_runs.c.id).where(topic_runs.c.key == run_id).scalar_subquery()
        states = connection.execute(select(threads.c.state, func.count()).group_by(threads.c.state)).all()
        return StoreCounts(
            threads=count(threads, threads.c.counted),
            posts=count(posts, ~posts.c.deleted),
            models=count(models),
            assignments=count(post_verdicts, post_verdicts.c.bundle_id == bundle),
            mentions=count(mentions),
            topics=count(topics, topics.c.run_id == run, topics.c.topic >= 0),
            vectors=count(vectors),
            threads_by_state={row[0]: row[1] for row in states},
            sources=all_sources(db),
        )


def _span(connection: Connection, start: int | None, end: int | None) -> tuple[int, int]:
    if start is None or end is None:
        found = [
            *connection.execute(
                select(func.min(threads.c.month), func.max(threads.c.month)).where(threads.c.counted)
            ).one(),
            *connection.execute(select(func.min(uploads.c.month), func.max(uploads.c.month))).one(),
        ]
        months = [month for month in found if month is not None]
        start = min(months, default=0) if start is None else start
        end = max(months, default=-1) + 1 if end is None else end
    return start, end


def _within(table: Table, months: range) -> ColumnElement[bool]:
    return table.c.month.between(months.start, months.stop - 1)


def _by_month(
    connection: Connection, month: Column[int], number: ColumnElement[int], *where: ColumnElement[bool]
) -> dict[int, int]:
    rows = connection.execute(select(month, number).where(*where).group_by(month))
    return {row[0]: row[1] for row in rows}


def _subject_counts(
    connection: Connection,
    bundle: int | None,
    run: int | None,
    subject: TrendSubject,
    families: Sequence[str],
    months: range,
) -> dict[int, int]:
    mentioning = mentions.c.family.in_(families)
    if subject.label is not None:
        table, where = (
            thread_labels,
            [thread_labels.c.bundle_id == bundle, thread_labels.c.label == subject.label],
        )
    elif subject.topic is not None:
        table, where = topic_threads, [topic_threads.c.run_id == run, topic_threads.c.topic == subject.topic]
    else:
        distinct = func.count(mentions.c.thread_id.distinct())
        counted = mentions.c.thread_id == threads.c.id, threads.c.counted
        return _by_month(connection, mentions.c.month, distinct, mentioning, _within(mentions, months), *counted)
    where += [_within(table, months), table.c.thread_id == threads.c.id, threads.c.counted]
    if families:
        named = select(mentions.c.thread_id).where(mentioning, _within(mentions, months))
        where.append(table.c.thread_id.in_(named))
    return _by_month(connection, table.c.month, func.count(), *where)


def _verdict_counts(connection: Connection, bundle: int | None, months: range) -> dict[tuple[int, str], int] | None:
    if bundle is None:
        return None
    table = thread_verdicts
    rows = connection.execute(
        select(table.c.month, table.c.verdict, func.count())
        .where(
            table.c.bundle_id == bundle,
            _within(table, months),
            table.c.thread_id == threads.c.id,
            threads.c.counted,
        )
        .group_by(table.c.month, table.c.verdict)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _uploads(
    connection: Connection, families: Sequence[str], months: range, known: Sequence[Source]
) -> dict[int, _Uploads]:
    """Counts by month, each from the one source that covers it best: two sources never add up."""
    total = _upload_rows(connection, _within(uploads, months))
    chosen = _upload_rows(connection, _within(uploads, months), uploads.c.family.in_(families)) if families else total
    found = {}
    for month in months:
        source = _best(known, month)
        if source is None:
            continue
        every, every_card = total.get((source.id, month), (0, None))
        models_, cards = chosen.get((source.id, month), (0, None if every_card is None else 0))
        found[month] = _Uploads(every, models_, cards)
    return found


def _upload_rows(
    connection: Connection, *where: ColumnElement[bool]
) -> Mapping[tuple[int, int], tuple[int, int | None]]:
    told = func.count(uploads.c.cards)
    rows: Any = connection.execute(
        select(
            uploads.c.source_id,
            uploads.c.month,
            func.sum(uploads.c.models),
            func.sum(uploads.c.cards),
            func.count(),
            told,
        )
        .where(*where)
        .group_by(uploads.c.source_id, uploads.c.month)
    )
    return {
        (source, month): (int(number), int(cards) if groups == given else None)
        for source, month, number, cards, groups, given in rows
    }


def _best(known: Sequence[Source], month: int) -> Source | None:
    rank = {Coverage.NONE: 0, Coverage.PARTIAL: 1, Coverage.FULL: 2}

    def worth(source: Source) -> tuple[int, bool, int]:
        return rank[covers(source, month)], source.kind is SourceKind.HUB, source.id

    telling = [source for source in known if source.kind is not SourceKind.FORUM]
    best = max(telling, key=worth, default=None)
    return best if best and covers(best, month) is not Coverage.NONE else None


def covers(source: Source, month: int) -> Coverage:
    """How much of a month the source covers."""
    begin, end = month_start(month), month_start(month + 1)
    if source.covered_from is None or source.covered_to is None:
        return Coverage.NONE
    if source.covered_from >= end or source.covered_to <= begin:
        return Coverage.NONE
    whole = source.covered_from <= begin and source.covered_to >= end
    return Coverage.FULL if whole else Coverage.PARTIAL


def _coverage(known: Sequence[Source], month: int, forum: bool) -> Coverage:
    found = {covers(source, month) for source in known if (source.kind is SourceKind.FORUM) == forum}
    return next((level for level in (Coverage.FULL, Coverage.PARTIAL) if level in found), Coverage.NONE)


def _point(
    month: int,
    of_subject: Mapping[int, int],
    every: Mapping[int, int],
    verdicts: Mapping[tuple[int, str], int] | None,
    uploaded: Mapping[int, _Uploads],
    known: Sequence[Source],
    now: datetime,
) -> TrendPoint:
    forum, hub = _coverage(known, month, forum=True), _coverage(known, month, forum=False)
    told = forum is not Coverage.NONE
    up = uploaded.get(month)

    def judged(verdict: Verdict) -> int | None:
        return verdicts.get((month, verdict), 0) if told and verdicts is not None else None

    return TrendPoint(
        month=month,
        threads=of_subject.get(month, 0) if told else None,
        all_threads=every.get(month, 0) if told else None,
        labelled_threads=judged(Verdict.LABELLED),
        none_threads=judged(Verdict.NONE),
        abstained_threads=judged(Verdict.ABSTAINED),
        uploads=up.families if up else None,
        all_uploads=up.total if up else None,
        uploads_with_card=up.cards if up else None,
        partial=month_of(now) <= month or Coverage.PARTIAL in (forum, hub),
        forum_coverage=forum,
        hub_coverage=hub,
    )
