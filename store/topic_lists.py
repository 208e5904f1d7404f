"""Lists of topics beside what a label bundle says of their threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, Select, and_, case, func, or_, select

from store.database import Database
from store.labels import category_of, without_categories
from store.schema import assignments, bundles, post_verdicts, posts, thread_labels, topic_runs, topic_threads, topics
from store.topic_values import OUTLIERS, Topic, is_new_theme
from store.values import Verdict

_SAME_POST = and_(
    assignments.c.bundle_id == post_verdicts.c.bundle_id,
    assignments.c.thread_id == post_verdicts.c.thread_id,
    assignments.c.post_id == post_verdicts.c.post_id,
)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a bundle says of a topic's opening posts."""

    read: int = 0
    unlabelled: int = 0
    confidence: float = 0.0
    fit: float = 0.0
    leading: str = ""
    carrying: int = 0


def list_topics(db: Database, key: str, bundle_id: str | None, limit: int, after: int | None = None) -> list[Topic]:
    """Topics of a run, biggest first, from behind topic `after`, with what the bundle says of their threads."""
    with db.read() as connection:
        run = connection.execute(select(topic_runs.c.id).where(topic_runs.c.key == key)).scalar()
        bundle = connection.execute(select(bundles.c.id).where(bundles.c.key == bundle_id)).scalar()
        query = select(topics).where(topics.c.run_id == run)
        if after is not None:
            size = connection.execute(
                select(topics.c.size).where(topics.c.run_id == run, topics.c.topic == after)
            ).scalar_one()
            query = query.where(or_(topics.c.size < size, and_(topics.c.size == size, topics.c.topic > after)))
        rows = connection.execute(query.order_by(topics.c.size.desc(), topics.c.topic).limit(limit)).all()
        ids = [row.topic for row in rows]
        shares = _label_counts(connection, run, bundle, ids)
        said = _openings_said(connection, run, bundle, ids)
    return [_topic(row, shares.get(row.topic, []), said.get(row.topic, _Said())) for row in rows]


def _label_counts(
    connection: Connection, run: int | None, bundle: int | None, ids: Sequence[int]
) -> dict[int, list[tuple[str, int]]]:
    """Threads that carry each label in one of their posts, by topic, most first."""
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


def _openings_said(connection: Connection, run: int | None, bundle: int | None, ids: Sequence[int]) -> dict[int, _Said]:
    inside = topic_threads.c.run_id == run, topic_threads.c.topic.in_(ids), post_verdicts.c.bundle_id == bundle
    unlabelled = case((post_verdicts.c.verdict != Verdict.LABELLED.value, 1), else_=0)
    figures = connection.execute(
        _of_openings(
            func.count().label("read"),
            func.sum(unlabelled).label("unlabelled"),
            func.avg(func.coalesce(_strongest_score(), 0.0)).label("confidence"),
        )
        .where(*inside)
        .group_by(topic_threads.c.topic)
    )
    count = func.count()
    labels = connection.execute(
        _of_openings(assignments.c.label, count.label("carrying"))
        .join(assignments, _SAME_POST)
        .where(*inside)
        .group_by(topic_threads.c.topic, assignments.c.label)
        .order_by(count, assignments.c.label.desc())
    ).all()
    leading = {row.topic: (row.label, row.carrying) for row in labels}
    sums = _category_sums(connection, inside, {row.label for row in labels})
    return {
        row.topic: _Said(
            row.read,
            row.unlabelled,
            row.confidence,
            sums.get(row.topic, 0.0) / row.read,
            *leading.get(row.topic, ("", 0)),
        )
        for row in figures
    }


def _category_sums(connection: Connection, inside: Sequence[ColumnElement[bool]], leaves: Set[str]) -> dict[int, float]:
    """By topic, for the category where it is highest: the sum over opening posts of the strongest leaf's score."""
    if not leaves:
        return {}
    category = case({leaf: category_of(leaf) for leaf in sorted(leaves)}, value=assignments.c.label).label("category")
    of_posts = (
        _of_openings(category, func.max(assignments.c.score).label("score"))
        .join(assignments, _SAME_POST)
        .where(*inside)
        .group_by(topic_threads.c.topic, post_verdicts.c.post_id, category)
        .subquery()
    )
    total = func.sum(of_posts.c.score)
    rows = connection.execute(
        select(of_posts.c.topic, total.label("total")).group_by(of_posts.c.topic, of_posts.c.category).order_by(total)
    )
    return {row.topic: row.total for row in rows}


def _strongest_score() -> ScalarSelect[Any]:
    """Of the post that the row's verdict is on."""
    return select(func.max(assignments.c.score)).where(_SAME_POST).correlate(post_verdicts).scalar_subquery()


def _of_openings(*columns: ColumnElement[Any]) -> Select[Any]:
    """Columns by topic over the verdicts on the posts that open a thread."""
    opening = and_(posts.c.thread_id == topic_threads.c.thread_id, posts.c.number == 1, ~posts.c.deleted)
    verdict = and_(post_verdicts.c.thread_id == posts.c.thread_id, post_verdicts.c.post_id == posts.c.id)
    return (
        select(topic_threads.c.topic, *columns)
        .select_from(topic_threads)
        .join(posts, opening)
        .join(post_verdicts, verdict)
    )


def _topic(row: Row[Any], counts: Sequence[tuple[str, int]], said: _Said) -> Topic:
    leaves = set(without_categories(label for label, _ in counts))
    figures: Mapping[str, Any] = {}
    new = None
    if said.read and row.topic != OUTLIERS:
        new = is_new_theme(said.fit, said.confidence)
    if said.read:
        figures = {
            "leading_label": said.leading,
            "leading_share": said.carrying / said.read,
            "unlabelled": said.unlabelled / said.read,
            "label_fit": said.fit,
            "label_confidence": said.confidence,
        }
    return Topic(
        id=row.topic,
        keywords=tuple(row.keywords),
        size=row.size,
        representatives=tuple(row.representatives),
        nearest_label=row.nearest_label,
        nearest_cosine=row.nearest_cosine,
        distribution=tuple((label, threads / row.size) for label, threads in counts if label in leaves),
        name=_name(row.name, "" if new else said.leading or row.nearest_label),
        coherence=row.coherence,
        new_theme=new,
        **figures,
    )


def _name(words: str, label: str) -> str:
    """Words, and the label that fits best where one does: `audio, whisper (hf-features/request)`."""
    return f"{words} ({label})" if words and label else words or label
