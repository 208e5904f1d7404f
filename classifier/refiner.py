"""From vectors, words and similarities to a probability for every leaf, and one that any leaf applies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from classifier.features import CONTEXT, VIEWS, Features
from classifier.folds import folds_of
from classifier.labels import LabelSpace
from classifier.logistic import Array, Linear, fit_logistic
from classifier.words import WordModel, Words, fit_words


@dataclass(frozen=True, slots=True)
class Scores:
    """Probabilities: `leaves` float32 [n, k] that a leaf applies, `applies` float32 [n] that any does."""

    leaves: Array
    applies: Array


class Refiner(Protocol):
    """What turns features into scores."""

    def scores(self, features: Features) -> Scores:
        """Scores of posts."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """How to fit. Strengths are inverse regularisation, as C of scikit-learn.

    words_update: strength with which texts at hand move a words model that was learned elsewhere.
    """

    seed: int = 0
    folds: int = 5
    dense_strength: float = 6.0
    words_strength: float = 10.0
    words_update: float = 10.0
    definition_weight: float = 2.0
    phrase_weight: float = 1.0
    view_scales: tuple[float, ...] = (1.0, 0.5, 0.5)
    context_scale: float = 0.5
    hidden_context: float = 0.4
    dense_iterations: int = 60
    words_iterations: int = 40

    def to_json(self) -> dict[str, Any]:
        """Plain form for manifests and keys."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Parts:
    """Raw evidence for posts before it is weighed: log-odds of three models and similarities to definitions.

    leaf, category, words: log-odds [n, k], [n, c], [n, k]; any_dense, any_words: log-odds [n] that a label applies;
    leaf_similarity, category_similarity: cosines [n, k], [n, c].
    """

    leaf: Array
    category: Array
    any_dense: Array
    words: Array
    any_words: Array
    leaf_similarity: Array
    category_similarity: Array


@dataclass(frozen=True, slots=True)
class LinearRefiner:
    """Linear models over vectors and words; their log-odds are weighed by one small model that all leaves share.

    Sharing lets a leaf with few examples lean on its category and its definition, by as much as held-out posts show to
    be right, and makes the result calibrated.
    """

    space: LabelSpace
    settings: Settings
    dense: Linear
    vocabulary: Words
    words: Linear
    support: Array
    centre: Array
    mixer: Linear
    gate: Linear

    def scores(self, features: Features) -> Scores:
        """Scores of posts."""
        parts = self.parts(features)
        return weigh(self, parts, features)

    def parts(self, features: Features) -> Parts:
        """Evidence of the base models for posts."""
        k, c = len(self.space.leaves), len(self.space.categories)
        dense = self.dense.logits(design(features, self.settings))
        words = self.words.logits(self.vocabulary.rows(features.words))
        if features.word_scores is not None:
            words = np.where(features.has_words[:, None], words, features.word_scores)
        main = features.vectors[:, 0]
        return Parts(
            dense[:, :k],
            dense[:, k : k + c],
            dense[:, -1],
            words[:, :k],
            words[:, -1],
            main @ self.space.leaf_vectors.T,
            main @ self.space.category_vectors.T,
        )


def fit_refiner(
    features: Features,
    labels: Sequence[Sequence[str]],
    groups: Sequence[str],
    space: LabelSpace,
    settings: Settings,
    prior: WordModel | None = None,
) -> tuple[LinearRefiner, Scores]:
    """Fit on labelled posts; also give scores of the same posts by models that saw no post of their group.

    `groups`: posts of one group (a repository, a thread) are held out together. `prior`: a words model of posts whose
    text is not at hand; the features of these bring the held-out scores of such a model.
    """
    y = space.targets(labels)
    texts = features.known_words
    prior = prior.grown(texts) if prior else None
    vocabulary = prior.vocabulary if prior else Words.fit(texts)
    learned = prior.linear if prior else None
    support = y.sum(axis=0)
    main = features.vectors[:, 0]
    centre = np.concatenate((main @ space.leaf_vectors.T, main @ space.category_vectors.T), axis=1).mean(axis=0)
    zero = Linear(np.zeros((1, 1), np.float32), np.zeros(1, np.float32))
    blank = LinearRefiner(space, settings, zero, vocabulary, zero, support, centre, zero, zero)
    held: list[tuple[NDArray[np.intp], Parts]] = []
    for train, test in folds_of(groups, settings.folds):
        fitted = _fit_base(blank, features.take(train), y[train], learned)
        held.append((test, fitted.parts(features.take(test))))
    parts = _gather(held, len(features))
    mixed = _fit_mixer(blank, parts, features, y)
    out_of_fold = weigh(mixed, parts, features)
    return _fit_base(mixed, features, y, learned), out_of_fold


def design(features: Features, settings: Settings) -> Array:
    """Design matrix of the dense model: scaled views beside each other, then the context."""
    views = [features.vectors[:, v] * settings.view_scales[v] for v in range(len(VIEWS))]
    return np.concatenate([*views, features.context * settings.context_scale], axis=1).astype(np.float32)


def weigh(refiner: LinearRefiner, parts: Parts, features: Features) -> Scores:
    """Weigh evidence into probabilities."""
    evidence = _evidence(refiner, parts, features)
    n, k, f = evidence.shape
    logits = refiner.mixer.logits(evidence.reshape(n * k, f)).reshape(n, k)
    leaves = expit(logits).astype(np.float32)
    applies = expit(refiner.gate.logits(_gate_evidence(parts, leaves))[:, 0])
    return Scores(leaves, applies.astype(np.float32))


