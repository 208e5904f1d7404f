"""From the evidence of several models to probabilities: of leaves, of categories, and that any label applies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from classifier.experts import Evidence, Experts, fit_experts
from classifier.features import Features
from classifier.folds import folds_of
from classifier.labels import LabelSpace
from classifier.logistic import Array, Linear
from classifier.real import TrainingSet
from classifier.settings import Settings

_SIMILARITY = 8.0  # Brings cosines to the scale of log-odds.
_EDGE = 1e-5


@dataclass(frozen=True, slots=True)
class Scores:
    """Probabilities, float32: `leaves` [n, k], `categories` [n, c] that one applies, `applies` [n] that any does."""

    leaves: Array
    categories: Array
    applies: Array

    def take(self, rows: NDArray[np.intp]) -> Scores:
        """The posts at these rows."""
        return Scores(self.leaves[rows], self.categories[rows], self.applies[rows])

    def put(self, rows: NDArray[np.intp], scores: Scores) -> None:
        """Set the posts at these rows."""
        self.leaves[rows], self.categories[rows], self.applies[rows] = scores.leaves, scores.categories, scores.applies


def no_scores(n: int, space: LabelSpace) -> Scores:
    """Scores of n posts, all 0."""
    k, c = len(space.leaves), len(space.categories)
    return Scores(*(np.zeros(shape, np.float32) for shape in ((n, k), (n, c), (n,))))


class Refiner(Protocol):
    """What turns features into scores."""

    def scores(self, features: Features) -> Scores:
        """Scores of posts."""
        ...


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising curve through points (x, y), level beyond them."""

    x: Array
    y: Array

    def __call__(self, values: Array) -> Array:
        """Calibrated values; where the curve is level, the order of the values is kept."""
        level = np.interp(values, self.x, self.y)
        return np.asarray(0.99 * level + 0.01 * values, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Weighing:
    """How evidence is weighed: small models that all leaves, or all categories, share.

    Sharing lets a label with few examples lean on its category and its definition, by as much as posts that the experts
    had not seen show to be right. support [k]: examples of each leaf; centre [k + c]: mean cosine of each definition.
    """

    support: Array
    centre: Array
    leaf: Linear
    category: Linear
    gate: Linear
    leaf_curve: Curve
    category_curve: Curve

    def scores(self, evidence: Evidence, space: LabelSpace) -> Scores:
        """Scores of posts."""
        rough_leaves = self.leaf_logits(evidence, space)
        rough = _apply(self.category, _category_evidence(self, evidence, rough_leaves, space))
        categories = self.category_curve(expit(rough))
        leaves = np.minimum(self.leaf_curve(expit(rough_leaves)), categories[:, space.category_of])
        applies = expit(self.gate.logits(_gate_evidence(evidence, rough))[:, 0])
        return Scores(leaves, categories, applies.astype(np.float32))

    def leaf_logits(self, evidence: Evidence, space: LabelSpace) -> Array:
        """Log-odds of leaves before they are calibrated, [n, k]."""
        return _apply(self.leaf, _leaf_evidence(self, evidence, space))


@dataclass(frozen=True, slots=True)
class StackedRefiner:
    """Experts, and how their evidence is weighed (stacked generalization, Wolpert 1992)."""

    experts: Experts
    weighing: Weighing

    @property
    def space(self) -> LabelSpace:
        """The labels."""
        return self.experts.space

    def scores(self, features: Features) -> Scores:
        """Scores of posts."""
        return self.weighing.scores(self.experts.evidence(features), self.space)


def fit_refiner(data: TrainingSet, space: LabelSpace, settings: Settings) -> tuple[StackedRefiner, Scores]:
    """Fit on labelled posts; also give scores of the same posts by models that saw no post of their group.

    A group is held out both from the experts and from the weighing of their evidence.
    """
    y = space.targets(data.labels)
    experts, evidence = fit_experts(data, y, space, settings)
    refiner = StackedRefiner(experts, fit_weighing(evidence, y, space))
    return refiner, weigh_held_out(data, evidence, space, settings)


def weigh_held_out(data: TrainingSet, evidence: Evidence, space: LabelSpace, settings: Settings) -> Scores:
    """Scores of posts by weighings that were learned on posts of other groups."""
    y = space.targets(data.labels)
    scores = no_scores(len(y), space)
    for train, test in folds_of(data.groups, settings.folds, settings.seed):
        weighing = fit_weighing(evidence.take(train), y[train], space)
        scores.put(test, weighing.scores(evidence.take(test), space))
    return scores


def fit_weighing(evidence: Evidence, y: Array, space: LabelSpace) -> Weighing:
    """Learn to weigh evidence from posts that the experts had not seen."""
    centre = np.concatenate((evidence.leaf_similarity, evidence.category_similarity), axis=1).mean(axis=0)
    nothing, level = Linear(np.zeros((1, 1), np.float32), np.zeros(1, np.float32)), Curve(*np.zeros((2, 1), np.float32))
    weighing = Weighing(y.sum(axis=0), centre, nothing, nothing, nothing, level, level)
    weighing = replace(weighing, leaf=_fit(_leaf_evidence(weighing, evidence, space), y))
    leaves = weighing.leaf_logits(evidence, space)
    of_categories = _category_evidence(weighing, evidence, leaves, space)
    category_y = space.to_categories(y)
    weighing = replace(weighing, category=_fit(of_categories, category_y))
    categories = _apply(weighing.category, of_categories)
    return replace(
        weighing,
        gate=_fit_gate(evidence, categories, y),
        leaf_curve=_fit_curve(leaves, y),
        category_curve=_fit_curve(categories, category_y),
    )


def _leaf_evidence(weighing: Weighing, evidence: Evidence, space: LabelSpace) -> Array:
    """What is weighed for each post and leaf, [n, k, f]."""
    k = len(space.leaves)
    similarity = (evidence.leaf_similarity - weighing.centre[:k]) * _SIMILARITY
    of_category = ((evidence.category_similarity - weighing.centre[k:]) * _SIMILARITY)[:, space.category_of]
    rare = np.broadcast_to(1 / np.sqrt(1 + weighing.support), similarity.shape)
    brief = evidence.brief[:, None]
    leaf = evidence.leaf.mean(axis=1)
    columns = (
        *np.moveaxis(evidence.leaf, 1, 0),
        *np.moveaxis(evidence.category[:, :, space.category_of], 1, 0),
        similarity,
        similarity - similarity.max(axis=1, keepdims=True),
        of_category,
        rare,
        rare * leaf,
        rare * similarity,
        brief * similarity,
        brief * leaf,
    )
    return np.stack(columns, axis=2).astype(np.float32)


def _category_evidence(weighing: Weighing, evidence: Evidence, leaves: Array, space: LabelSpace) -> Array:
    """What is weighed for each post and category, [n, c, f]; `leaves`: log-odds of the weighed leaves."""
    k = len(space.leaves)
    similarity = (evidence.category_similarity - weighing.centre[k:]) * _SIMILARITY
    support = space.to_categories(weighing.support[None])[0]
    rare = np.broadcast_to(1 / np.sqrt(1 + support), similarity.shape)
    best = space.to_categories(leaves)
    columns_of = [np.flatnonzero(space.category_of == category) for category in range(similarity.shape[1])]
    none_applies = np.stack([expit(-leaves[:, columns]).prod(axis=1) for columns in columns_of], axis=1)
    columns = (
        best,
        logit(np.clip(1 - none_applies, _EDGE, 1 - _EDGE)),
        *np.moveaxis(evidence.category, 1, 0),
        *(space.to_categories(part) for part in np.moveaxis(evidence.leaf, 1, 0)),
        similarity,
        best - best.max(axis=1, keepdims=True),
        rare,
        rare * best,
        evidence.brief[:, None] * best,
    )
    return np.stack(columns, axis=2).astype(np.float32)


def _gate_evidence(evidence: Evidence, categories: Array) -> Array:
    """What tells whether any label applies, [n, 2]: what the experts say of that, and how likely the categories are.

    `categories`: log-odds.
    """
    expected = -np.log(expit(-categories) + _EDGE).sum(axis=1)
    return np.stack((evidence.applies.mean(axis=1), np.log(expected + _EDGE)), axis=1).astype(np.float32)


def _fit(evidence: Array, y: Array) -> Linear:
    """Logistic regression that all labels share, on evidence [n, labels, f] brought to one scale."""
    flat = evidence.reshape(-1, evidence.shape[-1])
    mean, scale = flat.mean(axis=0), flat.std(axis=0) + _EDGE
    model = LogisticRegression(solver="newton-cholesky").fit((flat - mean) / scale, y.ravel() > 0.5)
    weights = (model.coef_[0] / scale).astype(np.float32)[:, None]
    return Linear(weights, (model.intercept_ - mean @ weights).astype(np.float32))


def _fit_gate(evidence: Evidence, categories: Array, y: Array) -> Linear:
    """Both parts count alike: how much each tells differs by forum; weights learned on some mislead elsewhere."""
    parts = _gate_evidence(evidence, categories)
    any_label = y.max(axis=1, keepdims=True)
    if any_label.min() == 1:  # Nothing to learn from: without unlabelled examples every post is taken to have a label.
        return Linear(np.zeros((parts.shape[1], 1), np.float32), np.full(1, 9, np.float32))
    scale = parts.std(axis=0) + _EDGE
    both = _fit((parts / scale).sum(axis=1)[:, None, None], any_label)
    return Linear((both.weights / scale).T, both.bias)


def _fit_curve(logits: Array, y: Array) -> Curve:
    """Isotonic regression over all labels together (Zadrozny and Elkan 2002)."""
    fitted = IsotonicRegression(out_of_bounds="clip").fit(expit(logits).ravel(), y.ravel())
    return Curve(fitted.X_thresholds_.astype(np.float32), fitted.y_thresholds_.astype(np.float32))


def _apply(linear: Linear, evidence: Array) -> Array:
    n, labels, f = evidence.shape
    return linear.logits(evidence.reshape(n * labels, f)).reshape(n, labels)
