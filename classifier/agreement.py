"""How far two reviewers agree: Cohen's kappa (1960) of leaves given to the same posts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from store.review_values import Review

_DRAWS = 1_000
_SEED = 0


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """Of one leaf: posts to which both, only the first, only the second gave it; kappa None where it is not defined."""

    label: str
    both: int
    first_only: int
    second_only: int
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two reviewers on the posts that both judged; `kappa` over all leaves that one of the two gave anywhere.

    Its 95 % interval is by drawing posts with replacement. disagreements: pairs of reviews, the latest first.
    """

    first: str
    second: str
    posts: int = 0
    same: int = 0
    kappa: float | None = None
    kappa_low: float | None = None
    kappa_high: float | None = None
    labels: tuple[LabelAgreement, ...] = ()
    disagreements: tuple[tuple[Review, Review], ...] = ()


def busiest_pair(judged: Mapping[int, Sequence[Review]]) -> tuple[str, str]:
    """The two reviewers with most posts in common, by name; empty names where there are none."""
    pairs = Counter(
        pair for reviews in judged.values() for pair in combinations(sorted({one.reviewer for one in reviews}), 2)
    )
    return min(pairs, key=lambda pair: (-pairs[pair], pair)) if pairs else ("", "")


def agreement(judged: Mapping[int, Sequence[Review]], first: str, second: str) -> Agreement:
    """Compare two reviewers; `judged`: judging reviews in force, by post."""
    by_reviewer = ({one.reviewer: one for one in reviews} for reviews in judged.values())
    pairs = [(by[first], by[second]) for by in by_reviewer if first in by and second in by]
    leaves = sorted({leaf for pair in pairs for one in pair for leaf in one.labels})
    a, b = (_given([pair[side] for pair in pairs], leaves) for side in (0, 1))
    low, high = _interval(a, b)
    labels = [_of_label(leaf, a[:, place], b[:, place]) for place, leaf in enumerate(leaves)]
    labels.sort(key=lambda one: (-(2 * one.both + one.first_only + one.second_only), one.label))
    apart = [pair for pair in pairs if set(pair[0].labels) != set(pair[1].labels)]
    apart.sort(key=lambda pair: -max(one.id for one in pair))
    return Agreement(
        first, second, len(pairs), len(pairs) - len(apart), cohen_kappa(a, b), low, high, tuple(labels), tuple(apart)
    )


def cohen_kappa(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float | None:
    """Agreement beyond chance on yes or no, in [-1, 1]; None where chance alone agrees fully or nothing was said."""
    if not first.size:
        return None
    observed = float((first == second).mean())
    p, q = float(first.mean()), float(second.mean())
    chance = p * q + (1 - p) * (1 - q)
    return (observed - chance) / (1 - chance) if chance < 1 else None


def _given(reviews: Sequence[Review], leaves: Sequence[str]) -> NDArray[np.bool_]:
    rows = [[leaf in one.labels for leaf in leaves] for one in reviews]
    return np.asarray(rows, dtype=bool).reshape(len(reviews), len(leaves))


def _interval(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[float | None, float | None]:
    rng = np.random.default_rng(_SEED)
    drawn = (rng.integers(0, len(first), len(first)) for _ in range(_DRAWS if first.size else 0))
    kappas = [kappa for rows in drawn if (kappa := cohen_kappa(first[rows], second[rows])) is not None]
    if not kappas:
        return None, None
    low, high = np.quantile(kappas, (0.025, 0.975))
    return float(low), float(high)


def _of_label(leaf: str, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> LabelAgreement:
    return LabelAgreement(
        leaf,
        int((first & second).sum()),
        int((first & ~second).sum()),
        int((~first & second).sum()),
        cohen_kappa(first, second),
    )
