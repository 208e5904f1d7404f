"""What people say of posts, as it crosses rooms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Lane(StrEnum):
    """Which order a post was shown in."""

    TRIAGE = "triage"
    RANDOM = "random"


class Decision(StrEnum):
    """What a reviewer says of a post."""

    ACCEPT = "accept"
    CHANGE = "change"
    ADD = "add"
    NONE_FITS = "none fits"
    SKIP = "skip"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class NewReview:
    """A review to be made. `labels`: those of a change or an addition. `text_hash` empty: of the text as it is now."""

    post_id: int
    reviewer: str
    decision: Decision
    labels: tuple[str, ...] = ()
    note: str = ""
    lane: Lane = Lane.TRIAGE
    text_hash: bytes = b""


@dataclass(frozen=True, slots=True)
class Review:
    """One entry: `labels` are what the reviewer holds true of the post, `machine_labels` what the bundle gave then.

    `text_hash`: of what was seen, 32 bytes, empty once the post is deleted; `earlier_text`: it was edited since.
    `undoes`: id of the entry that this one takes back. `in_force`: not taken back, and the reviewer's last on the post.
    """

    id: int
    post: int
    thread: int
    post_number: int
    reviewer: str
    made_at: datetime
    decision: Decision
    labels: tuple[str, ...]
    machine_labels: tuple[str, ...]
    bundle_id: str
    note: str
    lane: Lane
    text_hash: bytes
    earlier_text: bool
    undoes: int | None
    in_force: bool

    @property
    def judges(self) -> bool:
        """Whether it says something of the labels."""
        return self.decision not in (Decision.SKIP, Decision.UNDO)


def settled(reviews: Iterable[Review]) -> tuple[str, ...] | None:
    """Leaves that more than half of the judging reviews give, in the order in which they were first given.

    None where there is no review, or where a leaf is given by exactly half of them: then nothing is settled.
    """
    judged = [review for review in reviews if review.judges]
    leaves = dict.fromkeys(leaf for review in judged for leaf in review.labels)
    votes = {leaf: sum(leaf in review.labels for review in judged) for leaf in leaves}
    if not judged or any(2 * count == len(judged) for count in votes.values()):
        return None
    return tuple(leaf for leaf, count in votes.items() if 2 * count > len(judged))


def by_post(reviews: Iterable[Review]) -> dict[int, list[Review]]:
    """Judging reviews in force by post, in their order."""
    found: dict[int, list[Review]] = {}
    for review in reviews:
        if review.in_force and review.judges:
            found.setdefault(review.post, []).append(review)
    return found


def standing(entries: Sequence[tuple[int, int, str, Decision, int | None]]) -> set[int]:
    """Ids in force among (id, post, reviewer, decision, undoes), ascending by id: the last not taken back of each."""
    undone = {undoes for *_, undoes in entries}
    last = {
        (post, reviewer): entry
        for entry, post, reviewer, decision, _ in entries
        if decision is not Decision.UNDO and entry not in undone
    }
    return set(last.values())
