"""Themes that are new, or take a bigger share of the threads than before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from scipy.stats import false_discovery_control

from classifier.trend.exact import ExactTests


@dataclass(frozen=True, slots=True)
class Shift:
    """A theme's threads in the last months and in those before, as counts and as shares of all threads.

    `p`: Fisher's exact test that the share is as it was; `p_adjusted` after false-discovery control over all themes.
    """

    recent: int
    before: int
    recent_share: float
    before_share: float
    p: float
    p_adjusted: float = 1.0

    @property
    def new(self) -> bool:
        """Whether no earlier thread was about it."""
        return self.before == 0

    @property
    def ratio(self) -> float | None:
        """Recent share over the share before; None where that was 0."""
        return self.recent_share / self.before_share if self.before else None


def shifts(recent: Mapping[str, int], before: Mapping[str, int], all_recent: int, all_before: int) -> dict[str, Shift]:
    """How the share of each theme of either period moved, by theme."""
    found, exact = {}, ExactTests(all_recent + all_before)
    for theme in sorted({*recent, *before}):
        # Counts read while threads are being counted may be ahead of those of all threads.
        now, then = min(recent.get(theme, 0), all_recent), min(before.get(theme, 0), all_before)
        p = exact.fisher((now, all_recent - now), (then, all_before - then)) if now or then else 1.0
        found[theme] = Shift(now, then, _share(now, all_recent), _share(then, all_before), p)
    if not found:
        return {}
    adjusted = false_discovery_control([one.p for one in found.values()], method="bh")
    return {name: replace(one, p_adjusted=float(p)) for (name, one), p in zip(found.items(), adjusted, strict=True)}


def emerging(found: Mapping[str, Shift], least: int = 5, alpha: float = 0.05) -> list[str]:
    """Themes with at least `least` recent threads whose share grew beyond chance, strongest growth first."""
    grown = [
        theme
        for theme, one in found.items()
        if one.recent >= least and one.recent_share > one.before_share and one.p_adjusted < alpha
    ]
    return sorted(grown, key=lambda theme: (found[theme].p_adjusted, -(found[theme].ratio or float("inf")), theme))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
