"""What people said of posts, to learn from and to measure by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from store.database import Database
from store.labels import with_categories
from store.review_values import Review, by_post, settled
from store.reviews import all_reviews
from store.threads import threads_in_context
from store.values import Example, PostInput

REVIEWS = "review:"
"""What the source of a reviewed example starts with: `review:thread/post`, so that a thread is held out whole."""


@dataclass(frozen=True, slots=True)
class ReviewedPost:
    """A post with the labels that its reviewers agree on; `url` of its thread."""

    post: PostInput
    labels: tuple[str, ...]
    url: str
    reviews: tuple[Review, ...]

    @property
    def example(self) -> Example:
        """What a fit learns from."""
        return Example(self.post, self.labels)


@dataclass(frozen=True, slots=True)
class Round:
    """Reviews of one bundle's answers: how many, how many of which found them exactly right, and their micro-F1."""

    bundle_id: str
    first: datetime
    last: datetime
    reviews: int
    right: int
    category_f1: float
    leaf_f1: float


def reviewed_posts(db: Database) -> list[ReviewedPost]:
    """Posts that are judged as they are now, and on which reviewers are not at odds, ascending by thread and number."""
    judged = by_post(one for one in all_reviews(db) if not one.earlier_text)
    threads = threads_in_context(db, {one.thread for reviews in judged.values() for one in reviews})
    found = []
    for thread in threads:
        for stored in thread.posts:
            reviews = judged.get(stored.id, [])
            if (labels := settled(reviews)) is not None:
                post = _example_post(stored.input, thread.id, stored.id)
                found.append(ReviewedPost(post, labels, stored.input.source, tuple(reviews)))
    return found


def review_rounds(reviews: Iterable[Review]) -> list[Round]:
    """How right each bundle was about what was judged of it, before it could learn from that; oldest first."""
    by_bundle: dict[str, list[Review]] = {}
    for one in reviews:
        if one.in_force and one.judges and one.bundle_id:
            by_bundle.setdefault(one.bundle_id, []).append(one)
    return [_round(bundle, found) for bundle, found in by_bundle.items()]


def _example_post(post: PostInput, thread_id: int, post_id: int) -> PostInput:
    return PostInput(
        id=f"review-{post_id}",
        body=post.body,
        title=post.title,
        reply=post.reply,
        previous=post.previous,
        by_starter=post.by_starter,
        accepted=post.accepted,
        category=post.category,
        tags=post.tags,
        post_number=post.post_number,
        source=f"{REVIEWS}{thread_id}/{post_id}",
    )


def _round(bundle: str, reviews: Sequence[Review]) -> Round:
    pairs = [(set(one.machine_labels), set(one.labels)) for one in reviews]
    return Round(
        bundle,
        reviews[0].made_at,
        reviews[-1].made_at,
        len(reviews),
        sum(given == true for given, true in pairs),
        _micro_f1([(_categories(given), _categories(true)) for given, true in pairs]),
        _micro_f1(pairs),
    )


def _categories(leaves: set[str]) -> set[str]:
    return {label for label in with_categories(leaves) if "/" not in label}


def _micro_f1(pairs: Sequence[tuple[set[str], set[str]]]) -> float:
    """Of (given, true) pairs; 1 where both are empty throughout."""
    size = sum(len(given) + len(true) for given, true in pairs)
    return 2 * sum(len(given & true) for given, true in pairs) / size if size else 1.0
