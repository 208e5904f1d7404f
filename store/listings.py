"""Threads as lists and readers see them. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from more_itertools import chunked
from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, tuple_

from store.database import Database
from store.labels import without_categories
from store.schema import (
    assignments,
    mentions,
    post_verdicts,
    posts,
    sources,
    thread_labels,
    threads,
    topic_threads,
)
from store.scopes import scopes
from store.values import PostDetail, ThreadFilter, ThreadLink, ThreadSummary, Verdict

_BATCH = 500


def thread_summaries(
    db: Database,
    bundle_id: str | None,
    run_id: str | None,
    wanted: ThreadFilter,
    limit: int,
    after: int | None = None,
) -> list[ThreadSummary]:
    """Counted threads that pass the filter, newest first, from behind thread `after`."""
    with db.read() as connection:
        bundle, run = scopes(connection, bundle_id, run_id)
        query = _heads().where(*thread_conditions(wanted, bundle, run))
        if after is not None:
            at = connection.execute(select(threads.c.created_at).where(threads.c.id == after)).scalar()
            query = query.where(tuple_(threads.c.created_at, threads.c.id) < tuple_(at, after))
        heads = connection.execute(query.order_by(threads.c.created_at.desc(), threads.c.id.desc()).limit(limit)).all()
        return _summaries(connection, bundle, run, heads)


def thread_detail(
    db: Database, bundle_id: str | None, run_id: str | None, thread_id: int, *, with_posts: bool = True
) -> tuple[ThreadSummary, list[PostDetail]] | None:
    """A counted thread with its visible posts in reading order, without where they are not wanted; or None."""
    with db.read() as connection:
        bundle, run = scopes(connection, bundle_id, run_id)
        heads = connection.execute(_heads().where(threads.c.id == thread_id, threads.c.counted)).all()
        if not heads:
            return None
        found = _posts(connection, bundle, thread_id) if with_posts else []
        return _summaries(connection, bundle, run, heads)[0], found


def thread_links(db: Database, thread_ids: Sequence[int]) -> dict[int, ThreadLink]:
    """Title and address of counted threads, by id."""
    found: dict[int, ThreadLink] = {}
    with db.read() as connection:
        for some in chunked(thread_ids, _BATCH):
            rows = connection.execute(
                select(threads.c.id, threads.c.title, threads.c.url).where(threads.c.id.in_(some), threads.c.counted)
            )
            found |= {row.id: ThreadLink(row.id, row.title, row.url) for row in rows}
    return found


def _heads() -> Select[Any]:
    return select(threads, sources.c.authored).join(sources, sources.c.id == threads.c.source_id)


def summaries_of(
    connection: Connection, bundle: int | None, run: int | None, thread_ids: Sequence[int]
) -> list[ThreadSummary]:
    """Counted threads by id, in the order of the ids; others are left out."""
    heads = connection.execute(_heads().where(threads.c.id.in_(thread_ids), threads.c.counted)).all()
    by_id = {summary.id: summary for summary in _summaries(connection, bundle, run, heads)}
    return [by_id[thread_id] for thread_id in thread_ids if thread_id in by_id]


def thread_conditions(wanted: ThreadFilter, bundle: int | None, run: int | None) -> list[ColumnElement[bool]]:
    """What a row of `threads` must be like to be counted and to pass the filter."""
    where: list[ColumnElement[bool]] = [threads.c.counted]
    if wanted.label:
        labelled = select(thread_labels.c.thread_id).where(
            thread_labels.c.bundle_id == bundle, thread_labels.c.label == wanted.label
        )
        where.append(threads.c.id.in_(labelled))
    if wanted.topic is not None:
        inside = select(topic_threads.c.thread_id).where(
            topic_threads.c.run_id == run, topic_threads.c.topic == wanted.topic
        )
        where.append(threads.c.id.in_(inside))
    if wanted.families:
        naming = select(mentions.c.thread_id).where(mentions.c.family.in_(wanted.families))
        where.append(threads.c.id.in_(naming))
    if wanted.category:
        where.append(threads.c.category == wanted.category)
    if wanted.start is not None:
        where.append(threads.c.created_at >= wanted.start)
    if wanted.end is not None:
        where.append(threads.c.created_at < wanted.end)
    return where


def _summaries(
    connection: Connection, bundle: int | None, run: int | None, heads: Sequence[Row[Any]]
) -> list[ThreadSummary]:
    ids = [head.id for head in heads]
    numbers = connection.execute(
        select(posts.c.thread_id, func.count())
        .where(posts.c.thread_id.in_(ids), ~posts.c.deleted)
        .group_by(posts.c.thread_id)
    )
    count = {row[0]: row[1] for row in numbers}
    labels = _grouped(
        connection,
        select(thread_labels.c.thread_id, thread_labels.c.label).where(
            thread_labels.c.bundle_id == bundle, thread_labels.c.thread_id.in_(ids)
        ),
    )
    families = _grouped(
        connection, select(mentions.c.thread_id, mentions.c.family).where(mentions.c.thread_id.in_(ids))
    )
    topics = _grouped(
        connection,
        select(topic_threads.c.thread_id, topic_threads.c.topic).where(
            topic_threads.c.run_id == run, topic_threads.c.thread_id.in_(ids)
        ),
    )
    return [
        ThreadSummary(
            id=head.id,
            title=head.title,
            url=head.url,
            category=head.category,
            tags=tuple(head.tags),
            created_at=head.created_at,
            posts=count.get(head.id, 0),
            labels=tuple(sorted(without_categories(labels[head.id]))),
            families=tuple(sorted(families[head.id])),
            topic=next(iter(topics[head.id]), None),
            authored=head.authored,
        )
        for head in heads
    ]


def _grouped(connection: Connection, query: Select[Any]) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for key, value in connection.execute(query):
        found[key].append(value)
    return found


def _posts(connection: Connection, bundle: int | None, thread_id: int) -> list[PostDetail]:
    rows = connection.execute(
        select(posts).where(posts.c.thread_id == thread_id, ~posts.c.deleted).order_by(posts.c.number, posts.c.id)
    ).all()
    verdicts = {
        row.post_id: Verdict(row.verdict)
        for row in connection.execute(
            select(post_verdicts.c.post_id, post_verdicts.c.verdict, post_verdicts.c.input_hash)
            .join(posts, posts.c.id == post_verdicts.c.post_id)
            .where(
                post_verdicts.c.bundle_id == bundle,
                post_verdicts.c.thread_id == thread_id,
                post_verdicts.c.input_hash == posts.c.input_hash,
            )
        )
    }
    scores: defaultdict[int, list[tuple[str, float]]] = defaultdict(list)
    for row in connection.execute(
        select(assignments)
        .where(assignments.c.bundle_id == bundle, assignments.c.thread_id == thread_id)
        .order_by(assignments.c.score.desc(), assignments.c.label)
    ):
        scores[row.post_id].append((row.label, row.score))
    return [
        PostDetail(
            id=row.id,
            number=row.number,
            author=row.author,
            created_at=row.created_at,
            body=row.body,
            reply_to=row.reply_to,
            accepted=row.accepted,
            labels=tuple(scores[row.id]) if row.id in verdicts else (),
            verdict=verdicts.get(row.id),
        )
        for row in rows
    ]
