"""Months at which the level of a series changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import ruptures

_LEAST_SEGMENT = 4
_PENALTY = 3.0


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """Position of the first month of a new level in the series, and the mean level before and after."""

    position: int
    before: float
    after: float


def change_points(values: Sequence[float]) -> list[ChangePoint]:
    """Changes of the mean level, ascending; levels last at least 4 months.

    Exact segmentation (PELT, Killick et al. 2012) with a penalty of 3 log(n) variances of the noise a change (close to
    the modified Bayesian criterion); the noise is read off the month-to-month changes, which a level does not touch.
    """
    data = np.asarray(values, dtype=float)
    if len(data) < 2 * _LEAST_SEGMENT:
        return []
    noise = np.median(np.abs(np.diff(data))) / (0.6745 * np.sqrt(2)) or np.diff(data).std() / np.sqrt(2)
    if not noise:
        return []
    penalty = _PENALTY * np.log(len(data))
    # The linear kernel's cost is that of the mean; this implementation of PELT is in C.
    found = ruptures.KernelCPD(kernel="linear", min_size=_LEAST_SEGMENT)
    ends = found.fit_predict((data / noise)[:, None], pen=penalty)
    edges = [0, *ends]
    means = [float(data[start:end].mean()) for start, end in zip(edges, ends, strict=False)]
    return [
        ChangePoint(int(end), before, after) for end, before, after in zip(ends[:-1], means, means[1:], strict=False)
    ]
