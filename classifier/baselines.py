"""What a bundle is measured beside: three simple labellers that answer by the same rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from classifier import features as reading
from classifier.decide import Decider, fit_decider
from classifier.embedder import Embedder
from classifier.features import Features
from classifier.folds import folds_of
from classifier.labels import LabelSpace, read_labels
from classifier.logistic import Array, Linear, fit_logistic
from classifier.real import RealLayer, training_data
from classifier.refiner import Refiner, Scores
from classifier.taxonomy import Taxonomy
from classifier.words import WordModel, Words, fit_words
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

    def classify(self, posts: Sequence[PostInput]) -> list[Classification]:
        """Label posts, in order."""
        scores = self.refiner.scores(reading.read(posts, self.embedder))
        return self.decider.classify([post.id for post in posts], scores, self.space)


@dataclass(frozen=True, slots=True)
class MostFrequent:
    """Scores every post alike: by how often each leaf was given."""

    shares: Array

    def scores(self, features: Features) -> Scores:
        """Scores of posts."""
        return _certain(np.tile(self.shares, (len(features), 1)))


@dataclass(frozen=True, slots=True)
class WordsOnly:
    """TF-IDF and logistic regression."""

    model: WordModel

    def scores(self, features: Features) -> Scores:
        """Scores of posts."""
        logits = self.model.logits(features.words)
        if features.word_scores is not None:
            logits = np.where(features.has_words[:, None], logits, features.word_scores[:, : logits.shape[1]])
        return _certain(expit(logits))


@dataclass(frozen=True, slots=True)
class ZeroShot:
    """Similarity to the definitions, turned into a probability by one scale and one offset for all leaves."""

    space: LabelSpace
    scale: float
    offset: float

    def scores(self, features: Features) -> Scores:
        """Scores of posts."""
        similarity = features.vectors[:, 0] @ self.space.leaf_vectors.T
        return _certain(expit(similarity * self.scale + self.offset))


def fit_baselines(
    taxonomy: Taxonomy,
    examples: Sequence[Example],
    embedder: Embedder,
    folds: int = 5,
    real: RealLayer | None = None,
) -> tuple[Baseline, ...]:
    """Most frequent label, TF-IDF with logistic regression, and zero-shot similarity, fitted on examples.

    The zero-shot labeller learns two numbers and one threshold from them, nothing about any single label.
    """
    space = read_labels(taxonomy, embedder)
    features, labels, groups = training_data(examples, embedder, real)
    y = space.targets(labels)
    k = y.shape[1]

    shares = y.mean(axis=0)
    most = Decider((float(np.sort(shares)[-1]),) * k, 1.0, 0.0, taxonomy.exclusive)
    if taxonomy.exclusive:
        most = Decider((0.0,) * k, 1.0, 0.0, exclusive=True)

    prior = real.words if real else None
    words = _fit_words(features, y, prior)
    held_out = np.zeros_like(y)
    for train, test in folds_of(groups, folds):
        held_out[test] = _fit_words(features.take(train), y[train], prior).scores(features.take(test)).leaves
    word_decider = fit_decider(_certain(held_out), y, space, taxonomy.exclusive)

    similar = _fit_similarity(space, features, y)
    similar_decider = fit_decider(similar.scores(features), y, space, taxonomy.exclusive, per_label=False)
    return (
        Baseline("most frequent label", MostFrequent(shares), most, space, embedder),
        Baseline("TF-IDF + logistic regression", words, word_decider, space, embedder),
        Baseline("zero-shot similarity", similar, similar_decider, space, embedder),
    )


def _fit_words(features: Features, y: Array, prior: WordModel | None) -> WordsOnly:
    texts = features.known_words
    prior = prior.grown(texts) if prior else None
    vocabulary = prior.vocabulary if prior else Words.fit(texts)
    k = y.shape[1]
    learned = Linear(prior.linear.weights[:, :k].copy(), prior.linear.bias[:k]) if prior else None
    return WordsOnly(fit_words(vocabulary, texts, y[features.has_words], _STRENGTH, _ITERATIONS, learned))


def _fit_similarity(space: LabelSpace, features: Features, y: Array) -> ZeroShot:
    similarity = features.vectors[:, 0] @ space.leaf_vectors.T
    linear = fit_logistic(similarity.reshape(-1, 1) * 8, y.reshape(-1, 1), 1.0, iterations=200)
    return ZeroShot(space, float(linear.weights[0, 0]) * 8, float(linear.bias[0]))


def _certain(leaves: Array) -> Scores:
    """Scores of a labeller that never says that no label applies."""
    return Scores(leaves.astype(np.float32), np.ones(len(leaves), np.float32))
