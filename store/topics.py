"""Discovered topics, in runs that are versioned apart from the label bundles: written by the classifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from more_itertools import chunked
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, select, update

from store.counts import forget_run_counts, recounted
from store.database import Database
from store.schema import settings, threads, topic_runs, topic_threads, topics
from store.scopes import run_number
from store.topic_values import OUTLIERS, Placed, Point, Topic, TopicRun

Vector = NDArray[np.float32]

_BATCH = 1000
_CURRENT_RUN = "current_topic_run"
_STORED = np.dtype("<f4")


def save_topic_run(
    db: Database, run: TopicRun, found: Sequence[Topic], members: Iterable[Placed], centres: Mapping[int, Vector]
) -> None:
    """Store a run with its threads and the centres of its topics, and make it the current one.

    A run of the same key is replaced. The run before stays, for readers that have just been told of it; older ones go.
    """
    with db.write() as connection:
        before = _current(connection)
        db.upsert(connection, topic_runs, [asdict(run) | {"repeated_lines": sorted(run.repeated_lines)}], ["key"])
        row = run_number(connection, run.key)
        _forget(connection, row)
        if found:
            connection.execute(topics.insert(), [_topic_row(row, topic, centres.get(topic.id)) for topic in found])
        for some in chunked(members, _BATCH):
            with recounted(connection, [place.thread_id for place in some]):
                connection.execute(topic_threads.insert(), [_place_row(row, place, sought=True) for place in some])
        db.upsert(connection, settings, [{"name": _CURRENT_RUN, "value": run.key}], ["name"])
        _forget_all_but(connection, (run.key, before))


def current_topic_run(db: Database) -> str | None:
    """Key of the run that is shown, or None before the first."""
    with db.read() as connection:
        return _current(connection)


def topic_run(db: Database, key: str | None) -> TopicRun | None:
    """The run of this key, or None where there is none."""
    with db.read() as connection:
        row = connection.execute(select(topic_runs).where(topic_runs.c.key == key)).first()
    if row is None:
        return None
    values = {name: value for name, value in row._mapping.items() if name != "id"}
    return TopicRun(**values | {"repeated_lines": frozenset(row.repeated_lines)})


def newest_revision(db: Database) -> int:
    """Highest revision of a thread; 0 in an empty store."""
    with db.read() as connection:
        return connection.execute(select(func.max(threads.c.revision))).scalar() or 0


def topic_exists(db: Database, key: str, topic_id: int) -> bool:
    """Whether the run has a topic of this id."""
    with db.read() as connection:
        run = run_number(connection, key)
        query = select(topics.c.topic).where(topics.c.run_id == run, topics.c.topic == topic_id)
        return connection.execute(query).first() is not None


def topic_sizes(db: Database, key: str) -> dict[int, int]:
    """Threads in each topic of the run, the outliers among them."""
    with db.read() as connection:
        query = select(topics.c.topic, topics.c.size).where(topics.c.run_id == run_number(connection, key))
        return {row.topic: row.size for row in connection.execute(query)}


def topic_members(db: Database, key: str) -> dict[int, int]:
    """Topic of each thread of the run, outliers too."""
    with db.read() as connection:
        rows = connection.execute(
            select(topic_threads.c.thread_id, topic_threads.c.topic).where(
                topic_threads.c.run_id == run_number(connection, key)
            )
        )
        return {row.thread_id: row.topic for row in rows}


def topic_centres(db: Database, key: str) -> dict[int, Vector]:
    """Centre of each topic of the run (float32, 1-d, L2-normalized); the outliers have none."""
    with db.read() as connection:
        rows = connection.execute(
            select(topics.c.topic, topics.c.centre)
            .where(topics.c.run_id == run_number(connection, key), topics.c.centre.is_not(None))
            .order_by(topics.c.topic)
        )
        return {row.topic: np.frombuffer(row.centre, _STORED).astype(np.float32) for row in rows}


def topic_points(db: Database, key: str) -> dict[int, Point]:
    """Where the topics of the run lie on the map, for those that do; the outliers lie nowhere."""
    with db.read() as connection:
        inside = topics.c.run_id == run_number(connection, key), topics.c.x.is_not(None), topics.c.topic != OUTLIERS
        return {row.topic: (row.x, row.y) for row in connection.execute(select(topics).where(*inside))}


def topic_places(db: Database, key: str, thread_ids: Sequence[int]) -> dict[int, Placed]:
    """Where these threads are in the run, by thread id; those that are not in it are left out."""
    with db.read() as connection:
        rows = connection.execute(
            select(topic_threads).where(
                topic_threads.c.run_id == run_number(connection, key), topic_threads.c.thread_id.in_(thread_ids)
            )
        )
        return {
            row.thread_id: Placed(row.thread_id, row.month, row.topic, row.text_hash, point_of(row)) for row in rows
        }


def place_threads(db: Database, key: str, revision: int, places: Sequence[Placed]) -> None:
    """Put threads that changed since the run into its topics, or out of them, and move the run to this revision.

    A topic without a thread left goes.
    """
    ids = [place.thread_id for place in places]
    with db.write() as connection, recounted(connection, ids):
        run = run_number(connection, key)
        inside = topic_threads.c.run_id == run, topic_threads.c.thread_id.in_(ids)
        touched = set(connection.execute(select(topic_threads.c.topic).where(*inside)).scalars())
        connection.execute(delete(topic_threads).where(*inside))
        rows = [_place_row(run, place, sought=False) for place in places if place.topic is not None]
        if rows:
            connection.execute(topic_threads.insert(), rows)
        touched |= {place.topic for place in places if place.topic is not None}
        for topic in sorted(touched):
            recount_topic(connection, run, topic, set(ids))
        connection.execute(update(topic_runs).where(topic_runs.c.id == run).values(revision=revision))


def threads_changed_since_sought(db: Database, key: str) -> int:
    """How many threads of the run were not there, or not with this text, when it was sought, or have gone since."""
    with db.read() as connection:
        run = connection.execute(select(topic_runs.c.id, topic_runs.c.sought).where(topic_runs.c.key == key)).one()
        rows = connection.execute(
            select(topic_threads.c.sought, func.count().label("threads"))
            .where(topic_threads.c.run_id == run.id)
            .group_by(topic_threads.c.sought)
        )
        counts: dict[bool, int] = {row.sought: row.threads for row in rows}
    # An edited thread is missing from those sought and stands among the others: it counts once.
    return max(counts.get(False, 0), int(run.sought) - counts.get(True, 0))


def point_of(row: Any) -> Point | None:
    """Place on the map of a row with `x` and `y`."""
    return None if row.x is None or row.y is None else (row.x, row.y)


def _current(connection: Connection) -> str | None:
    return connection.execute(select(settings.c.value).where(settings.c.name == _CURRENT_RUN)).scalar()


def _forget(connection: Connection, run: int | None) -> None:
    for table in (topic_threads, topics):
        connection.execute(delete(table).where(table.c.run_id == run))
    forget_run_counts(connection, run)


def _forget_all_but(connection: Connection, keys: Sequence[str | None]) -> None:
    old = connection.execute(select(topic_runs.c.id).where(topic_runs.c.key.not_in([key for key in keys if key])))
    for run in old.scalars().all():
        _forget(connection, run)
        connection.execute(delete(topic_runs).where(topic_runs.c.id == run))


def recount_topic(connection: Connection, run: int | None, topic: int, moved: set[int]) -> None:
    """Bring size and representatives of a topic in line with its threads, in the caller's transaction.

    `moved`: threads that may have left it.
    """
    inside = topic_threads.c.run_id == run, topic_threads.c.topic == topic
    row = topics.c.run_id == run, topics.c.topic == topic
    size = connection.execute(select(func.count()).select_from(topic_threads).where(*inside)).scalar_one()
    if not size:
        connection.execute(delete(topics).where(*row))
        return
    shown = connection.execute(select(topics.c.representatives).where(*row)).scalar()
    if shown is None:
        connection.execute(topics.insert(), [_topic_row(run, Topic(OUTLIERS, (), size, (), "", 0.0), None)])
        return
    gone = moved.intersection(shown)
    still = set(
        connection.execute(select(topic_threads.c.thread_id).where(*inside, topic_threads.c.thread_id.in_(gone)))
        .scalars()
        .all()
    )
    kept = [thread for thread in shown if thread not in gone or thread in still]
    connection.execute(update(topics).where(*row).values(size=size, representatives=kept))


def _place_row(run: int | None, place: Placed, sought: bool) -> dict[str, Any]:
    return {
        "run_id": run,
        "topic": place.topic,
        "month": place.month,
        "thread_id": place.thread_id,
        "text_hash": place.text_hash,
        "sought": sought,
        **_coordinates(place.point),
    }


def _topic_row(run: int | None, topic: Topic, centre: Vector | None) -> dict[str, Any]:
    return {
        "run_id": run,
        "topic": topic.id,
        "size": topic.size,
        "name": topic.name,
        "keywords": list(topic.keywords),
        "representatives": list(topic.representatives),
        "nearest_label": topic.nearest_label,
        "nearest_cosine": topic.nearest_cosine,
        "coherence": topic.coherence,
        "centre": None if centre is None else centre.astype(_STORED).tobytes(),
        **_coordinates(topic.point),
    }


def _coordinates(point: Point | None) -> dict[str, float | None]:
    x, y = point or (None, None)
    return {"x": x, "y": y}
