"""How firm a figure is: 95 % intervals by the bootstrap."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

import numpy as np

from classifier.tally import Floats

RESAMPLES = 1000
_LEVEL = 0.95
_CELLS = 250_000
"""Weights that are held at once; more do not fit a processor's cache."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """Figures over posts: `compute` takes weights of posts, [b, n], to values, [number of names, b]; NaN is unknown."""

    names: tuple[str, ...]
    compute: Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95 % interval; None where it is unknown, or where no interval was asked for."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain form, rounded to four places."""
        parts = {"value": self.value, "low": self.low, "high": self.high}
        return {name: None if part is None else round(part, 4) for name, part in parts.items()}


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several systems, as bundles of several seeds: mean, standard deviation (n - 1) and ends."""

    name: str
    mean: float
    sd: float
    low: float
    high: float


def spread(several: Sequence[Sequence[Figure]]) -> tuple[Spread, ...]:
    """Spread of each figure over systems that have the same figures; of those only that are known of two or more."""
    found = []
    for same in zip(*several, strict=True):
        values = [figure.value for figure in same if figure.value is not None]
        if len(values) > 1:
            found.append(Spread(same[0].name, fmean(values), stdev(values), min(values), max(values)))
    return tuple(found)


def bootstrap(
    statistics: Sequence[Statistic], groups: Sequence[str], resamples: int = RESAMPLES, seed: int = 0
) -> tuple[Figure, ...]:
    """Figures with percentile intervals (Efron 1979); whole groups are drawn, as many as there are, with replacement.

    `groups`: which posts belong together, [n]; posts of one thread or repository tell less than as many unrelated ones
    (cluster bootstrap, Field and Welsh 2007). The same groups and seed give the same draws, however posts are ordered.
    """
    names = [name for statistic in statistics for name in statistic.names]
    units, place = np.unique(np.asarray(groups, dtype=str), return_inverse=True)

    def compute(weights: Floats) -> Floats:
        of_posts = weights[:, place]
        return np.concatenate([statistic.compute(of_posts) for statistic in statistics])

    values = compute(np.ones((1, len(units))))[:, 0]
    if not resamples:
        return tuple(Figure(name, _known(value)) for name, value in zip(names, values, strict=True))
    rng = np.random.default_rng(seed)
    share = np.full(len(units), 1 / len(units))
    step = max(1, _CELLS // len(place))
    drawn = [
        compute(rng.multinomial(len(units), share, size=min(step, resamples - start)).astype(np.float64))
        for start in range(0, resamples, step)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a figure that is unknown in all draws stays unknown
        low, high = np.nanquantile(np.concatenate(drawn, axis=1), [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], axis=1)
    return tuple(Figure(name, *map(_known, row)) for name, *row in zip(names, values, low, high, strict=True))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
