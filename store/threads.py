"""Threads and posts: written whole by the scraper, read by later stages in the order in which they changed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from more_itertools import chunked
from sqlalchemy import Connection, Row, func, select, tuple_, update

from store.counts import change_counts, recounted, tally
from store.database import Database
from store.months import month_of
from store.posts import NO_HASH, next_revision, take_from_others, write_posts
from store.purge import forget_thread
from store.schema import posts, threads
from store.text import text_hash
from store.values import (
    COUNTED_STATES,
    Opening,
    Post,
    PostInput,
    StoredPost,
    StoredThread,
    Thread,
    ThreadState,
)

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Saved:
    """What storing a thread did: its id here, and how many posts came, were edited or went.

    `robbed`: external ids of threads of the same source that a post has moved away from.
    """

    thread_id: int
    changed: bool = False
    added: int = 0
    edited: int = 0
    deleted: int = 0
    robbed: tuple[str, ...] = ()


def save_thread(db: Database, source_id: int, thread: Thread) -> int:
    """Store a thread and its posts together, keyed by their ids in the source; returns the store's thread id.

    Posts that the thread no longer has become tombstones. Unchanged content gets no new revision, so that later
    stages do not read it again.
    """
    with db.write() as connection:
        return put_thread(db, connection, source_id, thread, datetime.now(UTC)).thread_id


def save_threads(db: Database, source_id: int, many: Iterable[Thread]) -> int:
    """Store threads, some hundreds a transaction; returns how many."""
    count = 0
    for some in chunked(many, _BATCH):
        with db.write() as connection:
            for thread in some:
                put_thread(db, connection, source_id, thread, datetime.now(UTC))
        count += len(some)
    return count


def put_thread(
    db: Database,
    connection: Connection,
    source_id: int,
    thread: Thread,
    seen_at: datetime,
    *,
    posts_move: bool = False,
    not_given: Collection[str] = (),
) -> Saved:
    """As save_thread, in the caller's transaction.

    `posts_move`: a post keeps its id when the forum moves it to another thread; one that another thread of the source
    had is taken out of that thread. `not_given`: external ids of posts that the thread still has and that were not to
    be had; they stay as they were.
    """
    known = connection.execute(
        select(threads.c.id, threads.c.content_hash).where(
            threads.c.source_id == source_id, threads.c.external_id == thread.external_id
        )
    ).first()
    content = _content_hash(thread)
    if known is not None and known.content_hash == content:
        connection.execute(update(threads).where(threads.c.id == known.id).values(_figures(thread)))
        return Saved(int(known.id))
    before = tally(connection, [known.id] if known else [])
    row = _thread_row(source_id, thread) | {"content_hash": content, "revision": next_revision(connection)}
    db.upsert(connection, threads, [row], ["source_id", "external_id"])
    thread_id = connection.execute(
        select(threads.c.id).where(threads.c.source_id == source_id, threads.c.external_id == thread.external_id)
    ).scalar_one()
    inputs = [_input(thread, position) for position in range(len(thread.posts))]
    rows = [_post_row(thread_id, post, given) for post, given in zip(thread.posts, inputs, strict=True)]
    added, edited, deleted = write_posts(db, connection, thread_id, rows, seen_at, not_given)
    change_counts(connection, before, tally(connection, [thread_id]))
    robbed = take_from_others(connection, source_id, thread_id, rows, seen_at) if posts_move and added else ()
    return Saved(int(thread_id), True, added, edited, deleted, robbed)


def set_thread_state(db: Database, source_id: int, external_id: str, state: ThreadState) -> bool:
    """Note that a known thread changed state; one that is no longer shown loses its text. Unknown ids are ignored.

    Returns whether it changed.
    """
    with db.write() as connection:
        return put_thread_state(connection, source_id, external_id, state, datetime.now(UTC))


def put_thread_state(
    connection: Connection, source_id: int, external_id: str, state: ThreadState, seen_at: datetime
) -> bool:
    """As set_thread_state, in the caller's transaction."""
    row = connection.execute(
        select(threads.c.id, threads.c.state).where(
            threads.c.source_id == source_id, threads.c.external_id == external_id
        )
    ).first()
    if row is None or row.state == state.value:
        return False
    values: dict[str, Any] = {
        "state": state.value,
        "counted": state in COUNTED_STATES,
        "revision": next_revision(connection),
        "content_hash": NO_HASH,
    }
    with recounted(connection, [row.id]):
        if state not in COUNTED_STATES:
            values |= {"title": "", "url": "", "category": "", "tags": [], "views": 0, "likes": 0}
            forget_thread(connection, row.id, seen_at)
        connection.execute(update(threads).where(threads.c.id == row.id).values(values))
    return True


def changed_threads(db: Database, after_revision: int, limit: int = 500) -> list[StoredThread]:
    """Threads that changed after a revision, ascending by revision, their visible posts in context."""
    with db.read() as connection:
        heads = connection.execute(
            select(threads).where(threads.c.revision > after_revision).order_by(threads.c.revision).limit(limit)
        ).all()
        by_thread = _visible_posts(connection, [head.id for head in heads if head.counted])
    return [_stored_thread(head, by_thread.get(head.id, [])) for head in heads]


