"""What is gained by saying nothing where one is unsure: risk against coverage (El-Yaniv and Wiener 2010)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.intervals import Figure, Statistic
from classifier.tally import Floats, Tally, micro
from store.values import Classification, Verdict

STEPS = 100
SHOWN = (100, 90, 80, 70, 50)
"""Coverages of the short table, in percent."""

LEVELS = ("category", "leaf")


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """Micro-F1 of the surest `posts`, a share `coverage` of all; the least sure of them has `confidence`."""

    coverage: float
    posts: int
    confidence: float
    category_micro_f1: Figure
    leaf_micro_f1: Figure

    def to_json(self) -> dict[str, Any]:
        """Plain form."""
        return {
            "coverage": self.coverage,
            "posts": self.posts,
            "confidence": round(self.confidence, 4),
            "category_micro_f1": self.category_micro_f1.to_json(),
            "leaf_micro_f1": self.leaf_micro_f1.to_json(),
        }


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The curve. Areas: mean of 1 - micro-F1 over all coverages, lower is better; `answered`: share not abstained."""

    points: tuple[CoveragePoint, ...]
    category_area: Figure
    leaf_area: Figure
    answered: float
    category_answered_f1: Figure
    leaf_answered_f1: Figure

    def shown(self) -> list[CoveragePoint]:
        """The points of the short table."""
        return [self.points[percent * STEPS // 100 - 1] for percent in SHOWN]

    def to_json(self) -> dict[str, Any]:
        """Plain form, of the curve the short table."""
        return {
            "category_area": self.category_area.to_json(),
            "leaf_area": self.leaf_area.to_json(),
            "answered": round(self.answered, 4),
            "category_answered_micro_f1": self.category_answered_f1.to_json(),
            "leaf_answered_micro_f1": self.leaf_answered_f1.to_json(),
            "points": [point.to_json() for point in self.shown()],
        }


def confidence_of(answers: Sequence[Classification]) -> Floats:
    """How sure each answer is, [n]: the mean score of its labels; 1 - best score where it says that none applies.

    Abstentions come after all others, the least sure of having nothing to say last: from -1 to 0.
    """
    out = np.zeros(len(answers))
    for row, answer in enumerate(answers):
        best = max((score for _, score in answer.ranked), default=0.0)
        if answer.verdict is Verdict.LABELLED:
            out[row] = np.mean([score for _, score in answer.labels])
        else:
            out[row] = best - 1 if answer.abstained else 1 - best
    return out


def by_confidence(confidence: Floats, ids: Sequence[str]) -> NDArray[np.intp]:
    """Rows, the surest first; equally sure ones by id."""
    return np.lexsort((np.asarray(ids, dtype=str), -confidence))


def risk_coverage(category: Tally, leaf: Tally, order: NDArray[np.intp], abstained: NDArray[np.bool_]) -> Statistic:
    """Micro-F1 of the surest 1 %, 2 %, ... and of what is not abstained, and the area under 1 - micro-F1.

    Area: Geifman, Uziel and El-Yaniv 2019. Where nothing is given or required F1 is 1: nothing is wrong there.
    """
    levels = [level.counts.sum(axis=2) for level in (category, leaf)]
    each = ("risk_area", "micro_f1_answered", *(f"micro_f1_at_{step}" for step in range(1, STEPS + 1)))
    names = [f"{level}_{name}" for level in LEVELS for name in each]

    def compute(weights: Floats) -> Floats:
        ordered = weights[:, order]
        kept = ordered.cumsum(axis=1)
        # A little less than a share of all, since 0.3 * 10 is more than 3.
        wanted = kept[:, -1:] * np.arange(1, STEPS + 1) / STEPS - 1e-9
        places = np.stack([np.searchsorted(row, least) for row, least in zip(kept, wanted, strict=True)])
        values: list[Floats] = []
        for counts in levels:
            f1 = _f1(np.stack([(ordered * column[order]).cumsum(axis=1) for column in counts.T], axis=-1))
            values.append((ordered * (1 - f1)).sum(axis=1) / kept[:, -1])
            values.append(_f1((weights * ~abstained) @ counts))
            values += list(np.take_along_axis(f1, places, axis=1).T)
        return np.stack(values)

    return Statistic(tuple(names), compute)


def _f1(sums: Floats) -> Floats:
    """Micro-F1 of counts over all labels, [..., 4]."""
    empty = (sums[..., 1] == 0) & (sums[..., 3] == 0)
    return np.where(empty, 1.0, micro(sums[..., None])[2])


def coverage_of(
    figures: dict[str, Figure], confidence: Floats, order: NDArray[np.intp], abstained: NDArray[np.bool_]
) -> RiskCoverage:
    """Put together what was computed of `risk_coverage`."""
    points = []
    for step in range(1, STEPS + 1):
        posts = -(-len(order) * step // STEPS)
        least = float(confidence[order[posts - 1]])
        category, leaf = (figures[f"{level}_micro_f1_at_{step}"] for level in LEVELS)
        points.append(CoveragePoint(step / STEPS, posts, least, category, leaf))
    areas = [figures[f"{level}_risk_area"] for level in LEVELS]
    answered = [figures[f"{level}_micro_f1_answered"] for level in LEVELS]
    return RiskCoverage(tuple(points), areas[0], areas[1], float(1 - abstained.mean()), *answered)
