"""What goes with a text that its forum no longer shows: evidence, vectors, hashes, notes; in the caller's transaction.

The one place that reaches into the tables of later stages: a deletion must not wait until a stage runs again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from more_itertools import chunked
from sqlalchemy import Connection, delete, select, update

from store.labels import with_categories
from store.schema import (
    assignments,
    mentions,
    post_edits,
    post_texts,
    post_verdicts,
    posts,
    reviews,
    thread_causes,
    thread_labels,
    thread_verdicts,
    topic_threads,
    vectors,
)
from store.search import forget_indexed, index_thread
from store.topics import recount_topic
from store.values import Verdict, thread_verdict

_BATCH = 500
_NO_HASH = b""
_TOMBSTONE: dict[str, Any] = {
    "deleted": True,
    "body": "",
    "author": "",
    "likes": 0,
    "accepted": False,
    "staff": None,
    "text_hash": _NO_HASH,
    "input_hash": _NO_HASH,
}


def forget_posts(connection: Connection, thread_id: int, post_ids: Sequence[int], seen_at: datetime) -> None:
    """Turn posts into tombstones (id and times stay) and take them out of what their thread counts for.

    Of reviews, the labels stay; the note and the hash of the text go.
    """
    if not post_ids:
        return
    for some in chunked(post_ids, _BATCH):
        connection.execute(update(posts).where(posts.c.id.in_(some)).values(_TOMBSTONE | {"deleted_at": seen_at}))
        connection.execute(delete(post_edits).where(post_edits.c.post_id.in_(some)))
        for table in (assignments, post_verdicts):
            connection.execute(delete(table).where(table.c.thread_id == thread_id, table.c.post_id.in_(some)))
        connection.execute(update(reviews).where(reviews.c.post_id.in_(some)).values(note="", text_hash=_NO_HASH))
        read = thread_causes.c.question_id.in_(some) | thread_causes.c.post_id.in_(some)
        connection.execute(delete(thread_causes).where(read))
    forget_texts(connection, post_ids)
    index_thread(connection, thread_id)
    _shrink_labels(connection, thread_id)
    _shrink_mentions(connection, thread_id, len(post_ids))


def forget_thread(connection: Connection, thread_id: int, seen_at: datetime) -> None:
    """Turn all posts of a thread into tombstones and take it out of labels, mentions, topics and search."""
    visible = select(posts.c.id).where(posts.c.thread_id == thread_id, ~posts.c.deleted)
    forget_posts(connection, thread_id, list(connection.execute(visible).scalars()), seen_at)
    places = connection.execute(
        select(topic_threads.c.run_id, topic_threads.c.topic).where(topic_threads.c.thread_id == thread_id)
    ).all()
    for table in (thread_causes, thread_labels, thread_verdicts, mentions, topic_threads):
        connection.execute(delete(table).where(table.c.thread_id == thread_id))
    forget_indexed(connection, thread_id)
    for place in places:
        recount_topic(connection, place.run_id, place.topic, {thread_id})


def forget_texts(connection: Connection, post_ids: Iterable[int]) -> None:
    """Delete the vectors that were made of these posts' texts, except those that another post has too."""
    for some in chunked(post_ids, _BATCH):
        mine = post_texts.c.post_id.in_(some)
        hashes = list(connection.execute(select(post_texts.c.text_hash).where(mine)).scalars())
        connection.execute(delete(post_texts).where(mine))
        forget_hashes(connection, hashes)


def forget_hashes(connection: Connection, hashes: Iterable[bytes]) -> None:
    """Delete the vectors of these texts, except of those that a post still has."""
    for some in chunked(set(hashes), _BATCH):
        used = set(connection.execute(select(post_texts.c.text_hash).where(post_texts.c.text_hash.in_(some))).scalars())
        unused = [key for key in some if key not in used]
        connection.execute(delete(vectors).where(vectors.c.text_hash.in_(unused)))


def _shrink_labels(connection: Connection, thread_id: int) -> None:
    """Leave a thread the labels and the verdict that its remaining posts give it, for every bundle."""
    leaves: defaultdict[int, set[str]] = defaultdict(set)
    for bundle, leaf in connection.execute(
        select(assignments.c.bundle_id, assignments.c.label).where(assignments.c.thread_id == thread_id)
    ):
        leaves[bundle].add(leaf)
    verdicts: defaultdict[int, set[Verdict]] = defaultdict(set)
    for bundle, verdict in connection.execute(
        select(post_verdicts.c.bundle_id, post_verdicts.c.verdict).where(post_verdicts.c.thread_id == thread_id)
    ):
        verdicts[bundle].add(Verdict(verdict))
    told = connection.execute(
        select(thread_verdicts.c.bundle_id, thread_verdicts.c.verdict).where(thread_verdicts.c.thread_id == thread_id)
    ).all()
    for bundle, verdict in told:
        labels = thread_labels.c.bundle_id == bundle, thread_labels.c.thread_id == thread_id
        kept = sorted(with_categories(leaves[bundle]))
        connection.execute(delete(thread_labels).where(*labels, thread_labels.c.label.not_in(kept)))
        mine = thread_verdicts.c.bundle_id == bundle, thread_verdicts.c.thread_id == thread_id
        if not verdicts[bundle]:
            connection.execute(delete(thread_verdicts).where(*mine))
        elif (now := thread_verdict(verdicts[bundle]).value) != verdict:
            connection.execute(update(thread_verdicts).where(*mine).values(verdict=now))


def _shrink_mentions(connection: Connection, thread_id: int, gone: int) -> None:
    """Keep a family only where more posts named it than went: then one that names it is left for certain."""
    mine = mentions.c.thread_id == thread_id
    connection.execute(delete(mentions).where(mine, mentions.c.posts <= gone))
    connection.execute(update(mentions).where(mine).values(posts=mentions.c.posts - gone))
