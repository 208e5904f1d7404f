"""Shares of labels from the threads that were drawn by lot and judged. Its functions block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.queue import lots
from classifier.trend.estimate import LEAST_JUDGED, Values, enough, judged_share, powered_share
from forumlens.v1 import review_pb2 as rpb
from store import candidates
from store.candidates import Candidate
from store.counts import CountKind
from store.database import Database
from store.labels import with_categories
from store.review_values import Lane, Review, by_post, settled
from store.reviews import all_reviews
from store.series import expected_series, thread_series


@dataclass(frozen=True, slots=True)
class Sample:
    """Threads drawn by lot; of those judged whole: the labels that are true of each (leaves and categories)."""

    drawn: int
    truth: Mapping[int, frozenset[str]]


def draw_sample(db: Database, months: range) -> Sample:
    """The threads of these months that the random lane has come to, whichever lane they were judged in.

    A thread counts as judged once every visible post of it is, as it is now, and reviewers are not at odds.
    """
    reviews = [one for one in all_reviews(db) if not one.earlier_text]
    judged = by_post(reviews)
    ids = candidates.counted_threads(db, months.start, months.stop)
    reached = _reached(reviews)
    drawn = [thread for thread, lot in zip(ids, lots(ids), strict=True) if lot <= reached]
    posts = candidates.visible_posts(db, drawn)
    said = {thread: [settled(judged.get(post, ())) for post in posts[thread]] for thread in drawn}
    truth = {
        thread: frozenset(with_categories(leaf for leaves in found for leaf in leaves or ()))
        for thread, found in said.items()
        if found and None not in found
    }
    return Sample(len(drawn), truth)


def estimate_shares(
    db: Database, bundle_id: str, months: range, labels: Sequence[str], asked_all: bool
) -> rpb.EstimateSharesResponse:
    """Shares of these labels over months; the largest first where nobody asked for an order."""
    sample = draw_sample(db, months)
    judged = list(sample.truth)
    said = candidates.candidates_of(db, bundle_id, judged)
    predicted = np.asarray([_any_of(thread, len(said.labels)) for thread in said.threads], dtype=np.float64)
    predicted = predicted.reshape(len(judged), len(said.labels))
    every = sum(thread_series(db, None, None, CountKind.ALL, months).get("", ()))
    carried = thread_series(db, bundle_id, None, CountKind.LABEL, months)
    expected = expected_series(db, bundle_id, None, months)
    shares = []
    for label in labels:
        truth = np.asarray([label in sample.truth[thread] for thread in judged], dtype=np.float64)
        column = predicted[:, said.labels.index(label)] if label in said.labels else np.zeros(len(judged))
        shares.append(_share(label, truth, column, every, sum(carried.get(label, ())), sum(expected.get(label, ()))))
    if asked_all:
        shares.sort(key=lambda one: (-(one.share if one.HasField("share") else one.expected_share), one.label))
    return rpb.EstimateSharesResponse(
        shares=shares,
        threads=every,
        drawn_threads=sample.drawn,
        reviewed_threads=len(judged),
        needed_threads=LEAST_JUDGED,
        bundle_id=bundle_id,
    )


def _any_of(thread: Candidate, size: int) -> Values:
    """Probability of each label that one of the thread's posts carries it, were they independent."""
    none = [np.ones(size), *(1 - post.probabilities.astype(np.float64) for post in thread.posts)]
    return np.asarray(1 - np.prod(np.stack(none), axis=0))


def _reached(reviews: Sequence[Review]) -> float:
    """The highest lot among threads judged in the random lane; below 0 where there are none."""
    threads = [one.thread for one in reviews if one.in_force and one.judges and one.lane is Lane.RANDOM]
    return float(lots(threads).max()) if threads else -1.0


def _share(
    label: str, truth: Values, predicted: Values, every: int, carried: int, expected: float
) -> rpb.ShareEstimate:
    found = rpb.ShareEstimate(label=label)
    if every:
        found.raw_share, found.expected_share = carried / every, expected / every
    if len(truth):
        alone = judged_share(truth)
        found.reviewed_share, found.reviewed_low, found.reviewed_high = alone.share, alone.low, alone.high
    if enough(truth):
        others = every - len(truth)
        mean = (expected - float(predicted.sum())) / others if others else 0.0
        powered = powered_share(truth, predicted, others, mean)
        found.share, found.low, found.high = powered.interval.share, powered.interval.low, powered.interval.high
        found.weight = powered.weight
    return found
