"""The share of threads that a label is true of, from a few that people judged and probabilities of all.

Prediction-powered inference (Angelopoulos et al. 2023, Science 382) of a mean, its weight tuned to the narrowest
interval (PPI++, Angelopoulos, Duchi and Zrnic 2023): unbiased whatever the probabilities are worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, norm

LEAST_JUDGED = 100
"""Judged threads that an estimate needs."""
LEAST_CASES = 5
"""Of these with the label, and without it: below, the interval could not be trusted."""

_LEVEL = 0.95

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A share in [0, 1] with its 95 % interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PoweredEstimate:
    """A share with its interval, and the weight in [0, 1] that the probabilities have in it."""

    interval: Interval
    weight: float


def powered_share(truth: Values, predicted: Values, others: int, others_mean: float) -> PoweredEstimate:
    """Estimate from judged threads and those that are not judged.

    truth [n]: 1 where the label is true; predicted [n]: its probability; `others`: threads that were not judged, and
    `others_mean`, the mean probability among them. Where there are none, the judged ones speak alone.
    """
    n = len(truth)
    spread = float(np.var(predicted, ddof=1))
    weight = 0.0
    if others and spread > 0:
        together = float(np.cov(truth, predicted, ddof=1)[0, 1])
        weight = float(np.clip(together / ((1 + n / others) * spread), 0.0, 1.0))
    share = float(truth.mean()) + weight * (others_mean - float(predicted.mean()))
    variance = float(np.var(truth - weight * predicted, ddof=1)) / n
    variance += weight**2 * spread / others if others else 0.0
    reach = float(norm.ppf((1 + _LEVEL) / 2)) * variance**0.5
    low, high = max(0.0, share - reach), min(1.0, share + reach)
    return PoweredEstimate(Interval(min(max(share, 0.0), 1.0), low, high), weight)


def judged_share(truth: Values) -> Interval:
    """Share among judged threads alone, with the interval of Clopper and Pearson (1934)."""
    n, cases = len(truth), int(truth.sum())
    tail = (1 - _LEVEL) / 2
    low = float(beta.ppf(tail, cases, n - cases + 1)) if cases else 0.0
    high = float(beta.ppf(1 - tail, cases + 1, n - cases)) if cases < n else 1.0
    return Interval(cases / n, low, high)


def enough(truth: Values) -> bool:
    """Whether there are enough judged threads, with the label and without it, for an estimate."""
    cases = int(truth.sum())
    return len(truth) >= LEAST_JUDGED and min(cases, len(truth) - cases) >= LEAST_CASES