def _fit_base(refiner: LinearRefiner, features: Features, y: Array, prior: Linear | None) -> LinearRefiner:
    space, settings = refiner.space, refiner.settings
    shown = _hide_context(features, settings)
    pseudo = _phrases(space, features.vectors.shape[2])
    x = np.concatenate((design(shown, settings), design(pseudo, settings)))
    phrase_y = np.zeros((len(pseudo), y.shape[1]), dtype=np.float32)
    phrase_y[np.arange(len(pseudo)), space.phrase_leaf] = 1
    weights = np.concatenate((np.ones(len(y)), np.full(len(pseudo), settings.phrase_weight))).astype(np.float32)
    targets = np.concatenate((y, phrase_y))
    any_label = targets.max(axis=1, keepdims=True)
    dense_targets = np.concatenate((targets, space.to_categories(targets), any_label), axis=1)
    dense = fit_logistic(x, dense_targets, settings.dense_strength, weights, settings.dense_iterations)
    strength = settings.words_update if prior else settings.words_strength
    with_text = word_targets(y)[features.has_words]
    words = fit_words(
        refiner.vocabulary, features.known_words, with_text, strength, settings.words_iterations, prior
    ).linear
    return replace(refiner, dense=dense, words=words)


def word_targets(y: Array) -> Array:
    """What the words model learns, [n, k + 1]: the leaves, and whether any applies."""
    return np.concatenate((y, y.max(axis=1, keepdims=True)), axis=1)


def _phrases(space: LabelSpace, dimensions: int) -> Features:
    """Sentences of definitions in the guise of posts of which no context is known."""
    n = len(space.phrase_vectors)
    vectors = np.zeros((n, len(VIEWS), dimensions), dtype=np.float32)
    vectors[:, 0] = space.phrase_vectors
    context = np.zeros((n, len(CONTEXT)), dtype=np.float32)
    context[:, CONTEXT.index("reply_unknown")] = 1
    context[:, CONTEXT.index("untitled")] = 1
    return Features(vectors, ("",) * n, context)


def _hide_context(features: Features, settings: Settings) -> Features:
    """Hide the thread's context of some posts, so that the model also learns to do without it."""
    hidden = np.random.default_rng(settings.seed).random(len(features)) < settings.hidden_context
    context, vectors = features.context.copy(), features.vectors.copy()
    for name in ("reply", "by_starter", "by_other", "accepted"):
        context[hidden, CONTEXT.index(name)] = 0
    context[hidden, CONTEXT.index("reply_unknown")] = 1
    vectors[hidden, VIEWS.index("previous")] = 0
    return replace(features, vectors=vectors, context=context)


def _gather(held: list[tuple[NDArray[np.intp], Parts]], n: int) -> Parts:
    fields = []
    for name in Parts.__slots__:
        first = getattr(held[0][1], name)
        whole = np.zeros((n, *first.shape[1:]), dtype=np.float32)
        for rows, parts in held:
            whole[rows] = getattr(parts, name)
        fields.append(whole)
    return Parts(*fields)


def _evidence(refiner: LinearRefiner, parts: Parts, features: Features) -> Array:
    """What the mixer sees of each post and leaf, [n, k, f]."""
    space = refiner.space
    k = len(space.leaves)
    similarity = (parts.leaf_similarity - refiner.centre[:k]) * 8
    of_category = ((parts.category_similarity - refiner.centre[k:]) * 8)[:, space.category_of]
    relative = similarity - similarity.max(axis=1, keepdims=True)
    rare = np.broadcast_to(1 / np.sqrt(1 + refiner.support), similarity.shape)
    brief = np.broadcast_to(1 - features.context[:, [CONTEXT.index("length")]], similarity.shape)
    columns = (
        parts.leaf,
        parts.category[:, space.category_of],
        parts.words,
        similarity,
        relative,
        of_category,
        rare,
        rare * parts.leaf,
        rare * similarity,
        brief * similarity,
        brief * parts.leaf,
    )
    return np.stack(columns, axis=2).astype(np.float32)


def _gate_evidence(parts: Parts, leaves: Array) -> Array:
    """What the gate sees of each post, [n, f]."""
    ordered = np.sort(leaves, axis=1)[:, ::-1]
    total = np.log(leaves.sum(axis=1) + 1e-6)
    best = np.log(ordered[:, 0] + 1e-6)
    columns = (parts.any_dense, parts.any_words, best, total, parts.leaf_similarity.max(axis=1) * 8)
    return np.stack(columns, axis=1).astype(np.float32)


def _fit_mixer(refiner: LinearRefiner, parts: Parts, features: Features, y: Array) -> LinearRefiner:
    evidence = _evidence(refiner, parts, features)
    n, k, f = evidence.shape
    mixer = fit_logistic(evidence.reshape(n * k, f), y.reshape(n * k, 1), 1.0, iterations=200)
    mixed = replace(refiner, mixer=mixer, gate=Linear(np.zeros((5, 1), np.float32), np.full(1, 9, np.float32)))
    any_label = y.max(axis=1, keepdims=True)
    if any_label.min() == 1:  # Nothing to learn from: without unlabelled examples every post is taken to have a label.
        return mixed
    leaves = weigh(mixed, parts, features).leaves
    return replace(mixed, gate=fit_logistic(_gate_evidence(parts, leaves), any_label, 1.0, iterations=200))
