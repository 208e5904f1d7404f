"""The queue of threads to look at, put together from the store for one reviewer. Its functions block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import numpy as np

from classifier.queue import Queued, Reason, ReasonKind, Signals, lots, order_queue
from classifier.trend.growing import growing
from forumlens.v1 import review_pb2 as rpb
from service.catalog import Shown
from service.convert_reviews import queue_item_message, queue_post_message
from store import candidates
from store.candidates import Candidate
from store.counts import CountKind
from store.database import Database
from store.labels import without_categories
from store.listings import thread_detail
from store.review_values import Review, by_post, settled
from store.reviews import all_reviews
from store.topic_lists import list_topics
from store.values import ThreadFilter

NEWEST = 2_000
"""Threads that the triage lane is chosen from."""
SUGGESTIONS = 5
_TOPICS = 100_000
MOVING_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Queue:
    """A part of a lane: places in it, posts to judge by thread, and how many threads the lane has in all."""

    places: Sequence[Queued]
    posts: Mapping[int, Sequence[int]]
    total: int


@dataclass(frozen=True, slots=True)
class Moving:
    """Labels and topics that grow (times as large; None: new) and topics that no label fits."""

    growing_labels: Mapping[str, float | None]
    growing_topics: Mapping[int, float | None]
    new_topics: Set[int]


class MovingThemes:
    """Knows what moves, and seeks it anew after ten minutes or for another bundle or topic run.

    It is the same for every reviewer and takes most of the time that a queue takes.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: tuple[Shown, datetime, Moving] | None = None

    def get(self, db: Database, shown: Shown, now: datetime) -> Moving:
        """What moves; callers at the same time wait for one search."""
        with self._lock:
            if self._kept is None or self._kept[0] != shown or now - self._kept[1] > MOVING_FOR:
                self._kept = shown, now, moving_themes(db, shown, now)
            return self._kept[2]


def moving_themes(db: Database, shown: Shown, now: datetime) -> Moving:
    """What moves, sought in the store."""
    topics = list_topics(db, shown.run_id, shown.bundle_id, _TOPICS) if shown.run_id else []
    labels, grown = (
        growing(db, shown.bundle_id, shown.run_id, kind, now) for kind in (CountKind.LABEL, CountKind.TOPIC)
    )
    new = {topic.id for topic in topics if topic.new_theme}
    return Moving(labels, {int(topic): times for topic, times in grown.items()}, new)


def triage_queue(
    db: Database,
    shown: Shown,
    wanted: ThreadFilter,
    reviewer: str,
    now: datetime,
    start: int,
    size: int,
    moving: Moving | None = None,
) -> Queue:
    """Places from `start` on, by what is worth a look; what moves is sought where it is not given."""
    signals = _signals(db, moving or moving_themes(db, shown, now), reviewer)
    found = candidates.newest_candidates(db, shown.bundle_id, shown.run_id, wanted, NEWEST)
    places, total = order_queue(found.labels, found.threads, signals, start + size)
    places = places[start:]
    return Queue(places, {place.thread: [place.post] for place in places}, total)


def random_queue(db: Database, reviewer: str, start: int, size: int) -> Queue:
    """Places from `start` on, by lot: threads with a post that nobody has judged and the reviewer has not skipped."""
    ids = candidates.counted_threads(db)
    order = [ids[row] for row in np.argsort(lots(ids), kind="stable")]
    reviews = all_reviews(db)
    done = judged_now(reviews) | _seen(reviews, reviewer)
    touched = candidates.visible_posts(db, sorted({one.thread for one in reviews} & set(ids)))
    finished = {thread for thread, posts in touched.items() if done.issuperset(posts)}
    open_ones = [thread for thread in order if thread not in finished]
    here = open_ones[start : start + size]
    left = {
        thread: [post for post in posts if post not in done]
        for thread, posts in candidates.visible_posts(db, here).items()
    }
    why = (Reason(ReasonKind.RANDOM),)
    places = [Queued(thread, left[thread][0], 0.0, why) for thread in here if left[thread]]
    return Queue(places, left, len(open_ones))


def judged_now(reviews: Sequence[Review]) -> set[int]:
    """Posts that somebody has judged as they are now."""
    return {one.post for one in reviews if one.in_force and one.judges and not one.earlier_text}


def queue_messages(db: Database, shown: Shown, queue: Queue) -> list[rpb.QueueItem]:
    """The places with their threads and posts; a thread that has gone since is left out."""
    ids = [place.thread for place in queue.places]
    said = candidates.candidates_of(db, shown.bundle_id, ids)
    likeliest = {thread.thread: _likeliest(said.labels, thread) for thread in said.threads}
    hashes = candidates.post_hashes(db, [post for thread in ids for post in queue.posts[thread]])
    items = []
    for place in queue.places:
        detail = thread_detail(db, shown.bundle_id, shown.run_id, place.thread)
        if detail is None:
            continue
        thread, posts = detail
        to_judge = set(queue.posts[place.thread])
        shown_posts = [
            queue_post_message(post, hashes.get(post.id, b""), likeliest[place.thread].get(post.id, []))
            for post in posts
            if post.id in to_judge
        ]
        items.append(queue_item_message(place, thread, shown_posts))
    return items


def _signals(db: Database, moving: Moving, reviewer: str) -> Signals:
    reviews = [one for one in all_reviews(db) if not one.earlier_text]
    return Signals(
        growing_labels=moving.growing_labels,
        growing_topics=moving.growing_topics,
        new_topics=moving.new_topics,
        disagreeing={post for post, said in by_post(reviews).items() if settled(said) is None},
        judged=judged_now(reviews),
        seen=_seen(reviews, reviewer),
    )


def _seen(reviews: Sequence[Review], reviewer: str) -> set[int]:
    """Posts that the reviewer has judged or skipped as they are now."""
    return {one.post for one in reviews if one.in_force and one.reviewer == reviewer and not one.earlier_text}


def _likeliest(labels: Sequence[str], thread: Candidate) -> dict[int, list[tuple[str, float]]]:
    """The likeliest leaves of each post of a thread."""
    leaves = set(without_categories(labels))
    found = {}
    for post in thread.posts:
        ranked = sorted(zip(post.probabilities.tolist(), labels, strict=True), key=lambda item: (-item[0], item[1]))
        found[post.id] = [(label, value) for value, label in ranked if label in leaves][:SUGGESTIONS]
    return found
