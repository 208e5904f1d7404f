"""Whether a score of 0.7 means that 7 of 10 readers would agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.intervals import Figure, Statistic
from classifier.tally import Floats

LEAST_SCORE = 0.1
BINS = 15
_CELLS = 4_000_000
"""Random numbers that are held at once."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a post and a label whose score reaches a bound, in bins of about equal numbers.

    post, bin: which of each pair, int [m]; score, truth: its score, and the share of readers who gave the label, [m];
    edges: the lowest score of each bin, [bins].
    """

    posts: int
    post: NDArray[np.intp]
    bin: NDArray[np.intp]
    score: Floats
    truth: Floats
    edges: Floats

    def by_post(self, values: Floats) -> Floats:
        """Sums over the pairs of each post and bin, [n, bins]."""
        out = np.zeros((self.posts, len(self.edges)))
        np.add.at(out, (self.post, self.bin), values)
        return out


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of about the same score: its mean, and the share of readers who gave the label."""

    least_score: float
    pairs: int
    score: float
    share: Figure


@dataclass(frozen=True, slots=True)
class Calibration:
    """How scores compare with readers.

    `ece`: expected calibration error over `pairs` whose score is at least `least_score`. `by_chance`: its mean and 95 %
    quantile if every score were exactly right, as so many pairs would show; None where it was not asked for.
    `brier_skill`: 1 - Brier score / that of the pairs' base rate; `brier_skill_all`: over all pairs, against the base
    rate of each label.
    """

    least_score: float
    pairs: int
    ece: Figure
    by_chance: tuple[float, float] | None
    brier: Figure
    brier_skill: Figure
    brier_all: Figure
    brier_skill_all: Figure
    bins: tuple[Bin, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain form, rounded to four places."""
        names = ("ece", "brier", "brier_skill", "brier_all", "brier_skill_all")
        mean, high = self.by_chance or (None, None)
        return {
            "least_score": self.least_score,
            "pairs": self.pairs,
            **{name: getattr(self, name).to_json() for name in names},
            "ece_by_chance": None if mean is None or high is None else {"mean": round(mean, 4), "high": round(high, 4)},
            "bins": [
                {
                    "least_score": round(row.least_score, 4),
                    "pairs": row.pairs,
                    "score": round(row.score, 4),
                    "share": row.share.to_json(),
                }
                for row in self.bins
            ],
        }


def pairs_of(scores: Floats, truth: Floats, least_score: float = LEAST_SCORE, bins: int = BINS) -> Pairs:
    """Pairs of scores and truth, both [n, c], from a score on, in equal-mass bins; equal scores share a bin.

    Equal-mass (adaptive) bins: Nguyen and O'Connor 2015; Nixon et al. 2019.
    """
    post, column = np.nonzero(scores >= least_score)
    score = scores[post, column].astype(np.float64)
    edges = np.unique(np.sort(score)[np.arange(bins) * len(score) // bins]) if len(score) else np.zeros(0)
    place = np.searchsorted(edges, score, side="right") - 1
    return Pairs(len(scores), post, place, score, truth[post, column].astype(np.float64), edges)


def reliability(pairs: Pairs) -> Statistic:
    """Expected calibration error (Naeini et al. 2015), Brier score (1950) and skill, share of readers in each bin."""
    count, score, truth = (pairs.by_post(values) for values in (np.ones_like(pairs.score), pairs.score, pairs.truth))
    squares = np.stack([(pairs.score - pairs.truth) ** 2, pairs.truth**2])
    error, second = (np.bincount(pairs.post, values, minlength=pairs.posts) for values in squares)

    def compute(weights: Floats) -> Floats:
        number, said, meant = weights @ count, weights @ score, weights @ truth
        total = number.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ece = np.abs(meant - said).sum(axis=1) / total
            brier = weights @ error / total
            share = meant.sum(axis=1) / total
            skill = _skill(brier, weights @ second / total - share**2)
            bins = np.where(number > 0, meant / number, np.nan)
        return np.concatenate([np.stack([ece, brier, skill]), bins.T])

    names = [f"bin_{number}" for number in range(len(pairs.edges))]
    return Statistic(("ece", "brier", "brier_skill", *names), compute)


def brier_over_all(scores: Floats, truth: Floats) -> Statistic:
    """Brier score of all pairs of scores and truth, [n, c], and its skill against the base rate of each label."""
    error = ((scores - truth) ** 2).mean(axis=1)
    second = (truth**2).mean(axis=1)

    def compute(weights: Floats) -> Floats:
        total = weights.sum(axis=1)
        base = ((weights @ truth / total[:, None]) ** 2).mean(axis=1)
        brier = weights @ error / total
        return np.stack([brier, _skill(brier, weights @ second / total - base)])

    return Statistic(("brier_all", "brier_skill_all"), compute)


def _skill(brier: Floats, of_base: Floats) -> Floats:
    """1 - Brier score / that of the base rate; NaN where the base rate is never wrong."""
    sure = of_base <= 1e-12
    return np.where(sure, np.nan, 1 - brier / np.where(sure, 1, of_base))


def ece_by_chance(pairs: Pairs, draws: int, seed: int = 0) -> tuple[float, float]:
    """Mean and 95 % quantile of the error of scores that are exactly right, on so many pairs.

    Labels are drawn by their scores (consistency resampling, Broecker and Smith 2007), so the error is what chance
    alone leaves. Pairs are drawn apart from each other, which makes it a little too small. NaN without pairs.
    """
    if not len(pairs.score):
        return float("nan"), float("nan")
    order = np.lexsort((pairs.score, pairs.bin))
    score, starts = pairs.score[order], np.searchsorted(pairs.bin[order], np.arange(len(pairs.edges)))
    rng = np.random.default_rng(seed)
    step = max(1, _CELLS // len(score))
    errors = []
    for start in range(0, draws, step):
        drawn = rng.random((min(step, draws - start), len(score))) < score
        errors.append(np.abs(np.add.reduceat(drawn - score, starts, axis=1)).sum(axis=1) / len(score))
    every = np.concatenate(errors)
    return float(every.mean()), float(np.quantile(every, 0.95))


def calibration_of(
    figures: dict[str, Figure], pairs: Pairs, least_score: float, by_chance: tuple[float, float] | None
) -> Calibration:
    """Put together what was computed of `reliability` and `brier_over_all`."""
    sizes = np.bincount(pairs.bin, minlength=len(pairs.edges))
    means = np.bincount(pairs.bin, pairs.score, minlength=len(pairs.edges)) / np.maximum(sizes, 1)
    bins = [
        Bin(float(edge), int(size), float(mean), figures[f"bin_{number}"])
        for number, (edge, size, mean) in enumerate(zip(pairs.edges, sizes, means, strict=True))
    ]
    names = ("ece", "brier", "brier_skill", "brier_all", "brier_skill_all")
    ece, brier, skill, brier_all, skill_all = (figures[name] for name in names)
    return Calibration(least_score, len(pairs.score), ece, by_chance, brier, skill, brier_all, skill_all, tuple(bins))
