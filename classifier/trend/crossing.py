"""Which themes are about which families: more often together than chance would have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

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


def crossings(whole: Period, recent: Period, least: int = 5) -> list[Crossing]:
    """Themes and families with at least `least` threads in common, most surprising first.

    `recent` is the last part of `whole`. The chance is hypergeometric: the family's threads drawn from all threads.
    """
    rows = []
    for (theme, family), threads in whole.both.items():
        if threads < least:
            continue
        of_theme, of_family = whole.themes[theme], whole.families[family]
        chance = float(hypergeom.sf(threads - 1, whole.every, of_theme, of_family))
        lift = threads * whole.every / (of_theme * of_family)
        row = Crossing(theme, family, threads, of_theme, of_family, lift, chance, 1.0, threads / of_family)
        rows.append(_with_change(row, recent, least))
    if not rows:
        return []
    adjusted = false_discovery_control([row.p for row in rows], method="bh")
    found = [replace(row, p_adjusted=float(p)) for row, p in zip(rows, adjusted, strict=True)]
    return sorted(found, key=lambda row: (row.p, -row.lift, row.theme, row.family))


def _with_change(row: Crossing, recent: Period, least: int) -> Crossing:
    now, now_all = recent.both.get((row.theme, row.family), 0), recent.families.get(row.family, 0)
    then, then_all = row.threads - now, row.of_family - now_all
    if min(now_all, then_all) < least:
        return row
    p = float(fisher_exact([[now, now_all - now], [then, then_all - then]]).pvalue)
    return replace(row, recent_share=now / now_all, p_change=p)
