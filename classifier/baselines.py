"""What a bundle is measured beside: three simple labellers that answer by the same rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer

from classifier import features as reading
from classifier.decide import Decider, fit_decider
from classifier.embedder import Embedder
from classifier.features import Features
from classifier.folds import folds_of
from classifier.labels import LabelSpace, read_labels
from classifier.logistic import Array, Linear, fit_logistic
from classifier.real import RealLayer, TrainingSet, training_set
from classifier.refiner import Refiner, Scores
from classifier.taxonomy import Taxonomy
from store.values import Classification, Example, PostInput

_STRENGTH = 10.0
_ITERATIONS = 60


@dataclass(frozen=True, slots=True)
class Baseline:
    """A named labeller."""

    name: str
    refiner: Refiner
    decider: Decider
    space: LabelSpace
    embedder: Embedder

    def judge(self, posts: Sequence[PostInput]) -> tuple[list[Classification], Array]:
        """Label posts, in order; also the scores of categories, float32 [n, c], in order of the taxonomy."""
        scores = self.refiner.scores(reading.read(posts, self.embedder))
        return self.decider.classify([post.id for post in posts], scores, self.space), scores.categories


@dataclass(frozen=True, slots=True)
class MostFrequent:
    """Scores every post alike: by how often each leaf was given."""

    shares: Array
    space: LabelSpace

    def scores(self, features: Features) -> Scores:
        """Scores of posts."""
        return _certain(np.tile(self.shares, (len(features), 1)), self.space)


@dataclass(frozen=True, slots=True)
class WordsOnly:
    """TF-IDF and logistic regression."""

    vectorizer: TfidfVectorizer
    linear: Linear
    space: LabelSpace

    def scores(self, features: Features) -> Scores:
        """Scores of posts."""
        return _certain(expit(self.linear.logits(self.vectorizer.transform(features.words))), self.space)


@dataclass(frozen=True, slots=True)
class ZeroShot:
    """Similarity to the definitions, turned into a probability by one scale and one offset for all leaves."""

    space: LabelSpace
    scale: float
    offset: float

    def scores(self, features: Features) -> Scores:
        """Scores of posts."""
        similarity = features.vectors[:, 0] @ self.space.leaf_vectors.T
        return _certain(expit(similarity * self.scale + self.offset), self.space)


def fit_baselines(
    taxonomy: Taxonomy,
    examples: Sequence[Example],
    embedder: Embedder,
    folds: int = 5,
    real: RealLayer | None = None,
) -> tuple[Baseline, ...]:
    """Most frequent label, TF-IDF with logistic regression, and zero-shot similarity, fitted on examples.

    TF-IDF learns from the examples alone, since the real posts come without their text. The zero-shot labeller learns
    two numbers and one threshold, nothing about any single label.
    """
    space = read_labels(taxonomy, embedder)
    data = training_set(examples, embedder, real)
    features = data.features
    y = space.targets(data.labels)
    c, k = len(space.categories), y.shape[1]

    shares = y.mean(axis=0)
    often, often_category = (float(values.max()) for values in (shares, space.to_categories(shares[None])))
    most = Decider((often_category,) * c, (often,) * k, 1.0, 0.0, 0.0, taxonomy.exclusive)
    if taxonomy.exclusive:
        most = Decider((0.0,) * c, (0.0,) * k, 1.0, 0.0, 0.0, exclusive=True)

    words, held_out = _fit_words(data, y, space, folds)
    word_decider = fit_decider(held_out, y[~data.real], space, taxonomy.exclusive)

    similar = _fit_similarity(space, features, y)
    similar_decider = fit_decider(similar.scores(features), y, space, taxonomy.exclusive, per_label=False)
    return (
        Baseline("most frequent label", MostFrequent(shares, space), most, space, embedder),
        Baseline("TF-IDF + logistic regression", words, word_decider, space, embedder),
        Baseline("zero-shot similarity", similar, similar_decider, space, embedder),
    )


def _fit_words(data: TrainingSet, y: Array, space: LabelSpace, folds: int) -> tuple[WordsOnly, Scores]:
    """Learn from the posts whose text is at hand; also give their held-out scores."""
    rows = np.flatnonzero(~data.real)
    texts = [data.features.words[row] for row in rows]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, max_features=20_000, dtype=np.float32)
    counts = vectorizer.fit_transform(texts)
    held_out = np.zeros((len(rows), y.shape[1]), np.float32)
    for train, test in folds_of([data.groups[row] for row in rows], folds):
        linear = fit_logistic(counts[train], y[rows[train]], _STRENGTH, iterations=_ITERATIONS)
        held_out[test] = expit(linear.logits(counts[test]))
    linear = fit_logistic(counts, y[rows], _STRENGTH, iterations=_ITERATIONS)
    return WordsOnly(vectorizer, linear, space), _certain(held_out, space)


def _fit_similarity(space: LabelSpace, features: Features, y: Array) -> ZeroShot:
    similarity = features.vectors[:, 0] @ space.leaf_vectors.T
    linear = fit_logistic(similarity.reshape(-1, 1) * 8, y.reshape(-1, 1), 1.0, iterations=200)
    return ZeroShot(space, float(linear.weights[0, 0]) * 8, float(linear.bias[0]))


def _certain(leaves: Array, space: LabelSpace) -> Scores:
    """Scores of a labeller that never says that no label applies, and of a category as of its best leaf."""
    leaves = leaves.astype(np.float32)
    return Scores(leaves, space.to_categories(leaves), np.ones(len(leaves), np.float32))
