"""Which themes are about which families: more often together than chance would have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import false_discovery_control, fisher_exact, hypergeom


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


def crossings(whole: Period, recent: Period, least: int = 5, most: int | None = None) -> list[Crossing]:
    """Themes and families with at least `least` threads in common, the `most` most surprising of them, those first.

    `recent` is the last part of `whole`. The chance is hypergeometric: the family's threads drawn from all threads.
    """
    pairs = [pair for pair, threads in whole.both.items() if threads >= least]
    if not pairs:
        return []
    threads = np.array([whole.both[pair] for pair in pairs])
    of_theme = np.array([whole.themes[theme] for theme, _ in pairs])
    of_family = np.array([whole.families[family] for _, family in pairs])
    lifts = threads * whole.every / (of_theme * of_family)
    chances = np.atleast_1d(hypergeom.sf(threads - 1, whole.every, of_theme, of_family))
    adjusted = false_discovery_control(chances, method="bh")
    columns = threads, of_theme, of_family, lifts, chances, adjusted, threads / of_family
    found = [Crossing(*pair, *row) for pair, *row in zip(pairs, *(each.tolist() for each in columns), strict=True)]
    found.sort(key=lambda row: (row.p, -row.lift, row.theme, row.family))
    return [_with_change(row, recent, least) for row in found[:most]]


def _with_change(row: Crossing, recent: Period, least: int) -> Crossing:
    now, now_all = recent.both.get((row.theme, row.family), 0), recent.families.get(row.family, 0)
    then, then_all = row.threads - now, row.of_family - now_all
    if min(now_all, then_all) < least:
        return row
    p = float(fisher_exact([[now, now_all - now], [then, then_all - then]]).pvalue)
    return replace(row, recent_share=now / now_all, p_change=p)
