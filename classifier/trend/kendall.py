"""Mann-Kendall test and Sen's slope of one series, from one pass over its pairs of months.

As pymannkendall and scipy.stats.theilslopes have it, which a test holds, in a twentieth of their time: a page of
themes tests hundreds of series while somebody waits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Array = NDArray[np.float64]

_LEVEL = 0.05
"""At which an autocorrelation counts as one in the correction of Hamed and Rao."""


@dataclass(frozen=True, slots=True)
class Kendall:
    """Score S of Mann and Kendall with its variance for independent months, ties considered.

    `careful_variance`: as Hamed and Rao (1998) correct it for autocorrelation; nan where none is defined.
    `slope`: Sen's, a month, with its interval (Sen 1968).
    """

    score: float
    variance: float
    careful_variance: float
    slope: float
    slope_low: float
    slope_high: float


def kendall(data: Array, alpha: float) -> Kendall:
    """Measures of a series [months], at least 3; the slope's interval holds it with a chance of 1 - alpha."""
    n = len(data)
    earlier, later = np.triu_indices(n, 1)
    rises = data[later] - data[earlier]
    slopes = np.sort(rises / (later - earlier))
    slope = float(np.median(slopes))
    ties = np.unique(data, return_counts=True)[1]
    variance = float(_spread(np.asarray([n])).sum() - _spread(ties).sum()) / 18
    reach = -ndtri(alpha / 2) * np.sqrt(variance)
    low = max(int(np.round((len(slopes) - reach) / 2)) - 1, 0)
    high = min(int(np.round((len(slopes) + reach) / 2)), len(slopes) - 1)
    return Kendall(
        float(np.sign(rises).sum()),
        variance,
        variance * _inflation(data - slope * np.arange(1, n + 1)),
        slope,
        float(slopes[low]),
        float(slopes[high]),
    )


def z_and_p(score: float, variance: float) -> tuple[float, float]:
    """Standard normal deviate of a score, corrected for continuity, and its two-sided p."""
    z = (score - np.sign(score)) / np.sqrt(variance) if score else 0.0
    return float(z), float(2 * ndtr(-abs(z)))


def _spread(n: NDArray[np.int64]) -> NDArray[np.int64]:
    return n * (n - 1) * (2 * n + 5)


def _inflation(rest: Array) -> float:
    """By how much the autocorrelation of a series without its trend makes the score's variance larger."""
    n = len(rest)
    ranks = np.sign(rest[:, None] - rest).sum(axis=1)
    powers = np.correlate(ranks, ranks, "full")[n - 1 :]
    if not powers[0]:
        return float("nan")
    correlations = powers[1:] / powers[0]
    lags = np.arange(1, n)
    weights = (n - lags) * (n - lags - 1) * (n - lags - 2)
    sure = np.abs(correlations) > ndtri(1 - _LEVEL / 2) / np.sqrt(n)
    return float(1 + 2 * (weights * correlations)[sure].sum() / (n * (n - 1) * (n - 2)))
