"""Which themes are about which families: more often together than chance would have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scipy.stats import false_discovery_control

from classifier.trend.exact import ExactTests


@dataclass(frozen=True, slots=True)
class Crossing:
    """Threads of a theme that mention a family, beside those of each.

    `lift`: how many times as many as if theme and family were independent. `p`: chance of at least as many, adjusted
    for false discoveries over the whole table (p_adjusted). `share`: of the family's threads, those of the theme;
    `recent_share` the same in the last months, None where too few threads to say; `p_change`: Fisher's exact test of
    the recent share against the earlier one.
    """

    theme: str
    family: str
    threads: int
    of_theme: int
    of_family: int
    lift: float
    p: float
    p_adjusted: float
    share: float
    recent_share: float | None = None
    p_change: float | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """Threads of a period: all, by theme, by family, and by theme and family."""

    every: int
    themes: Mapping[str, int]
    families: Mapping[str, int]
    both: Mapping[tuple[str, str], int]


def crossings(whole: Period, recent: Period, least: int = 5) -> list[Crossing]:
    """Themes and families with at least `least` threads in common, most surprising first.

    `recent` is the last part of `whole`. The chance is hypergeometric: the family's threads drawn from all threads.
    """
    exact = ExactTests(whole.every)
    pairs = [pair for pair, threads in whole.both.items() if threads >= least]
    if not pairs:
        return []
    chances = [
        exact.at_least(whole.both[pair], whole.every, whole.themes[pair[0]], whole.families[pair[1]]) for pair in pairs
    ]
    adjusted = false_discovery_control(chances, method="bh").tolist()
    found = [
        _crossing(pair, whole, p, adjusted_p, *_change(pair, whole, recent, least, exact))
        for pair, p, adjusted_p in zip(pairs, chances, adjusted, strict=True)
    ]
    return sorted(found, key=lambda row: (row.p, -row.lift, row.theme, row.family))


def _crossing(
    pair: tuple[str, str],
    whole: Period,
    p: float,
    p_adjusted: float,
    recent_share: float | None,
    p_change: float | None,
) -> Crossing:
    threads, of_theme, of_family = whole.both[pair], whole.themes[pair[0]], whole.families[pair[1]]
    lift = threads * whole.every / (of_theme * of_family)
    share = threads / of_family
    return Crossing(*pair, threads, of_theme, of_family, lift, p, p_adjusted, share, recent_share, p_change)


def _change(
    pair: tuple[str, str], whole: Period, recent: Period, least: int, exact: ExactTests
) -> tuple[float | None, float | None]:
    """Share in the last months, and the test that it is as before; None with too few threads."""
    now, now_all = recent.both.get(pair, 0), recent.families.get(pair[1], 0)
    then, then_all = whole.both[pair] - now, whole.families[pair[1]] - now_all
    if min(now_all, then_all) < least:
        return None, None
    return now / now_all, exact.fisher((now, now_all - now), (then, then_all - then))
