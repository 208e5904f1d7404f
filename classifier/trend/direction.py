"""Whether a series rises or falls: Mann-Kendall, Sen's slope, and false-discovery control over many series."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pymannkendall
from scipy.stats import false_discovery_control

from classifier.trend.kendall import Kendall, kendall, z_and_p

LEAST_MONTHS = 8
"""Below this a test of trend can hardly find anything: the direction is then unknown."""


class Trend(StrEnum):
    """What a test says of a series. `UNKNOWN`: too few months or too few counts to test."""

    RISING = "rising"
    FALLING = "falling"
    NONE = "none"
    UNKNOWN = "unknown"


class TrendTest(StrEnum):
    """Forms of the Mann-Kendall test.

    `PLAIN` takes months as independent. `HAMED_RAO` (Hamed and Rao 1998) and `YUE_WANG` (Yue and Wang 2004) correct
    the variance for autocorrelation; a correction that would make the variance smaller is not applied, so that it can
    only make the test more careful.
    """

    PLAIN = "mann-kendall"
    HAMED_RAO = "hamed-rao"
    YUE_WANG = "yue-wang"


@dataclass(frozen=True, slots=True)
class Direction:
    """Trend of one series: z and p of the test, p after false-discovery control, Sen's slope a month with its interval.

    `p_adjusted` equals `p` where one series was tested alone.
    """

    trend: Trend
    months: int
    total: float
    z: float = 0.0
    p: float = 1.0
    p_adjusted: float = 1.0
    slope: float = 0.0
    slope_low: float = 0.0
    slope_high: float = 0.0


@dataclass(frozen=True, slots=True)
class TrendSettings:
    """How series are tested: level of significance, the smallest sum that is tested, the test, and whether the level
    is of false discoveries among all series (Benjamini and Hochberg 1995) or of each test alone.
    """

    alpha: float = 0.05
    least_total: float = 30.0
    test: TrendTest = TrendTest.HAMED_RAO
    adjust: bool = True


DEFAULT_TEST = TrendSettings()


def directions(
    series: Mapping[str, Sequence[float]],
    settings: TrendSettings = DEFAULT_TEST,
    totals: Mapping[str, float] | None = None,
) -> dict[str, Direction]:
    """Direction of each series, in the order given; months are equally spaced, without gaps.

    Rising or falling needs a p, adjusted for the number of series tested, below `alpha`, and an interval of Sen's
    slope that does not reach to both sides of 0 (sparse counts have many equal months, and so slopes of 0). `totals`
    are what is held against `least_total` where the values are shares; their sum if None.
    """
    sums = {name: float(np.sum(values)) if totals is None else totals[name] for name, values in series.items()}
    found = {name: _tested(values, sums[name], settings) for name, values in series.items()}
    tested = [name for name, one in found.items() if one.trend is not Trend.UNKNOWN]
    if tested and settings.adjust:
        adjusted = false_discovery_control([found[name].p for name in tested], method="bh")
        found |= {name: replace(found[name], p_adjusted=float(p)) for name, p in zip(tested, adjusted, strict=True)}
    return {name: replace(one, trend=_trend(one, settings.alpha)) for name, one in found.items()}


def _tested(values: Sequence[float], total: float, settings: TrendSettings) -> Direction:
    data = np.asarray(values, dtype=float)
    if len(data) < LEAST_MONTHS or total < settings.least_total:
        return Direction(Trend.UNKNOWN, len(data), total)
    found = kendall(data, settings.alpha)
    z, p = _mann_kendall(data, found, settings.test)
    slope, low, high = found.slope, found.slope_low, found.slope_high
    return Direction(Trend.NONE, len(data), total, z, p, p, slope, low, high)


def _mann_kendall(data: np.ndarray, found: Kendall, test: TrendTest) -> tuple[float, float]:
    careful = found.variance
    if test is TrendTest.HAMED_RAO:
        careful = found.careful_variance
    elif test is TrendTest.YUE_WANG:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # no autocorrelation is defined where nothing is left of it
            careful = float(pymannkendall.yue_wang_modification_test(data).var_s)
    return z_and_p(found.score, careful if careful > found.variance else found.variance)


def _trend(one: Direction, alpha: float) -> Trend:
    if one.trend is Trend.UNKNOWN:
        return Trend.UNKNOWN
    if one.p_adjusted >= alpha or one.slope_low < 0 < one.slope_high:
        return Trend.NONE
    return Trend.RISING if one.z > 0 else Trend.FALLING
