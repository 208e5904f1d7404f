"""How two monthly series go together: rank correlation, and which of the two leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, norm, rankdata, spearmanr

Array = NDArray[np.float64]

_MOST_LAG = 6
_SURROGATES = 999
_LEAST_OVERLAP = 12


@dataclass(frozen=True, slots=True)
class Correlation:
    """Spearman's rank correlation of n pairs, its p-value, and its 95 % interval."""

    n: int
    rho: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Lead:
    """The lag, in months, at which the changes of two series go together best; positive: the first one leads.

    `p` is the share of random series with the same autocorrelation whose best lag fits as well; `p_adjusted` after
    false-discovery control over all pairs that were looked at together.
    """

    lag: int
    correlation: float
    p: float
    p_adjusted: float = 1.0


def correlation(first: Sequence[float], second: Sequence[float]) -> Correlation | None:
    """Rank correlation of two series; None for fewer than 5 pairs, or where one of them never changes.

    The interval is that of Bonett and Wright (2000) for Spearman's coefficient.
    """
    n = len(first)
    if n < 5 or len(set(first)) < 2 or len(set(second)) < 2:
        return None
    result = spearmanr(first, second)
    rho = float(result.statistic)
    half = float(norm.ppf(0.975)) * np.sqrt((1 + rho**2 / 2) / (n - 3))
    middle = np.arctanh(np.clip(rho, -1 + 1e-12, 1 - 1e-12))
    return Correlation(n, rho, float(result.pvalue), float(np.tanh(middle - half)), float(np.tanh(middle + half)))


def leads(pairs: Mapping[str, tuple[Sequence[float], Sequence[float]]], seed: int = 0) -> dict[str, Lead]:
    """For each pair of series the lag of at most 6 months at which their monthly changes correlate most (by rank).

    Changes, so that two series that merely both grow do not seem to lead each other. Pairs that overlap by fewer than
    12 changes at the widest lag, or where one never changes, are left out. The reference are series with the
    spectrum of the second and random phases (Theiler et al. 1992).
    """
    found = {}
    phases: dict[int, NDArray[np.complex128]] = {}
    for name, (first, second) in pairs.items():
        a, b = (_ranked_changes(values) for values in (first, second))
        if len(a) < _LEAST_OVERLAP + _MOST_LAG or not a.any() or not b.any():
            continue
        if len(b) not in phases:
            phases[len(b)] = _random_phases(len(b), np.random.default_rng(seed))
        found[name] = _lead(a, b, phases[len(b)])
    if not found:
        return {}
    adjusted = false_discovery_control([one.p for one in found.values()], method="bh")
    return {name: replace(one, p_adjusted=float(p)) for (name, one), p in zip(found.items(), adjusted, strict=True)}


def _lead(a: Array, b: Array, phases: NDArray[np.complex128]) -> Lead:
    at_lags = _correlations(a, b[None, :])[0]
    best = int(np.abs(at_lags).argmax())
    # Series of the same spectrum, and so the same autocorrelation.
    surrogates = np.fft.irfft(np.fft.rfft(b) * phases, n=len(b), axis=1)
    by_chance = np.abs(_correlations(a, surrogates)).max(axis=1)
    as_good = int((by_chance >= abs(at_lags[best]) - 1e-12).sum())
    return Lead(best - _MOST_LAG, float(at_lags[best]), (1 + as_good) / (1 + _SURROGATES))


def _random_phases(months: int, random: np.random.Generator) -> NDArray[np.complex128]:
    return np.asarray(np.exp(2j * np.pi * random.random((_SURROGATES, months // 2 + 1))))


def _correlations(a: Array, many: Array) -> Array:
    """Correlation of a, [n], with each row of `many`, [k, n], taken `lag` months later: [k, 13] for lags -6 to 6."""
    lags = range(-_MOST_LAG, _MOST_LAG + 1)
    shifted = np.stack([np.roll(a, lag) for lag in lags], axis=1)
    places = np.arange(len(a))[:, None] - np.asarray(lags)
    inside = ((places >= 0) & (places < len(a))).astype(float)
    shifted *= inside
    spread = np.sqrt((many**2 @ inside) * (shifted**2).sum(axis=0))
    return np.asarray(np.divide(many @ shifted, spread, out=np.zeros(spread.shape), where=spread > 0))


def _ranked_changes(values: Sequence[float]) -> Array:
    """Ranks of the month-to-month changes about their middle."""
    ranks = rankdata(np.diff(np.asarray(values, dtype=float)))
    return np.asarray(ranks - ranks.mean())
