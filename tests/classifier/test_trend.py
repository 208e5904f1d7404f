"""Statistics of monthly series, by what they must say of series that are known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.trend.changes import change_points
from classifier.trend.crossing import Period, crossings
from classifier.trend.direction import Trend, TrendSettings, TrendTest, directions
from classifier.trend.emerging import emerging, shifts
from classifier.trend.relation import correlation, leads

COUNTS = st.lists(st.integers(0, 200), min_size=1, max_size=60)


def noise(months: int, seed: int, level: float = 40.0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(level, months).astype(float)


def test_a_plain_rise_and_fall_are_called_and_noise_is_not() -> None:
    grow = noise(36, 1) + np.arange(36) * 2
    found = directions({"up": grow, "down": grow[::-1], "flat": noise(36, 2)})
    assert [one.trend for one in found.values()] == [Trend.RISING, Trend.FALLING, Trend.NONE]
    assert found["up"].slope == pytest.approx(2.0, abs=0.5)
    assert found["up"].slope_low < found["up"].slope < found["up"].slope_high


def test_too_little_is_unknown_not_flat() -> None:
    found = directions({"short": [50.0] * 5, "rare": [0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3]})
    assert {one.trend for one in found.values()} == {Trend.UNKNOWN}


def test_many_series_of_noise_give_few_false_discoveries() -> None:
    series = {str(seed): noise(36, seed) for seed in range(300)}
    alone = directions(series, TrendSettings(test=TrendTest.PLAIN, adjust=False))
    together = directions(series, TrendSettings(test=TrendTest.PLAIN))
    called = [sum(one.trend is not Trend.NONE for one in found.values()) for found in (alone, together)]
    assert called[0] >= 5
    assert called[1] <= 1


def test_months_that_follow_the_one_before_do_not_make_a_trend() -> None:
    random = np.random.default_rng(3)

    def wandering() -> np.ndarray:
        values = [0.0]
        for step in random.normal(size=59):
            values.append(0.8 * values[-1] + step)
        return 50 + 5 * np.asarray(values)

    series = {str(number): wandering() for number in range(120)}
    plain, careful = (
        sum(one.p < 0.05 for one in directions(series, TrendSettings(test=test, adjust=False)).values())
        for test in (TrendTest.PLAIN, TrendTest.HAMED_RAO)
    )
    assert careful < 0.6 * plain


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=3), COUNTS, max_size=5), st.sampled_from(list(TrendTest)))
def test_any_series_gets_a_direction(series: dict[str, list[int]], test: TrendTest) -> None:
    found = directions(series, TrendSettings(test=test))
    assert list(found) == list(series)
    for one in found.values():
        assert 0 <= one.p <= one.p_adjusted <= 1
        assert one.slope_low <= one.slope <= one.slope_high


@settings(deadline=None)
@given(COUNTS, st.integers(1, 5))
def test_direction_is_the_same_in_any_unit_and_turns_with_time(values: list[int], unit: int) -> None:
    scaled = [value * unit for value in values]
    a, b, turned = directions(
        {"a": values, "b": scaled, "turned": values[::-1]}, totals={"a": 99, "b": 99, "turned": 99}
    ).values()
    assert (a.trend, a.p) == (b.trend, b.p)
    opposite = {Trend.RISING: Trend.FALLING, Trend.FALLING: Trend.RISING}
    assert turned.trend is opposite.get(a.trend, a.trend)


def test_a_step_is_found_where_it_is_and_noise_has_none() -> None:
    step = np.concatenate([noise(14, 5, 30), noise(12, 6, 90)])
    (point,) = change_points(step)
    assert point.position == 14
    assert point.before == pytest.approx(30, abs=5)
    assert point.after == pytest.approx(90, abs=8)
    assert sum(bool(change_points(noise(36, seed))) for seed in range(20)) <= 2
    assert change_points([3.0] * 30) == []


@settings(deadline=None)
@given(COUNTS)
def test_levels_last_and_are_the_means(values: list[int]) -> None:
    points = change_points(values)
    edges = [0, *(point.position for point in points), len(values)]
    assert all(b - a >= 4 for a, b in pairwise(edges)) or not points
    for point, (start, middle, end) in zip(points, zip(edges, edges[1:], edges[2:], strict=False), strict=True):
        assert point.before == pytest.approx(np.mean(values[start:middle]))
        assert point.after == pytest.approx(np.mean(values[middle:end]))


def test_who_leads_by_how_much_and_growth_alone_does_not() -> None:
    driver = noise(60, 7)
    later = np.concatenate([noise(3, 8), driver[:-3]]) + np.random.default_rng(9).normal(0, 1, 60)
    growing = {str(n): (np.arange(60) * 2 + noise(60, n), np.arange(60) * 5 + noise(60, 99 + n)) for n in range(30)}
    found = leads({"pair": (driver, later), "back": (later, driver)} | growing)
    assert (found["pair"].lag, found["back"].lag) == (3, -3)
    assert found["pair"].p_adjusted < 0.05
    assert sum(found[name].p_adjusted < 0.05 for name in growing) <= 1
    assert leads({"short": (driver[:12], later[:12]), "still": (driver, [1.0] * 60)}) == {}


def test_correlation_needs_pairs_that_change() -> None:
    assert correlation([1, 2, 3, 4], [1, 2, 3, 4]) is None
    assert correlation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]) is None
    found = correlation(range(30), [value**2 for value in range(30)])
    assert found is not None
    assert found.rho == pytest.approx(1.0)
    assert found.low > 0.99


def test_a_theme_that_is_about_a_family_stands_out() -> None:
    whole = Period(1000, {"memory": 100, "speed": 100}, {"llama": 50, "bert": 50}, {
        ("memory", "llama"): 30, ("memory", "bert"): 5, ("speed", "bert"): 4,
    })  # fmt: skip
    late = Period(400, {"memory": 60}, {"llama": 20, "bert": 20}, {("memory", "llama"): 19, ("memory", "bert"): 2})
    first, second = crossings(whole, late)
    assert (first.theme, first.family, first.lift) == ("memory", "llama", pytest.approx(6.0))
    assert first.p_adjusted < 1e-10 < second.p_adjusted
    assert (first.share, first.recent_share) == (pytest.approx(0.6), pytest.approx(0.95))
    assert first.p_change is not None
    assert first.p_change < 0.01
    assert crossings(Period(0, {}, {}, {}), Period(0, {}, {}, {})) == []


def test_emerging_is_growth_beyond_chance_with_enough_threads() -> None:
    found = shifts({"new": 12, "grown": 30, "same": 50, "rare": 3}, {"grown": 20, "same": 160}, 200, 600)
    assert set(emerging(found)) == {"grown", "new"}
    assert found["new"].new
    assert found["new"].ratio is None
    assert found["grown"].ratio == pytest.approx((30 / 200) / (20 / 600))
    assert found["same"].p_adjusted > 0.05
    assert shifts({}, {}, 0, 0) == {}
