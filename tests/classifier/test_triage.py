"""The queue, the agreement of reviewers and the estimate of shares, on plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from classifier.agreement import agreement, busiest_pair, cohen_kappa
from classifier.queue import SECOND_LOOK, ReasonKind, Signals, lots, order_queue
from classifier.trend.estimate import enough, judged_share, powered_share
from store.candidates import Candidate, CandidatePost
from store.review_values import Decision, Lane, Review
from store.values import Verdict

LABELS = ("a", "a/x", "a/y", "b")
SURE, UNSURE = (0.97, 0.97, 0.02, 0.02), (0.6, 0.5, 0.4, 0.4)


def candidate(
    number: int, chances: tuple[float, ...] = SURE, *, topic: int | None = None, angle: float | None = None
) -> Candidate:
    post = CandidatePost(number * 10, 1, Verdict.LABELLED, ("a/x",), np.asarray(chances, np.float32))
    vector = None if angle is None else np.asarray([np.cos(angle), np.sin(angle)], np.float32)
    return Candidate(number, ("a", "a/x"), topic, (post,), vector)


def ids(threads: list[Candidate], signals: Signals) -> list[int]:
    return [queued.thread for queued in order_queue(LABELS, threads, signals, 10)[0]]


def test_doubt_themes_and_disagreement_come_before_what_is_sure() -> None:
    threads = [candidate(1), candidate(2, UNSURE), candidate(3, topic=5), candidate(4, topic=6), candidate(5)]
    signals = Signals(growing_topics={6: 2.0}, new_topics={5}, disagreeing={50})
    queue, total = order_queue(LABELS, threads, signals, 10)
    assert [queued.thread for queued in queue] == [5, 2, 3, 4, 1]
    assert total == 5
    kinds = ReasonKind
    why = [reason.kind for queued in queue for reason in queued.reasons]
    assert why == [kinds.DISAGREEING, kinds.UNCERTAIN, kinds.NEW_THEME, kinds.GROWING_THEME, kinds.UNCERTAIN]
    [unsure] = queue[1].reasons
    assert (unsure.amount, unsure.label) == (pytest.approx(0.5 + 0.4 + 0.4), "a/x")
    assert queue[3].reasons[0].amount == 2.0


def test_near_duplicates_do_not_stand_in_a_row() -> None:
    more, most = (0.6, 0.5, 0.4, 0.35), (0.6, 0.5, 0.4, 0.39)
    threads = [candidate(1, UNSURE, angle=0.0), candidate(2, most, angle=0.01), candidate(3, more, angle=1.5)]
    queue, _ = order_queue(LABELS, threads, Signals(), 10)
    assert [queued.thread for queued in queue] == [1, 3, 2]
    assert queue[1].reasons[-1].kind is ReasonKind.DIVERSE


def test_a_judged_post_comes_back_to_a_second_reviewer_by_lot_only() -> None:
    threads = [candidate(number) for number in range(1, 501)]
    posts = {thread.posts[0].id for thread in threads}
    again = order_queue(LABELS, threads, Signals(judged=posts), 500)[1]
    assert again / 500 == pytest.approx(SECOND_LOOK, abs=0.06)
    assert ids(threads[:3], Signals(seen=posts)) == []
    assert ids(threads[:3], Signals(judged=posts, disagreeing={20}))[0] == 2


def test_lots_are_uniform_and_do_not_change_when_threads_come() -> None:
    drawn = lots(range(1, 20_001))
    assert np.histogram(drawn, 10, (0, 1))[0] == pytest.approx(2_000, rel=0.1)
    assert np.array_equal(lots(range(1, 101)), drawn[:100])


def review(number: int, post: int, who: str, *labels: str) -> Review:
    decision = Decision.CHANGE if labels else Decision.NONE_FITS
    at = datetime(2024, 1, 1, tzinfo=UTC)
    return Review(number, post, 1, 1, who, at, decision, labels, (), "b", "", Lane.TRIAGE, b"-" * 32, False, None, True)


def test_kappa_is_that_of_the_field_and_disagreements_come_latest_first() -> None:
    rng = np.random.default_rng(3)
    first = rng.random((40, 3)) < 0.4
    second = first ^ (rng.random((40, 3)) < 0.2)
    assert cohen_kappa(first, second) == pytest.approx(cohen_kappa_score(first.ravel(), second.ravel()))
    assert cohen_kappa(first[:0], second[:0]) is None

    judged = {
        1: [review(1, 1, "ann", "a/x"), review(2, 1, "bob", "a/x")],
        2: [review(3, 2, "ann", "a/x", "b"), review(4, 2, "bob", "a/x")],
        3: [review(5, 3, "bob"), review(6, 3, "ann", "b")],
        4: [review(7, 4, "cid"), review(8, 4, "ann")],
    }
    assert busiest_pair(judged) == ("ann", "bob")
    found = agreement(judged, "ann", "bob")
    assert (found.posts, found.same) == (3, 1)
    assert [(pair[0].post, pair[0].reviewer) for pair in found.disagreements] == [(3, "ann"), (2, "ann")]
    by_label = {one.label: (one.both, one.first_only, one.second_only) for one in found.labels}
    assert by_label == {"a/x": (2, 0, 0), "b": (0, 2, 0)}
    assert found.kappa_low is not None and found.kappa is not None and found.kappa_low <= found.kappa
    assert agreement({1: judged[1]}, "ann", "bob").kappa is None


def test_powered_intervals_cover_and_are_narrower_where_probabilities_are_good() -> None:
    rng = np.random.default_rng(0)
    share, n, every, runs = 0.15, 150, 3_000, 1_000
    hits, widths, alone = 0, [], []
    for _ in range(runs):
        truth = (rng.random(every) < share).astype(float)
        predicted = np.clip(0.1 + 0.7 * truth + rng.normal(0, 0.1, every), 0, 1)  # informative, and badly calibrated
        found = powered_share(truth[:n], predicted[:n], every - n, float(predicted[n:].mean()))
        hits += found.interval.low <= share <= found.interval.high
        widths.append(found.interval.high - found.interval.low)
        reviewed = judged_share(truth[:n])
        alone.append(reviewed.high - reviewed.low)
    assert 0.92 <= hits / runs <= 0.97
    assert np.mean(widths) < 0.6 * np.mean(alone)


def test_probabilities_that_say_nothing_get_no_weight() -> None:
    rng = np.random.default_rng(1)
    share, n, every, hits, weights = 0.3, 200, 2_000, 0, []
    for _ in range(500):
        truth = (rng.random(n) < share).astype(float)
        found = powered_share(truth, rng.random(n), every, 0.5)
        hits += found.interval.low <= share <= found.interval.high
        weights.append(found.weight)
    assert 0.92 <= hits / 500 <= 0.98
    assert np.mean(weights) < 0.1
    constant = powered_share(truth, np.full(n, 0.2), 0, 0.0)
    assert (constant.weight, constant.interval.share) == (0.0, pytest.approx(truth.mean()))


def test_few_cases_are_no_estimate() -> None:
    assert not enough(np.ones(99))
    assert not enough(np.asarray([1.0] * 4 + [0.0] * 200))
    assert enough(np.asarray([1.0] * 5 + [0.0] * 95))
    nothing = judged_share(np.zeros(100))
    assert (nothing.share, nothing.low) == (0.0, 0.0) and 0.03 < nothing.high < 0.04
    assert judged_share(np.ones(10)).high == 1.0


def test_a_reviewer_who_skipped_is_no_judge() -> None:
    assert not replace(review(1, 1, "ann"), decision=Decision.SKIP).judges
