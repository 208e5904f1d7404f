"""Lists of topics beside what a label bundle says of their threads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from store.database import Database
from store.labels import category_of, without_categories
from store.schema import topic_label_counts, topics
from store.scopes import bundle_number, run_number
from store.sheets import MILLION
from store.topic_counts import ANY_LABEL
from store.topic_values import OUTLIERS, Topic, is_new_theme
from store.topics import point_of


@dataclass(frozen=True, slots=True)
class _Said:
    """What a bundle says of a topic: threads by leaf, most first; and of the opening posts that it has read."""

    threads: Sequence[tuple[str, int]] = ()
    read: int = 0
    unlabelled: int = 0
    confidence: float = 0.0
    fit: float = 0.0
    leading: str = ""
    carrying: int = 0


def list_topics(db: Database, key: str, bundle_id: str | None, limit: int, after: int | None = None) -> list[Topic]:
    """Topics of a run, biggest first, from behind topic `after`, with what the bundle says of their threads."""
    with db.read() as connection:
        run = run_number(connection, key)
        bundle = bundle_number(connection, bundle_id)
        query = select(topics).where(topics.c.run_id == run)
        if after is not None:
            size = connection.execute(
                select(topics.c.size).where(topics.c.run_id == run, topics.c.topic == after)
            ).scalar_one()
            query = query.where(or_(topics.c.size < size, and_(topics.c.size == size, topics.c.topic > after)))
        rows = connection.execute(query.order_by(topics.c.size.desc(), topics.c.topic).limit(limit)).all()
        said = _said(connection, run, bundle, [row.topic for row in rows])
    return [_topic(row, said.get(row.topic, _Said())) for row in rows]


def _said(connection: Connection, run: int | None, bundle: int | None, ids: Sequence[int]) -> dict[int, _Said]:
    """What the bundle says of each topic, from the counts made ahead."""
    rows = connection.execute(
        select(topic_label_counts).where(
            topic_label_counts.c.run_id == run,
            topic_label_counts.c.bundle_id == bundle,
            topic_label_counts.c.topic.in_(ids),
        )
    )
    found: defaultdict[int, dict[str, Row[Any]]] = defaultdict(dict)
    for row in rows:
        found[row.topic][row.label] = row
    return {topic: _summed(labels) for topic, labels in found.items()}


def _summed(labels: dict[str, Row[Any]]) -> _Said:
    """A topic's counts by label as shares."""
    every = labels.pop(ANY_LABEL, None)
    threads = {leaf: labels[leaf].threads for leaf in without_categories(labels)}
    shared = sorted(((leaf, count) for leaf, count in threads.items() if count), key=lambda one: (-one[1], one[0]))
    if every is None or not every.threads:
        return _Said(shared)
    leading = min(threads, key=lambda leaf: (-labels[leaf].openings, leaf), default="")
    carrying = labels[leading].openings if leading else 0
    best = max((labels[category].score for category in {*map(category_of, labels)}), default=0)
    return _Said(
        shared,
        every.threads,
        every.threads - every.openings,
        every.score / MILLION / every.threads,
        best / MILLION / every.threads,
        leading if carrying else "",
        carrying,
    )


def _topic(row: Row[Any], said: _Said) -> Topic:
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
        distribution=tuple((label, threads / row.size) for label, threads in said.threads),
        name=_name(row.name, "" if new else said.leading or row.nearest_label),
        coherence=row.coherence,
        new_theme=new,
        point=point_of(row),
        **figures,
    )


def _name(words: str, label: str) -> str:
    """Words, and the label that fits best where one does: `audio, whisper (hf-features/request)`."""
    return f"{words} ({label})" if words and label else words or label
