"""From scores to an answer: labels, none, or too unsure to say.

The rule, for one post:

1. No label applies (`labels` empty, not abstained) if the probability that any does is below `none_below`.
2. Otherwise every leaf is given whose probability reaches its threshold.
3. If there is none, the best leaf is given if its probability reaches `floor` (as a share of its threshold).
4. If there is still none, the answer is an abstention: something seems to apply, but no leaf is likely enough.

In an exclusive taxonomy only the best leaf is looked at in steps 2 to 4, its probability taken relative to all leaves'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.labels import LabelSpace
from classifier.refiner import Scores
from store.values import Classification

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

_SHRINK = 40.0  # Examples at which a label's own best threshold weighs as much as the common one.
_GRID = np.round(np.arange(0.04, 0.81, 0.02), 3)
_FLOORS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_NONE = tuple(np.round(np.arange(0.0, 0.51, 0.05), 3))  # Never "none" where a label is likelier than not.


@dataclass(frozen=True, slots=True)
class Decider:
    """Thresholds for a set of leaves: probability per leaf, floor as a share of it, and of `applies`."""

    thresholds: tuple[float, ...]
    floor: float
    none_below: float
    exclusive: bool

    def given(self, scores: Scores) -> Mask:
        """Which leaves are given, [n, k]."""
        return np.asarray(self._candidates(scores) & (scores.applies >= self.none_below)[:, None])

    def abstained(self, scores: Scores) -> Mask:
        """Where something seems to apply but no leaf is given, [n]."""
        return np.asarray((scores.applies >= self.none_below) & ~self._candidates(scores).any(axis=1))

    def _candidates(self, scores: Scores) -> Mask:
        values = comparable(scores.leaves, self.exclusive)
        thresholds = np.asarray(self.thresholds, dtype=np.float32)
        best = np.zeros(values.shape, dtype=bool)
        best[np.arange(len(values)), values.argmax(axis=1)] = True
        if self.exclusive:
            return np.asarray(best & (values >= thresholds * self.floor))
        above = values >= thresholds
        alone = ~above.any(axis=1, keepdims=True)
        return np.asarray(above | (alone & best & (values >= thresholds * self.floor)))

    def classify(self, ids: Sequence[str], scores: Scores, space: LabelSpace) -> list[Classification]:
        """Answers for posts, in order."""
        given, abstained = self.given(scores), self.abstained(scores)
        values = comparable(scores.leaves, self.exclusive)
        answers = []
        for row, post_id in enumerate(ids):
            order = np.argsort(-values[row], kind="stable")
            ranked = tuple((space.leaves[j], float(values[row, j])) for j in order)
            labels = tuple((space.leaves[j], float(values[row, j])) for j in order if given[row, j])
            answers.append(Classification(post_id, labels, ranked, bool(abstained[row])))
        return answers

    def to_json(self) -> dict[str, Any]:
        """Plain form, as `decider_from` reads it."""
        return {
            "thresholds": list(self.thresholds),
            "floor": self.floor,
            "none_below": self.none_below,
            "exclusive": self.exclusive,
        }


def decider_from(table: Mapping[str, Any]) -> Decider:
    """Read the plain form; raises KeyError, TypeError or ValueError for another."""
    thresholds = tuple(float(value) for value in table["thresholds"])
    return Decider(thresholds, float(table["floor"]), float(table["none_below"]), bool(table["exclusive"]))


def comparable(leaves: Array, exclusive: bool) -> Array:
    """Scores as they are compared and shown: where one leaf must be chosen, shares of their sum."""
    if not exclusive:
        return leaves
    return np.asarray(leaves / np.maximum(leaves.sum(axis=1, keepdims=True), 1e-9), dtype=np.float32)


def fit_decider(scores: Scores, y: Array, space: LabelSpace, exclusive: bool, per_label: bool = True) -> Decider:
    """Choose thresholds on held-out scores: for the mean of micro-F1 over leaves and over categories.

    `per_label` False keeps one threshold for all leaves.
    """
    k = y.shape[1]
    truth = y > 0.5
    if exclusive:
        return _fit_exclusive(scores, truth)

    def quality(decider: Decider) -> float:
        return _quality(decider.given(scores), truth, space)

    def with_none(decider: Decider) -> float:
        # As if `none` were a leaf and category of its own: it is an answer, and not the same as an abstention.
        said = np.column_stack((decider.given(scores), scores.applies < decider.none_below))
        true = np.column_stack((truth, ~truth.any(axis=1)))
        return (_f1(said, true) + quality(decider)) / 2

    common = max(_GRID, key=lambda t: quality(Decider((float(t),) * k, 1.0, 0.0, exclusive)))
    thresholds = _shrunk(scores.leaves, truth, float(common)) if per_label else (float(common),) * k
    floor = max(_FLOORS, key=lambda f: quality(Decider(thresholds, f, 0.0, exclusive)))
    none_below = 0.0
    if not truth.any(axis=1).all():
        none_below = max(_NONE, key=lambda b: with_none(Decider(thresholds, floor, float(b), exclusive)))
    return Decider(thresholds, floor, float(none_below), exclusive)


def _fit_exclusive(scores: Scores, truth: Mask) -> Decider:
    """Abstain where answers of that confidence are wrong more often than right."""
    values = comparable(scores.leaves, exclusive=True)
    best = values.argmax(axis=1)
    confidence = values.max(axis=1)
    right = truth[np.arange(len(values)), best]
    floor = 0.0
    for step in np.quantile(confidence, np.linspace(0.0, 0.5, 26)):
        below = confidence < step
        if below.sum() >= 10 and right[below].mean() < 0.5:
            floor = float(step)
    none_below = 0.0
    if not truth.any(axis=1).all():
        empty = ~truth.any(axis=1)
        none_below = float(max(_NONE, key=lambda b: ((scores.applies < b) == empty).mean()))
    return Decider((floor,) * truth.shape[1], 1.0, none_below, True)


def _shrunk(leaves: Array, truth: Mask, common: float) -> tuple[float, ...]:
    """Each leaf's best threshold, drawn towards the common one the fewer examples it has."""
    thresholds = []
    for column in range(truth.shape[1]):
        support = float(truth[:, column].sum())
        best = max(_GRID, key=lambda t: (_f1(leaves[:, column] >= t, truth[:, column]), -abs(t - common)))
        weight = support / (support + _SHRINK)
        thresholds.append(weight * float(best) + (1 - weight) * common)
    return tuple(thresholds)


def _quality(given: Mask, truth: Mask, space: LabelSpace) -> float:
    by_category = [space.to_categories(mask.astype(np.float32)) > 0.5 for mask in (given, truth)]
    return (_f1(given, truth) + _f1(by_category[0], by_category[1])) / 2


def _f1(given: Mask, truth: Mask) -> float:
    return float(2 * (given & truth).sum() / max(1, given.sum() + truth.sum()))
