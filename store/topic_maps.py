"""Threads as points of the map that a topic run makes. Reads only."""

from __future__ import annotations

from sqlalchemy import func, select

from store.database import Database
from store.schema import threads, topic_threads
from store.scopes import run_number
from store.topic_values import MapPoint, TopicMap

_MIXER, _LOTS = 2_654_435_761, 2**32
"""A multiplicative hash (Knuth): threads of neighbouring ids draw lots that are far apart."""


def topic_map(db: Database, key: str, limit: int, topic: int | None = None) -> TopicMap:
    """Threads of a run that lie on its map, of one topic or of all: at most about `limit`.

    Of more than that, each topic gives a sample in proportion to its size, at least one thread; always the same one
    for the same threads and limit.
    """
    with db.read() as connection:
        run = run_number(connection, key)
        inside = [topic_threads.c.run_id == run, topic_threads.c.x.is_not(None)]
        if topic is not None:
            inside.append(topic_threads.c.topic == topic)
        total = connection.execute(select(func.count()).select_from(topic_threads).where(*inside)).scalar_one()
        lot = (topic_threads.c.thread_id * _MIXER) % _LOTS
        of = topic_threads.c.topic
        drawn = select(
            topic_threads.c.thread_id,
            of,
            topic_threads.c.x,
            topic_threads.c.y,
            func.row_number().over(partition_by=of, order_by=(lot, topic_threads.c.thread_id)).label("place"),
            func.count().over(partition_by=of).label("size"),
        )
        found = drawn.where(*inside).subquery()
        # The first always, the others while they stay within the topic's share of the limit.
        kept = (found.c.place == 1) | (found.c.place * total <= found.c.size * limit)
        rows = connection.execute(
            select(found, threads.c.title)
            .join(threads, threads.c.id == found.c.thread_id)
            .where(kept)
            .order_by(found.c.topic, found.c.thread_id)
        ).all()
    return TopicMap(tuple(MapPoint(row.thread_id, row.topic, (row.x, row.y), row.title) for row in rows), total)
