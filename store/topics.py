"""Discovered topics, in runs that are versioned apart from the label bundles: written by the classifier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from more_itertools import chunked
from sqlalchemy import Connection, Row, and_, delete, func, or_, select

from store.database import Database
from store.labels import without_categories
from store.schema import bundles, settings, thread_labels, topic_runs, topic_threads, topics
from store.values import Topic

_BATCH = 1000
_CURRENT_RUN = "current_topic_run"


def save_topic_run(db: Database, run_id: str, found: Sequence[Topic], members: Iterable[tuple[int, int, int]]) -> None:
    """Store a run with its members, (thread id, month, topic id), and make it the current one.

    A run of the same id is replaced.
    """
    with db.write() as connection:
        db.upsert(connection, topic_runs, [{"key": run_id}], ["key"])
        run = _run_id(connection, run_id)
        for table in (topic_threads, topics):
            connection.execute(delete(table).where(table.c.run_id == run))
        if found:
            connection.execute(topics.insert(), [_topic_row(run, topic) for topic in found])
        for some in chunked(members, _BATCH):
            rows = [
                {"run_id": run, "topic": topic, "month": month, "thread_id": thread} for thread, month, topic in some
            ]
            connection.execute(topic_threads.insert(), rows)
        db.upsert(connection, settings, [{"name": _CURRENT_RUN, "value": run_id}], ["name"])


def current_topic_run(db: Database) -> str | None:
    """Id of the run that is shown, or None before the first."""
    with db.read() as connection:
        return connection.execute(select(settings.c.value).where(settings.c.name == _CURRENT_RUN)).scalar()


def list_topics(db: Database, run_id: str, bundle_id: str | None, limit: int, after: int | None = None) -> list[Topic]:
    """Topics of a run, biggest first, from behind topic `after`, with the share of their threads by leaf."""
    with db.read() as connection:
        run = _run_id(connection, run_id)
        query = select(topics).where(topics.c.run_id == run)
        if after is not None:
            size = connection.execute(
                select(topics.c.size).where(topics.c.run_id == run, topics.c.topic == after)
            ).scalar_one()
            query = query.where(or_(topics.c.size < size, and_(topics.c.size == size, topics.c.topic > after)))
        rows = connection.execute(query.order_by(topics.c.size.desc(), topics.c.topic).limit(limit)).all()
        shares = _label_counts(connection, run, bundle_id, [row.topic for row in rows])
    return [_topic(row, shares.get(row.topic, [])) for row in rows]


def topic_exists(db: Database, run_id: str, topic_id: int) -> bool:
    """Whether the run has a topic of this id."""
    with db.read() as connection:
        run = _run_id(connection, run_id)
        query = select(topics.c.topic).where(topics.c.run_id == run, topics.c.topic == topic_id)
        return connection.execute(query).first() is not None


def _run_id(connection: Connection, key: str | None) -> int | None:
    return connection.execute(select(topic_runs.c.id).where(topic_runs.c.key == key)).scalar()


def _label_counts(
    connection: Connection, run: int | None, bundle_id: str | None, ids: Sequence[int]
) -> dict[int, list[tuple[str, int]]]:
    bundle = select(bundles.c.id).where(bundles.c.key == bundle_id).scalar_subquery()
    count = func.count()
    rows = connection.execute(
        select(topic_threads.c.topic, thread_labels.c.label, count.label("threads"))
        .join(thread_labels, thread_labels.c.thread_id == topic_threads.c.thread_id)
        .where(
            topic_threads.c.run_id == run,
            topic_threads.c.topic.in_(ids),
            thread_labels.c.bundle_id == bundle,
        )
        .group_by(topic_threads.c.topic, thread_labels.c.label)
        .order_by(count.desc(), thread_labels.c.label)
    )
    counts: dict[int, list[tuple[str, int]]] = {}
    for row in rows:
        counts.setdefault(row.topic, []).append((row.label, row.threads))
    return counts


def _topic_row(run: int | None, topic: Topic) -> dict[str, Any]:
    return {
        "run_id": run,
        "topic": topic.id,
        "size": topic.size,
        "keywords": list(topic.keywords),
        "representatives": list(topic.representatives),
        "nearest_label": topic.nearest_label,
        "nearest_cosine": topic.nearest_cosine,
    }


def _topic(row: Row[Any], counts: Sequence[tuple[str, int]]) -> Topic:
    leaves = set(without_categories(label for label, _ in counts))
    return Topic(
        id=row.topic,
        keywords=tuple(row.keywords),
        size=row.size,
        representatives=tuple(row.representatives),
        nearest_label=row.nearest_label,
        nearest_cosine=row.nearest_cosine,
        distribution=tuple((label, threads / row.size) for label, threads in counts if label in leaves),
    )
