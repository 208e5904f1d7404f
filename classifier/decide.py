"""From scores to an answer: labels, none, or too unsure to say.

The rule, for one post:

1. No label applies (`labels` empty, not abstained) if the probability that any does is below `none_below`.
2. Otherwise every category is held whose probability reaches its threshold; if there is none, the best category if its
   probability reaches `floor` (as a share of its threshold).
3. Of each category held, every leaf is given whose probability reaches its threshold; if there is none, the best leaf.
4. If no category is held, no label applies if the probability that any does is below `none_if_silent`; otherwise the
   answer is an abstention: something seems to apply, but nothing is likely enough.

In an exclusive taxonomy only the best leaf is looked at, its probability taken relative to all leaves': it is given if
it reaches its threshold, and step 4 is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.labels import LabelSpace
from classifier.refiner import Scores
from store.values import Classification

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

_SHRINK = 1280.0  # Examples at which a label's own best threshold weighs as much as the common one.
_GRID = np.round(np.arange(0.04, 0.81, 0.02), 3)
_FLOORS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_HIGHEST_NONE = 0.97  # Of nearly all posts some label is true, so that even posts without one look likely to have one.


@dataclass(frozen=True, slots=True)
class Decider:
    """Thresholds for a set of labels: probability per category and leaf, floor as a share of it, and of `applies`."""

    categories: tuple[float, ...]
    leaves: tuple[float, ...]
    floor: float
    none_below: float
    none_if_silent: float
    exclusive: bool

    def given(self, scores: Scores, space: LabelSpace) -> Mask:
        """Which leaves are given, [n, k]."""
        return np.asarray(self._candidates(scores, space) & (scores.applies >= self.none_below)[:, None])

    def abstained(self, scores: Scores, space: LabelSpace) -> Mask:
        """Where something seems to apply but no leaf is given, [n]."""
        unsure = scores.applies >= max(self.none_below, self.none_if_silent)
        return np.asarray(unsure & ~self._candidates(scores, space).any(axis=1))

    def classify(self, ids: Sequence[str], scores: Scores, space: LabelSpace) -> list[Classification]:
        """Answers for posts, in order."""
        given, abstained = self.given(scores, space), self.abstained(scores, space)
        values = comparable(scores.leaves, self.exclusive)
        answers = []
        for row, post_id in enumerate(ids):
            order = np.argsort(-values[row], kind="stable")
            ranked = tuple((space.leaves[j], float(values[row, j])) for j in order)
            labels = tuple((space.leaves[j], float(values[row, j])) for j in order if given[row, j])
            categories = tuple(zip(space.categories, map(float, scores.categories[row]), strict=True))
            answers.append(Classification(post_id, labels, ranked, bool(abstained[row]), categories))
        return answers

    def to_json(self) -> dict[str, Any]:
        """Plain form, as `decider_from` reads it."""
        return {
            "categories": list(self.categories),
            "leaves": list(self.leaves),
            "floor": self.floor,
            "none_below": self.none_below,
            "none_if_silent": self.none_if_silent,
            "exclusive": self.exclusive,
        }

    def _candidates(self, scores: Scores, space: LabelSpace) -> Mask:
        leaves = np.asarray(self.leaves, dtype=np.float32)
        if self.exclusive:
            values = comparable(scores.leaves, exclusive=True)
            return np.asarray(_best(values) & (values >= leaves))
        held = self._held(scores)[:, space.category_of]
        above = scores.leaves >= leaves
        answered = space.to_categories((held & above).astype(np.float32)) > 0
        alone = held & ~answered[:, space.category_of]
        return np.asarray((held & above) | (alone & space.best_of_category(scores.leaves)))

    def _held(self, scores: Scores) -> Mask:
        thresholds = np.asarray(self.categories, dtype=np.float32)
        above = scores.categories >= thresholds
        alone = ~above.any(axis=1, keepdims=True)
        return np.asarray(above | (alone & _best(scores.categories) & (scores.categories >= thresholds * self.floor)))


def decider_from(table: Mapping[str, Any]) -> Decider:
    """Read the plain form; raises KeyError, TypeError or ValueError for another."""
    categories, leaves = (tuple(float(value) for value in table[name]) for name in ("categories", "leaves"))
    floor, below, silent = (float(table[name]) for name in ("floor", "none_below", "none_if_silent"))
    return Decider(categories, leaves, floor, below, silent, bool(table["exclusive"]))


def comparable(leaves: Array, exclusive: bool) -> Array:
    """Scores as they are compared and shown: where one leaf must be chosen, shares of their sum."""
    if not exclusive:
        return leaves
    return np.asarray(leaves / np.maximum(leaves.sum(axis=1, keepdims=True), 1e-9), dtype=np.float32)


def fit_decider(
    scores: Scores, y: Array, space: LabelSpace, exclusive: bool, per_label: bool = True, none_recall: float = 0.8
) -> Decider:
    """Choose thresholds on held-out scores: of categories for their micro-F1, then of leaves for theirs.

    `per_label` False keeps one threshold for all categories and one for all leaves. `none_recall`: share of posts
    without a label that shall be given none, so far as their `applies` is below one half.
    """
    truth = y > 0.5
    if exclusive:
        return _fit_exclusive(scores, truth, space)
    category_truth = space.to_categories(y) > 0.5
    k, c = truth.shape[1], category_truth.shape[1]

    def of_categories(decider: Decider) -> float:
        return _f1(decider._held(scores), category_truth)

    def of_leaves(decider: Decider) -> float:
        return _f1(decider.given(scores, space), truth)

    start = Decider((0.0,) * c, (0.0,) * k, 1.0, 0.0, 0.0, exclusive)
    common = max(_GRID, key=lambda t: of_categories(replace(start, categories=(float(t),) * c)))
    thresholds = _shrunk(scores.categories, category_truth, float(common), per_label)
    floors = [replace(start, categories=thresholds, floor=floor) for floor in _FLOORS]
    decider = max(floors, key=of_categories)
    common = max(_GRID, key=lambda t: of_leaves(replace(decider, leaves=(float(t),) * k)))
    decider = replace(decider, leaves=_shrunk(scores.leaves, truth, float(common), per_label))
    decider = replace(decider, none_below=_none_below(scores, truth, decider, space, none_recall))
    return replace(decider, none_if_silent=_none_if_silent(scores, truth, decider, space))


def _fit_exclusive(scores: Scores, truth: Mask, space: LabelSpace) -> Decider:
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
    decider = Decider((0.0,) * len(space.categories), (floor,) * truth.shape[1], 1.0, 0.0, 0.0, exclusive=True)
    empty = ~truth.any(axis=1)
    if empty.any():
        steps = np.linspace(0.0, _HIGHEST_NONE, 11)
        best = max(steps, key=lambda below: float(((scores.applies < below) == empty).mean()))
        decider = replace(decider, none_below=float(best))
    return replace(decider, none_if_silent=_none_if_silent(scores, truth, decider, space))


def _none_below(scores: Scores, truth: Mask, decider: Decider, space: LabelSpace, recall: float) -> float:
    """The lowest bound under which so large a share of the posts without a label is given none."""
    empty = ~truth.any(axis=1)
    silent = ~decider.given(scores, space).any(axis=1)
    missing = int(np.ceil(recall * empty.sum())) - int((empty & silent).sum())
    if missing <= 0:
        return 0.0
    answered = np.sort(scores.applies[empty & ~silent])
    return float(min(np.nextafter(answered[missing - 1], np.float32(1)), _HIGHEST_NONE))


def _none_if_silent(scores: Scores, truth: Mask, decider: Decider, space: LabelSpace) -> float:
    """The bound that tells best, among posts that are given nothing, those without a label from the others."""
    silent = ~decider.given(scores, space).any(axis=1)
    applies, empty = scores.applies[silent], ~truth[silent].any(axis=1)
    steps = (0.0, *(float(np.nextafter(value, np.float32(1))) for value in np.unique(applies)))
    return max(steps, key=lambda below: float(((applies < below) == empty).sum()))


def _shrunk(values: Array, truth: Mask, common: float, per_label: bool) -> tuple[float, ...]:
    """Each label's best threshold, drawn towards the common one the fewer examples it has."""
    if not per_label:
        return (common,) * int(truth.shape[1])
    thresholds = []
    for column in range(truth.shape[1]):
        support = float(truth[:, column].sum())
        best = max(_GRID, key=lambda t: (_f1(values[:, column] >= t, truth[:, column]), -abs(t - common)))
        weight = support / (support + _SHRINK)
        thresholds.append(weight * float(best) + (1 - weight) * common)
    return tuple(thresholds)


def _best(values: Array) -> Mask:
    """Where the highest value of each row is, the first of equals."""
    best = np.zeros(values.shape, dtype=bool)
    best[np.arange(len(values)), values.argmax(axis=1)] = True
    return best


def _f1(given: Mask, truth: Mask) -> float:
    return float(2 * (given & truth).sum() / max(1, given.sum() + truth.sum()))
