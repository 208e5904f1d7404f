"""Exact tests of two-by-two tables, many at once.

As scipy.stats has them, which a test holds; but the factorials are looked up, which hundreds of tables share.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

_AS_LIKELY = 1 + 1e-7
"""Tables count as no likelier than the one at hand up to this factor, which covers rounding (as in R's fisher.test)."""


class ExactTests:
    """Tests of tables of at most `most` things in all."""

    def __init__(self, most: int) -> None:
        self._factorials = gammaln(np.arange(most + 1) + 1.0)

    def at_least(self, found: int, every: int, marked: int, drawn: int) -> float:
        """Chance of at least `found` marked things among those drawn of all (hypergeometric)."""
        low, chances = self._chances(every, marked, drawn)
        return min(1.0, float(chances[max(0, found - low) :].sum()))

    def fisher(self, first: tuple[int, int], second: tuple[int, int]) -> float:
        """Two-sided p of Fisher's exact test that two groups, each (with, without), have the same share."""
        drawn, marked = sum(first), first[0] + second[0]
        low, chances = self._chances(drawn + sum(second), marked, drawn)
        return min(1.0, float(chances[chances <= chances[first[0] - low] * _AS_LIKELY].sum()))

    def _chances(self, every: int, marked: int, drawn: int) -> tuple[int, np.ndarray]:
        """Least number of marked things among those drawn, and the chance of each number from there on."""
        log = self._factorials
        low, high = max(0, drawn + marked - every), min(drawn, marked)
        rest = every - marked - drawn
        ways = (
            log[low : high + 1]
            + log[marked - high : marked - low + 1][::-1]
            + log[drawn - high : drawn - low + 1][::-1]
            + log[rest + low : rest + high + 1]
        )
        whole = log[every] - log[marked] - log[every - marked] - log[drawn] - log[every - drawn]
        return low, np.exp(-whole - ways)
