"""Which threads are worth a reviewer's look, and why: by doubt and themes, spread out by greedy k-centre.

A thread's worth is that of its most doubtful post, which is the number of its labels that are expected to be wrong or
missing, plus fixed bonuses. Threads are then drawn one by one, each the highest in worth times its distance to the
nearest one drawn (Sener and Savarese 2018, weighted), so that near-duplicates do not stand in a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from store.candidates import Candidate, CandidatePost
from store.labels import without_categories
from store.values import Verdict

SECOND_LOOK = 0.2
"""Share of judged posts, drawn by lot, that a second reviewer is shown, so that agreement can be told."""

DISAGREEING, NEW, GROWING = 1.0, 0.5, 0.25
"""What is added to a worth that is at most 1 by doubt."""

_NOTABLE = 0.5
_SEED = 7


class ReasonKind(StrEnum):
    """Why a thread is in the queue."""

    DISAGREEING = "disagreeing"
    ABSTAINED = "abstained"
    UNCERTAIN = "uncertain"
    NEW_THEME = "new theme"
    GROWING_THEME = "growing theme"
    DIVERSE = "diverse"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason; `amount` is as the kind has it: expected mistakes, times as large, cosine distance."""

    kind: ReasonKind
    amount: float | None = None
    label: str = ""
    topic: int | None = None
    post: int = 0


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known beside the candidates: growing labels and topics (times as large), topics that no label fits.

    disagreeing: posts on which reviewers differ; judged: posts that somebody judged as they are now; seen: posts that
    this reviewer has judged or skipped.
    """

    growing_labels: Mapping[str, float | None] = field(default_factory=dict)
    growing_topics: Mapping[int, float | None] = field(default_factory=dict)
    new_topics: Set[int] = frozenset()
    disagreeing: Set[int] = frozenset()
    judged: Set[int] = frozenset()
    seen: Set[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Queued:
    """A thread in the queue and the post to judge."""

    thread: int
    post: int
    worth: float
    reasons: tuple[Reason, ...]


def order_queue(
    labels: Sequence[str], threads: Sequence[Candidate], signals: Signals, limit: int
) -> tuple[list[Queued], int]:
    """The first `limit` threads of the queue, and how many there are in all. `labels`: of the probabilities."""
    leaves = set(without_categories(labels))
    is_leaf = np.asarray([label in leaves for label in labels], dtype=bool)
    open_ones = [found for thread in threads if (found := _open(labels, is_leaf, thread, signals))]
    if not open_ones:
        return [], 0
    most = max(doubt for _, _, doubt in open_ones) or 1.0
    worths = np.asarray([doubt / most + _bonus(thread, post, signals) for thread, post, doubt in open_ones])
    order, distances = k_centre_order(worths, [thread.vector for thread, _, _ in open_ones], limit)
    ranks = np.empty(len(worths), dtype=int)
    ranks[np.argsort(-worths, kind="stable")] = np.arange(len(worths))
    queue = []
    for place, row in enumerate(order):
        thread, post, doubt = open_ones[row]
        reasons = _reasons(labels, is_leaf, thread, post, doubt, signals)
        distance = float(distances[place])
        if ranks[row] > place:
            reasons.append(Reason(ReasonKind.DIVERSE, distance))
        queue.append(Queued(thread.thread, post.id, float(worths[row] * distance), tuple(reasons)))
    return queue, len(open_ones)


def k_centre_order(
    worths: NDArray[np.float64], vectors: Sequence[NDArray[np.float32] | None], limit: int
) -> tuple[list[int], list[float]]:
    """Rows by worth times cosine distance to the nearest one before, greedily; and these distances, the first's 1.

    vectors: of unit length; one that is missing is at distance 1 of all.
    """
    size = next((len(vector) for vector in vectors if vector is not None), 1)
    known = np.asarray([vector is not None for vector in vectors], dtype=bool)
    matrix = np.stack([np.zeros(size, np.float32) if vector is None else vector for vector in vectors])
    nearest = np.ones(len(worths))
    left = np.ones(len(worths), dtype=bool)
    order: list[int] = []
    distances: list[float] = []
    for _ in range(min(limit, len(worths))):
        row = int(np.argmax(np.where(left, worths * nearest, -1.0)))
        order.append(row)
        distances.append(float(nearest[row]))
        left[row] = False
        if known[row]:
            nearest = np.minimum(nearest, np.clip(1 - matrix @ matrix[row], 0, 1))
    return order, distances


def lots(ids: Sequence[int], seed: int = _SEED) -> NDArray[np.float64]:
    """A number in [0, 1) for each id, uniform and always the same (SplitMix64, Steele, Lea and Flood 2014).

    The threads of lowest number are a uniform sample of all, and stay one when threads come and go.
    """
    with np.errstate(over="ignore"):
        x = np.asarray(ids, dtype=np.uint64) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return np.asarray((x >> np.uint64(11)) / 2**53, dtype=np.float64)


def doubt_of(given: Sequence[str], labels: Sequence[str], probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probability of each label that the answer is wrong about it: that a given one is false, or another true."""
    carried = np.asarray([label in given for label in labels], dtype=bool)
    return np.where(carried, 1 - probabilities, probabilities)


def _open(
    labels: Sequence[str], is_leaf: NDArray[np.bool_], thread: Candidate, signals: Signals
) -> tuple[Candidate, CandidatePost, float] | None:
    """The post of a thread that is most worth a look for this reviewer, with its doubt; None where there is none."""
    again = lots([post.id for post in thread.posts]) < SECOND_LOOK
    found = [
        (post.id in signals.disagreeing, float(doubt_of(post.given, labels, post.probabilities)[is_leaf].sum()), post)
        for post, second in zip(thread.posts, again, strict=True)
        if post.id not in signals.seen and (post.id not in signals.judged or second or post.id in signals.disagreeing)
    ]
    if not found:
        return None
    _, doubt, post = max(found, key=lambda item: item[:2])
    return thread, post, doubt


def _bonus(thread: Candidate, post: CandidatePost, signals: Signals) -> float:
    return (
        DISAGREEING * (post.id in signals.disagreeing)
        + NEW * (thread.topic in signals.new_topics)
        + GROWING * (thread.topic in signals.growing_topics or bool(signals.growing_labels.keys() & set(thread.labels)))
    )


def _reasons(
    labels: Sequence[str],
    is_leaf: NDArray[np.bool_],
    thread: Candidate,
    post: CandidatePost,
    doubt: float,
    signals: Signals,
) -> list[Reason]:
    reasons = []
    if post.id in signals.disagreeing:
        reasons.append(Reason(ReasonKind.DISAGREEING, post=post.id))
    if post.verdict is Verdict.ABSTAINED:
        reasons.append(Reason(ReasonKind.ABSTAINED, post=post.id))
    if doubt >= _NOTABLE:
        worst = int(np.argmax(np.where(is_leaf, doubt_of(post.given, labels, post.probabilities), -1)))
        reasons.append(Reason(ReasonKind.UNCERTAIN, doubt, labels[worst], post=post.id))
    if thread.topic in signals.new_topics:
        reasons.append(Reason(ReasonKind.NEW_THEME, topic=thread.topic))
    for label in sorted(signals.growing_labels.keys() & set(thread.labels)):
        reasons.append(Reason(ReasonKind.GROWING_THEME, signals.growing_labels[label], label))
    if thread.topic in signals.growing_topics and thread.topic is not None:
        reasons.append(Reason(ReasonKind.GROWING_THEME, signals.growing_topics[thread.topic], topic=thread.topic))
    return reasons or [Reason(ReasonKind.UNCERTAIN, doubt, post=post.id)]
