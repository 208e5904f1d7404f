"""Rows of posts: written for a whole thread at once, with what was edited, what went and what moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from more_itertools import chunked
from sqlalchemy import Connection, select, update

from store.counts import recounted
from store.database import Database
from store.purge import forget_posts, forget_texts
from store.schema import counters, post_edits, posts, reviews, threads
from store.search import index_thread

_BATCH = 500
NO_HASH = b""
"""Hash of a thread or post whose content is not known or no longer kept."""


def next_revision(connection: Connection) -> int:
    """Next number of the one counter of changes."""
    # The row stays locked until the commit, so that revisions become visible in their order.
    statement = (
        update(counters)
        .where(counters.c.name == "thread_revision")
        .values(value=counters.c.value + 1)
        .returning(counters.c.value)
    )
    return int(connection.execute(statement).scalar_one())


def write_posts(
    db: Database,
    connection: Connection,
    thread_id: int,
    rows: Sequence[dict[str, Any]],
    seen_at: datetime,
    not_given: Collection[str] = (),
) -> tuple[int, int, int]:
    """Make these rows the visible posts of a thread; returns how many were added, edited and deleted.

    An edited post leaves the hash of its earlier text and when that was written; a deleted one leaves a tombstone.
    Posts of the external ids `not_given` stay as they were.
    """
    there = connection.execute(
        select(
            posts.c.id, posts.c.external_id, posts.c.text_hash, posts.c.created_at, posts.c.updated_at, posts.c.deleted
        ).where(posts.c.thread_id == thread_id)
    ).all()
    before = {row.external_id: row for row in there if not row.deleted}
    shown = {row["external_id"]: row["text_hash"] for row in rows}
    edited = [row for key, row in before.items() if key in shown and row.text_hash != shown[key]]
    vanished = [row.id for key, row in before.items() if key not in shown and key not in not_given]
    if edited:
        connection.execute(post_edits.insert(), [_edit_row(row, seen_at) for row in edited])
        forget_texts(connection, [row.id for row in edited])
    forget_posts(connection, thread_id, vanished, seen_at)
    db.upsert(connection, posts, rows, ["thread_id", "external_id"])
    index_thread(connection, thread_id)
    return len(shown.keys() - before.keys()), len(edited), len(vanished)


def take_from_others(
    connection: Connection, source_id: int, thread_id: int, rows: Sequence[dict[str, Any]], seen_at: datetime
) -> tuple[str, ...]:
    """Make tombstones of posts that other threads of the source had; returns those threads' external ids, sorted."""
    moved: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for some in chunked((row["external_id"] for row in rows), _BATCH):
        # By the posts first: joined at once, SQLite may go through all threads of the source instead.
        elsewhere = posts.c.external_id.in_(some), posts.c.thread_id != thread_id, ~posts.c.deleted
        candidates = connection.execute(select(posts.c.id, posts.c.thread_id).where(*elsewhere)).all()
        if not candidates:
            continue
        own = threads.c.id.in_({row.thread_id for row in candidates}), threads.c.source_id == source_id
        keys = {row.id: row.external_id for row in connection.execute(select(threads).where(*own))}
        for row in candidates:
            if row.thread_id in keys:
                moved[row.thread_id, keys[row.thread_id]].append(row.id)
    for (other, _), ids in moved.items():
        _move_reviews(connection, ids, thread_id)
        with recounted(connection, [other]):
            forget_posts(connection, other, ids, seen_at)
        connection.execute(
            update(threads)
            .where(threads.c.id == other)
            .values(content_hash=NO_HASH, revision=next_revision(connection))
        )
    return tuple(sorted(key for _, key in moved))


def _move_reviews(connection: Connection, post_ids: Sequence[int], thread_id: int) -> None:
    """Let what people said of posts go along to the rows that these posts have in another thread."""
    before, after = posts.alias(), posts.alias()
    moved_to = (
        select(after.c.id)
        .join(before, before.c.external_id == after.c.external_id)
        .where(before.c.id == reviews.c.post_id, after.c.thread_id == thread_id)
        .scalar_subquery()
    )
    connection.execute(update(reviews).where(reviews.c.post_id.in_(post_ids)).values(post_id=moved_to))


def _edit_row(row: Any, seen_at: datetime) -> dict[str, Any]:
    return {
        "post_id": row.id,
        "text_hash": row.text_hash,
        "written_at": row.updated_at or row.created_at,
        "replaced_at": seen_at,
    }
