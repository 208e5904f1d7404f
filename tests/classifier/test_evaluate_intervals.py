from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from classifier.intervals import Figure, Statistic, bootstrap, spread
from classifier.tally import Floats


def mean_of(values: Floats) -> Statistic:
    return Statistic(("mean",), lambda weights: (weights @ values / weights.sum(axis=1))[None])


def ids(count: int) -> list[str]:
    return [f"p{number:04}" for number in range(count)]


def test_intervals_are_those_of_scipy() -> None:
    values = np.random.default_rng(1).exponential(size=400)
    (ours,) = bootstrap([mean_of(values)], ids(400), resamples=4000)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=2).confidence_interval
    assert ours.value == pytest.approx(values.mean())
    assert (ours.low, ours.high) == (pytest.approx(theirs.low, abs=0.01), pytest.approx(theirs.high, abs=0.01))


def test_groups_are_drawn_whole() -> None:
    # Twenty copies of ten values tell no more than the ten.
    values = np.arange(10.0)
    names = ids(10)
    (few,) = bootstrap([mean_of(values)], names)
    (copies,) = bootstrap([mean_of(np.repeat(values, 20))], [name for name in names for _ in range(20)])
    (apart,) = bootstrap([mean_of(np.repeat(values, 20))], ids(200))
    assert (copies.low, copies.high) == (pytest.approx(few.low), pytest.approx(few.high))
    assert few.low is not None and few.high is not None and apart.low is not None and apart.high is not None
    assert apart.high - apart.low < (few.high - few.low) / 3


def test_draws_in_several_steps_are_as_many_as_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def compute(weights: Floats) -> Floats:
        assert (weights.sum(axis=1) == 30).all()
        seen.append(len(weights))
        return weights[:, :1].T

    monkeypatch.setattr("classifier.intervals._CELLS", 210)
    bootstrap([Statistic(("first",), compute)], ids(30), resamples=40)
    assert seen == [1, 7, 7, 7, 7, 7, 5]


def test_without_resamples_there_is_a_value_only() -> None:
    assert bootstrap([mean_of(np.asarray([1.0, 2.0]))], ids(2), resamples=0) == (Figure("mean", 1.5),)


def test_what_is_unknown_stays_unknown() -> None:
    def ratio(weights: Floats) -> Floats:
        return np.stack([np.full(len(weights), np.nan), np.where(weights[:, 0] > 0, 1.0, np.nan)])

    never, sometimes = bootstrap([Statistic(("never", "sometimes"), ratio)], ids(3))
    assert never == Figure("never", None, None, None)
    assert sometimes == Figure("sometimes", 1.0, 1.0, 1.0)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=20), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=40)
def test_order_does_not_matter_and_sure_figures_have_no_width(values: list[float], random: object) -> None:
    places = np.random.default_rng(len(values)).permutation(len(values))
    names, given_values = ids(len(values)), np.asarray(values)
    (one,) = bootstrap([mean_of(given_values)], names, resamples=60)
    (other,) = bootstrap([mean_of(given_values[places])], [names[place] for place in places], resamples=60)
    for ours, theirs in ((other.value, one.value), (other.low, one.low), (other.high, one.high)):
        assert ours == pytest.approx(theirs, abs=1e-9)
    assert one.low is not None and one.high is not None
    assert min(values) - 1e-9 <= one.low <= one.high <= max(values) + 1e-9
    (sure,) = bootstrap([mean_of(np.full(len(values), values[0]))], names, resamples=60)
    assert (sure.value, sure.low, sure.high) == (pytest.approx(values[0]),) * 3


def test_spread_over_seeds() -> None:
    several = [[Figure("f1", value), Figure("none", none)] for value, none in ((0.5, None), (0.6, 1.0), (0.7, None))]
    (f1,) = spread(several)
    assert (f1.name, f1.low, f1.high) == ("f1", 0.5, 0.7)
    assert (f1.mean, f1.sd) == (pytest.approx(0.6), pytest.approx(0.1))
    assert spread(several[:1]) == ()
