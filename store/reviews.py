"""What people say of posts: rows are only added, and no bundle or crawl touches them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from more_itertools import chunked
from sqlalchemy import ColumnElement, Connection, Select, select

from store.database import Database
from store.review_values import Decision, Lane, NewReview, Review, standing
from store.schema import assignments, post_edits, posts, reviews, threads
from store.scopes import bundle_of

_BATCH = 500


class ReviewError(ValueError):
    """A review that cannot be made; `field` is at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NoSuchPostError(ReviewError):
    """The post is not there, or no longer shown."""


class NoSuchReviewError(ReviewError):
    """The review is not there, not in force, or another's."""


def add_review(db: Database, new: NewReview, bundle_id: str | None, made_at: datetime) -> Review:
    """Record a review beside what the bundle gives now. Raises NoSuchPostError, ReviewError."""
    with db.write() as connection:
        post = connection.execute(
            select(posts.c.id, posts.c.text_hash)
            .join(threads, threads.c.id == posts.c.thread_id)
            .where(posts.c.id == new.post_id, ~posts.c.deleted, threads.c.counted)
        ).first()
        if post is None:
            raise NoSuchPostError("post", f"there is no visible post {new.post_id}: GetThread gives those there are")
        if new.text_hash not in (b"", post.text_hash, *_earlier_hashes(connection, new.post_id)):
            raise ReviewError("text_hash", "is of no text that the post has or had: give it as it came")
        given = _machine_labels(connection, bundle_id, new.post_id)
        row = {
            "post_id": new.post_id,
            "reviewer": new.reviewer,
            "made_at": made_at,
            "decision": new.decision.value,
            "labels": _resulting(new, given),
            "machine_labels": given,
            "bundle": bundle_id or "",
            "note": new.note,
            "lane": new.lane.value,
            "text_hash": new.text_hash or post.text_hash,
        }
        return _insert(connection, row)


def undo_review(
    db: Database, reviewer: str, review_id: int | None, made_at: datetime
) -> tuple[Review, Review, Review | None]:
    """Take back a reviewer's entry, the latest in force where none is named: the undo, what it undid, what now holds.

    Raises NoSuchReviewError.
    """
    with db.write() as connection:
        mine = _read(connection, reviews.c.reviewer == reviewer)
        found = [one for one in mine if one.in_force and review_id in (None, one.id)]
        if not found:
            which = "nothing" if review_id is None else f"no review {review_id}"
            raise NoSuchReviewError("id", f"{which} of {reviewer!r} is in force: GetReviews gives the history")
        undone = found[-1]
        row = {
            "post_id": undone.post,
            "reviewer": reviewer,
            "made_at": made_at,
            "decision": Decision.UNDO.value,
            "labels": [],
            "machine_labels": list(undone.machine_labels),
            "bundle": undone.bundle_id,
            "note": "",
            "lane": undone.lane.value,
            "text_hash": undone.text_hash,
            "undoes": undone.id,
        }
        undo = _insert(connection, row)
        after = {one.id: one for one in _read(connection, reviews.c.post_id == undone.post)}
    now = next((one for one in after.values() if one.reviewer == reviewer and one.in_force), None)
    return undo, after[undone.id], now


def thread_reviews(db: Database, thread_id: int, limit: int | None = None, after: int = 0) -> list[Review]:
    """Entries on the posts of a thread, oldest first, from behind entry `after`."""
    with db.read() as connection:
        found = [one for one in _read(connection, posts.c.thread_id == thread_id) if one.id > after]
    return found[:limit]


def all_reviews(db: Database, post_ids: Iterable[int] | None = None) -> list[Review]:
    """All entries, or those on some posts, oldest first."""
    with db.read() as connection:
        if post_ids is None:
            return _read(connection)
        some = [_read(connection, reviews.c.post_id.in_(part)) for part in chunked(post_ids, _BATCH)]
    return sorted((one for part in some for one in part), key=lambda one: one.id)


def _earlier_hashes(connection: Connection, post_id: int) -> Sequence[bytes]:
    return connection.execute(select(post_edits.c.text_hash).where(post_edits.c.post_id == post_id)).scalars().all()


def _machine_labels(connection: Connection, bundle_id: str | None, post_id: int) -> list[str]:
    bundle = bundle_of(bundle_id)
    query = select(assignments.c.label).where(assignments.c.bundle_id == bundle, assignments.c.post_id == post_id)
    return list(connection.execute(query.order_by(assignments.c.score.desc(), assignments.c.label)).scalars())


def _resulting(new: NewReview, given: Sequence[str]) -> list[str]:
    """What the reviewer holds true of the post."""
    match new.decision:
        case Decision.ACCEPT:
            return list(given)
        case Decision.ADD:
            return list(dict.fromkeys((*given, *new.labels)))
        case Decision.CHANGE:
            return list(dict.fromkeys(new.labels))
        case _:
            return []


def _insert(connection: Connection, row: dict[str, Any]) -> Review:
    made = connection.execute(reviews.insert().values(**row).returning(reviews.c.id)).scalar_one()
    return next(one for one in _read(connection, reviews.c.post_id == row["post_id"]) if one.id == made)


def _rows() -> Select[Any]:
    return (
        select(reviews, posts.c.thread_id, posts.c.number, posts.c.text_hash.label("text_now"))
        .join(posts, posts.c.id == reviews.c.post_id)
        .order_by(reviews.c.id)
    )


def _read(connection: Connection, *where: ColumnElement[bool]) -> list[Review]:
    """Entries, oldest first; the condition must take all or none of what a reviewer said of a post."""
    rows = connection.execute(_rows().where(*where)).all()
    in_force = standing([(row.id, row.post_id, row.reviewer, Decision(row.decision), row.undoes) for row in rows])
    return [
        Review(
            id=row.id,
            post=row.post_id,
            thread=row.thread_id,
            post_number=row.number,
            reviewer=row.reviewer,
            made_at=row.made_at,
            decision=Decision(row.decision),
            labels=tuple(row.labels),
            machine_labels=tuple(row.machine_labels),
            bundle_id=row.bundle,
            note=row.note,
            lane=Lane(row.lane),
            text_hash=row.text_hash,
            earlier_text=bool(row.text_hash) and row.text_hash != row.text_now,
            undoes=row.undoes,
            in_force=row.id in in_force,
        )
        for row in rows
    ]
