from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from classifier.calibration import brier_over_all, ece_by_chance, pairs_of, reliability
from classifier.intervals import Statistic
from classifier.tally import Floats


def values(statistic: Statistic, posts: int) -> dict[str, float]:
    computed = statistic.compute(np.ones((1, posts)))[:, 0]
    return dict(zip(statistic.names, computed.tolist(), strict=True))


def column(*scores: float) -> Floats:
    return np.asarray(scores, dtype=np.float64)[:, None]


def test_by_hand() -> None:
    # Two bins of two pairs; the pair below 0.1 does not count.
    scores, truth = column(0.05, 0.2, 0.4, 0.6, 0.8), column(1, 0, 1, 1, 1)
    pairs = pairs_of(scores, truth, bins=2)
    found = values(reliability(pairs), 5)
    assert pairs.bin.tolist() == [0, 0, 1, 1]
    assert pairs.edges.tolist() == [0.2, 0.6]
    assert (found["bin_0"], found["bin_1"]) == (0.5, 1.0)
    assert found["ece"] == pytest.approx((2 * abs(0.5 - 0.3) + 2 * abs(1.0 - 0.7)) / 4)
    assert found["brier"] == pytest.approx((0.2**2 + 0.6**2 + 0.4**2 + 0.2**2) / 4)
    assert found["brier_skill"] == pytest.approx(1 - found["brier"] / (0.75 * 0.25))


def test_what_one_of_two_readers_gave_counts_half() -> None:
    found = values(reliability(pairs_of(column(0.5, 0.5), column(0.5, 0.5))), 2)
    assert (found["ece"], found["brier"]) == (0, 0)
    assert np.isnan(found["brier_skill"])  # the base rate is exactly right, too


def test_brier_over_all_takes_the_base_rate_of_each_label() -> None:
    scores, truth = np.asarray([[0.9, 0.0], [0.1, 0.2]]), np.asarray([[1.0, 0.0], [0.0, 0.0]])
    found = values(brier_over_all(scores, truth), 2)
    assert found["brier_all"] == pytest.approx((0.01 + 0 + 0.01 + 0.04) / 4)
    assert found["brier_skill_all"] == pytest.approx(1 - found["brier_all"] / ((0.25 + 0) / 2))


def test_equals_scikit_learn_where_that_measures_the_same() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(0.1, 1, (400, 1))
    truth = (rng.random((400, 1)) < scores**2).astype(np.float64)
    found = values(reliability(pairs_of(scores, truth, bins=8)), 400)
    share, _ = calibration_curve(truth[:, 0], scores[:, 0], n_bins=8, strategy="quantile")
    assert [found[f"bin_{number}"] for number in range(8)] == pytest.approx(share.tolist(), abs=0.03)
    assert found["brier"] == pytest.approx(brier_score_loss(truth[:, 0], scores[:, 0]))


def test_chance_alone_is_told_apart_from_miscalibration() -> None:
    rng = np.random.default_rng(4)
    scores = rng.uniform(0.1, 1, (500, 2))
    exact = pairs_of(scores, (rng.random(scores.shape) < scores).astype(np.float64))
    wrong = pairs_of(scores, (rng.random(scores.shape) < scores / 2).astype(np.float64))
    mean, high = ece_by_chance(exact, 300)
    assert 0 < mean < high < 0.1
    assert values(reliability(exact), 500)["ece"] < 1.5 * high < values(reliability(wrong), 500)["ece"]


def test_without_pairs_nothing_is_claimed() -> None:
    pairs = pairs_of(column(0.01, 0.02), column(0, 1))
    found = values(reliability(pairs), 2)
    assert len(pairs.edges) == 0 and np.isnan(list(found.values())).all()
    assert np.isnan(ece_by_chance(pairs, 10)).all()


SCORES = arrays(np.float64, st.tuples(st.integers(1, 30), st.integers(1, 3)), elements=st.floats(0, 1))


@given(SCORES)
@settings(deadline=None, max_examples=60)
def test_scores_that_are_always_right_have_no_error(scores: Floats) -> None:
    pairs = pairs_of(scores, scores)
    if len(pairs.score):
        assert values(reliability(pairs), len(scores))["ece"] == pytest.approx(0, abs=1e-12)
    assert values(brier_over_all(scores, scores), len(scores))["brier_all"] == 0


@given(SCORES, st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_bins_hold_all_pairs_in_any_order_and_equal_scores_share_one(scores: Floats, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, scores.shape).astype(np.float64)
    order = rng.permutation(len(scores))
    pairs, shuffled = pairs_of(scores, truth, bins=5), pairs_of(scores[order], truth[order], bins=5)
    assert len(pairs.score) == (scores >= 0.1).sum()
    assert len(set(pairs.bin.tolist())) == len(pairs.edges) <= 5
    for score in np.unique(pairs.score):
        assert len(np.unique(pairs.bin[pairs.score == score])) == 1
    one, other = values(reliability(pairs), len(scores)), values(reliability(shuffled), len(scores))
    assert other == {name: pytest.approx(value, nan_ok=True, abs=1e-9) for name, value in one.items()}
    assert not one["ece"] > 1
