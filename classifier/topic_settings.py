"""How topics are sought; part of a run's recipe."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """How topics are sought.

    Below `small` threads density says little, and mere rounding of the vectors moves it: then threads are joined
    bottom-up (average linkage) while the mean cosine of two groups is at least `small_cosine`, and groups of fewer
    than `small_size` are outliers. Otherwise UMAP (`neighbours`, `dimensions`) and HDBSCAN, whose smallest cluster is
    `size_factor` times the square root of the number of threads, at least `least_size`. Threads left over, and those
    that come later, join the topic whose centre is nearest if the cosine is at least `outlier_cosine`, or
    `small_outlier_cosine` in a small corpus: HDBSCAN alone leaves 30 to 50 % of such posts outside.

    A line that stands in at least `repeated_share` of the threads, and in `repeated_least`, is a template's and decides
    nothing. Topics are sought anew when at least `stale_share` of the threads that they were sought among have changed.
    """

    small: int = 500
    small_cosine: float = 0.35
    small_outlier_cosine: float = 0.3
    small_size: int = 3
    neighbours: int = 15
    dimensions: int = 5
    size_factor: float = 0.25
    least_size: int = 5
    outlier_cosine: float = 0.45
    repeated_share: float = 0.005
    repeated_least: int = 5
    stale_share: float = 0.1
    keywords: int = 10
    representatives: int = 5
    version: int = 3

    def least_cluster(self, threads: int) -> int:
        """Smallest number of threads that make a topic in a corpus of this size."""
        return max(self.least_size, round(self.size_factor * math.sqrt(threads)))

    def floor(self, threads: int) -> float:
        """Least cosine to a centre with which a thread joins a topic in a corpus of this size."""
        return self.outlier_cosine if threads >= self.small else self.small_outlier_cosine

    def least_repeats(self, threads: int) -> int:
        """In how many threads a line must stand to be a template's."""
        return max(self.repeated_least, round(self.repeated_share * threads))


DEFAULT_SETTINGS = TopicSettings()
