"""What each of several models makes of a post, before it is weighed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from classifier.features import CONTEXT, VIEWS, Features
from classifier.kernel import KernelModel, fit_kernel
from classifier.labels import LabelSpace
from classifier.logistic import Array
from classifier.real import TrainingSet
from classifier.settings import Settings
from classifier.words import WordModel, Words, fit_words

OFFSET = 0.5
"""Share of a label's base rate that is expected of a post unlike all others."""

_REPLY_UNKNOWN = CONTEXT.index("reply_unknown")
_AS_LOGIT = 6.0  # A regression on 0 and 1 spans about a sixth of what log-odds do.
_FAR = 1000.0  # How much less a real post counts for the expert that leans on the others.


@dataclass(frozen=True, slots=True)
class Evidence:
    """What e models make of n posts, all as log-odds or alike, and cosines to definitions.

    leaf [n, e, k], category [n, e, c], applies [n, e], the words model last; leaf_similarity [n, k],
    category_similarity [n, c]; brief [n]: 1 for no prose at all, down to 0 for long prose.
    """

    leaf: Array
    category: Array
    applies: Array
    leaf_similarity: Array
    category_similarity: Array
    brief: Array

    def take(self, rows: NDArray[np.intp]) -> Evidence:
        """The posts at these rows."""
        return Evidence(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Experts:
    """Kernel regressions over vectors and context, and a linear model over words.

    The columns of `dense` are leaves, categories, and whether any label applies, for each expert in turn.
    """

    space: LabelSpace
    settings: Settings
    dense: KernelModel
    words: WordModel

    def evidence(self, features: Features) -> Evidence:
        """What the experts make of posts."""
        dense = self.dense.values(design(features, self.settings))
        dense = dense.reshape(len(features), -1, self.space.width)
        return _evidence(self.space, features, dense, self.words.values(features.words))


def fit_experts(data: TrainingSet, y: Array, space: LabelSpace, settings: Settings) -> tuple[Experts, Evidence]:
    """Fit the experts; also give what such experts make of each post that saw no post of its group. y: [n, k]."""
    dense, held_dense = _fit_dense(data, y, space, settings)
    words, held_words = _fit_words(data, y, space, settings)
    experts = Experts(space, settings, dense, words)
    return experts, _evidence(space, data.features, held_dense, held_words)


def design(features: Features, settings: Settings) -> Array:
    """Rows of the kernel regressions: scaled views beside each other, then the context; exact in half precision."""
    views = [features.vectors[:, v] * settings.view_scales[v] for v in range(len(VIEWS))]
    whole = np.concatenate([*views, features.context * settings.context_scale], axis=1)
    return np.asarray(whole.astype(np.float16), dtype=np.float32)


def _evidence(space: LabelSpace, features: Features, dense: Array, words: Array) -> Evidence:
    k = len(space.leaves)
    logits = np.concatenate((dense, words[:, None]), axis=1) * _AS_LOGIT
    main = features.vectors[:, 0]
    return Evidence(
        leaf=logits[:, :, :k],
        category=logits[:, :, k:-1],
        applies=logits[:, :, -1],
        leaf_similarity=main @ space.leaf_vectors.T,
        category_similarity=main @ space.category_vectors.T,
        brief=1 - features.context[:, CONTEXT.index("length")],
    )


def _fit_dense(data: TrainingSet, y: Array, space: LabelSpace, settings: Settings) -> tuple[KernelModel, Array]:
    """One expert learns from all posts alike; where some are real ones kept without text, another leans on the rest."""
    features, groups = data.features, data.groups
    known = np.flatnonzero(features.context[:, _REPLY_UNKNOWN] == 0)
    phrases = _phrases(space, features.vectors.shape[2])
    phrase_y = np.zeros((len(phrases), y.shape[1]), dtype=np.float32)
    phrase_y[np.arange(len(phrases)), space.phrase_leaf] = 1
    x = np.concatenate([design(part, settings) for part in (features, without_thread(features.take(known)), phrases)])
    leaves = np.concatenate((y, y[known], phrase_y))
    targets = space.outcomes(leaves)
    of_row = [*groups, *(groups[row] for row in known), *(f"definition:{row}" for row in range(len(phrases)))]
    handicaps = []
    if data.real.any() and not data.real.all():
        far = np.concatenate((data.real, data.real[known], np.zeros(len(phrases), dtype=bool)))
        handicaps.append(np.where(far, np.float32(_FAR), np.float32(1)))
    penalties = (settings.real_penalty,) if data.real.any() else settings.penalties
    model, held_out = fit_kernel(x, targets, penalties, handicaps, of_row, OFFSET * targets[: len(y)].mean(axis=0))
    return model, held_out[: len(y)]


def _phrases(space: LabelSpace, dimensions: int) -> Features:
    """Sentences of definitions in the guise of posts of which no context is known."""
    n = len(space.phrase_vectors)
    vectors = np.zeros((n, len(VIEWS), dimensions), dtype=np.float32)
    vectors[:, 0] = space.phrase_vectors
    context = np.zeros((n, len(CONTEXT)), dtype=np.float32)
    context[:, _REPLY_UNKNOWN] = 1
    context[:, CONTEXT.index("untitled")] = 1
    return Features(vectors, ("",) * n, context)


def without_thread(features: Features) -> Features:
    """The same posts as if nothing were known of their threads, so that the experts also learn to do without."""
    context, vectors = features.context.copy(), features.vectors.copy()
    for name in ("reply", "by_starter", "by_other", "accepted"):
        context[:, CONTEXT.index(name)] = 0
    context[:, _REPLY_UNKNOWN] = 1
    vectors[:, VIEWS.index("previous")] = 0
    return replace(features, vectors=vectors, context=context)


def _fit_words(data: TrainingSet, y: Array, space: LabelSpace, settings: Settings) -> tuple[WordModel, Array]:
    """Regression over words, from what is learned of them already."""
    features = data.features
    fresh = np.flatnonzero(~features.learned)
    texts = [features.words[row] for row in fresh]
    prior = data.words.grown(texts) if data.words and texts else data.words
    outcomes = space.outcomes(y)
    model, held_out = fit_words(
        prior.vocabulary if prior else Words.fit(texts),
        texts,
        outcomes[fresh],
        [data.groups[row] for row in fresh],
        settings.words_penalties,
        OFFSET * outcomes.mean(axis=0),
        prior.linear if prior else None,
    )
    values = np.zeros(outcomes.shape, np.float32) if features.word_values is None else features.word_values.copy()
    values[fresh] = held_out
    return model, values