def threads_in_context(db: Database, thread_ids: Collection[int]) -> list[StoredThread]:
    """Counted threads by id, their visible posts in context."""
    found = []
    for some in chunked(sorted(thread_ids), _BATCH):
        with db.read() as connection:
            heads = connection.execute(select(threads).where(threads.c.id.in_(some), threads.c.counted)).all()
            by_thread = _visible_posts(connection, [head.id for head in heads])
        found += [_stored_thread(head, by_thread.get(head.id, [])) for head in heads]
    return found


def openings(db: Database) -> Iterator[Opening]:
    """The opening post of every counted thread, ascending by thread id, streamed.

    The opening is the first visible post; a thread without one is left out.
    """
    last = 0
    while True:
        with db.read() as connection:
            heads = connection.execute(
                select(threads).where(threads.c.id > last, threads.c.counted).order_by(threads.c.id).limit(_BATCH)
            ).all()
            by_thread = _visible_posts(connection, [head.id for head in heads], first_only=True)
        if not heads:
            return
        last = heads[-1].id
        for head in heads:
            if rows := by_thread.get(head.id):
                yield Opening(head.id, head.month, rows[0].id, _inputs(head, rows[:1])[0])


def _thread_row(source_id: int, thread: Thread) -> dict[str, Any]:
    return {
        "source_id": source_id,
        "external_id": thread.external_id,
        "title": thread.title,
        "url": thread.url,
        "category": thread.category,
        "tags": list(thread.tags),
        "created_at": thread.created_at,
        "month": month_of(thread.created_at),
        "state": thread.state.value,
        "counted": thread.state in COUNTED_STATES,
    } | _figures(thread)


def _figures(thread: Thread) -> dict[str, Any]:
    return {"bumped_at": thread.bumped_at, "views": thread.views, "likes": thread.likes}


def _post_row(thread_id: int, post: Post, given: PostInput) -> dict[str, Any]:
    return {
        "thread_id": thread_id,
        "external_id": post.external_id,
        "number": post.number,
        "author": post.author,
        "created_at": post.created_at,
        "updated_at": post.updated_at,
        "reply_to": post.reply_to,
        "likes": post.likes,
        "accepted": post.accepted,
        "staff": post.staff,
        "body": post.body,
        "text_hash": text_hash(post.body),
        "input_hash": _input_hash(given),
        "deleted": False,
        "deleted_at": None,
    }


def _content_hash(thread: Thread) -> bytes:
    """Hash of all that a later stage or a reader sees; views and likes of the thread are left out."""
    parts = [thread.title, thread.url, thread.category, json.dumps(thread.tags), thread.state.value]
    parts.append(thread.created_at.isoformat())
    for post in thread.posts:
        parts.append(f"{post.external_id} {post.number} {post.reply_to} {post.accepted} {post.likes} {post.author}")
        parts += [] if post.staff is None else [f"staff {post.staff}"]
        parts.append(f"{post.created_at.isoformat()} {post.updated_at.isoformat() if post.updated_at else ''}")
        parts.append(post.body)
    return text_hash(*parts)


def _input(thread: Thread, position: int) -> PostInput:
    post, first = thread.posts[position], thread.posts[0]
    reply = post.number > 1
    told = reply and first.number == 1 and post.author and first.author
    return PostInput(
        id=post.external_id,
        body=post.body,
        title=thread.title,
        reply=reply,
        previous=thread.posts[position - 1].body if position else None,
        by_starter=post.author == first.author if told else None,
        accepted=post.accepted,
        category=thread.category,
        tags=thread.tags,
        post_number=post.number,
        source=thread.url,
    )


def _input_hash(given: PostInput) -> bytes:
    context = (given.reply, given.by_starter, given.accepted, given.category, given.tags, given.post_number)
    return text_hash(given.body, given.title, given.previous or "", repr(context))


def _visible_posts(
    connection: Connection, thread_ids: Sequence[int], *, first_only: bool = False
) -> dict[int, list[Row[Any]]]:
    visible = posts.c.thread_id.in_(thread_ids), ~posts.c.deleted
    query = select(posts).where(*visible)
    if first_only:
        first = select(posts.c.thread_id, func.min(posts.c.number)).where(*visible).group_by(posts.c.thread_id)
        query = query.where(tuple_(posts.c.thread_id, posts.c.number).in_(first))
    rows = connection.execute(query.order_by(posts.c.thread_id, posts.c.number, posts.c.id))
    by_thread: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_thread[row.thread_id].append(row)
    return by_thread


def _stored_thread(head: Row[Any], rows: Sequence[Row[Any]]) -> StoredThread:
    stored = tuple(
        StoredPost(row.id, row.number, row.input_hash, given)
        for row, given in zip(rows, _inputs(head, rows), strict=True)
    )
    return StoredThread(head.id, head.revision, head.month, head.title, head.counted, stored)


def _inputs(head: Row[Any], rows: Sequence[Row[Any]]) -> list[PostInput]:
    thread = Thread(
        external_id=head.external_id,
        title=head.title,
        url=head.url,
        created_at=head.created_at,
        category=head.category,
        tags=tuple(head.tags),
        posts=tuple(
            Post(
                external_id=row.external_id,
                number=row.number,
                created_at=row.created_at,
                body=row.body,
                author=row.author,
                accepted=row.accepted,
            )
            for row in rows
        ),
    )
    return [_input(thread, position) for position in range(len(rows))]
