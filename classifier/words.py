"""Words of a text as a TF-IDF row, and the linear model over them; kept as a list of terms and their weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from classifier.logistic import Array, Linear, fit_logistic

_PATTERN = r"(?u)\b\w[\w.+#-]*\w\b|\b\w\b|[?!]"
_MAX_TERMS = 10_000


class Words:
    """A vocabulary of words and word pairs with their inverse document frequencies."""

    def __init__(self, terms: Sequence[str], idf: NDArray[np.float32]) -> None:
        self.terms = tuple(terms)
        self.idf = np.asarray(idf, dtype=np.float32)
        self._vectorizer = _vectorizer(vocabulary={term: index for index, term in enumerate(self.terms)})
        self._vectorizer.idf_ = self.idf.astype(np.float64)

    @classmethod
    def fit(cls, texts: Sequence[str]) -> Words:
        """Learn the vocabulary of texts: terms that stand in at least two of them (or in any, if none does)."""
        for least in (2, 1):
            vectorizer = _vectorizer(min_df=least, max_features=_MAX_TERMS)
            try:
                vectorizer.fit(texts)
            except ValueError:
                continue
            order = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
            return cls(order, vectorizer.idf_.astype(np.float32))
        return cls(("?",), np.ones(1, np.float32))

    @classmethod
    def shared(cls, texts: Sequence[str], groups: Sequence[str], places: Sequence[str], posts: int = 3) -> Words:
        """The vocabulary of texts, of terms that stand in at least so many of them and in two groups.

        Each word of a term must also stand in two places, so that what one community calls things, and whom it calls by
        name, is left out. `groups`: the repository or thread of each text; `places`: its repository or forum.
        """
        vectorizer = _vectorizer(min_df=1)
        seen = vectorizer.fit_transform(texts).tocsc()
        terms = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
        found = np.diff(seen.indptr)

        def spread(column: int, names: Sequence[str]) -> bool:
            return len({names[row] for row in seen.indices[seen.indptr[column] : seen.indptr[column + 1]]}) > 1

        common = {term for column, term in enumerate(terms) if " " not in term and spread(column, places)}
        kept = [
            int(column)
            for column in np.flatnonzero(found >= posts)
            if common.issuperset(terms[column].split(" ")) and spread(int(column), groups)
        ]
        kept = sorted(sorted(kept, key=lambda column: (-found[column], column))[:_MAX_TERMS])
        if not kept:
            return cls(("?",), np.ones(1, np.float32))
        return cls([terms[column] for column in kept], vectorizer.idf_[kept].astype(np.float32))

    def grown(self, texts: Sequence[str]) -> Words:
        """This vocabulary with the terms of texts that it lacks behind its own."""
        more = Words.fit(texts)
        known = set(self.terms)
        fresh = [index for index, term in enumerate(more.terms) if term not in known]
        return Words(
            (*self.terms, *(more.terms[index] for index in fresh)), np.concatenate((self.idf, more.idf[fresh]))
        )

    def rows(self, texts: Sequence[str]) -> Any:
        """TF-IDF rows, a float32 CSR matrix [n, terms], each row of length 1 (or 0 without a known term)."""
        return self._vectorizer.transform(texts).astype(np.float32)


@dataclass(frozen=True, slots=True)
class WordModel:
    """A vocabulary and what its terms tell of labels."""

    vocabulary: Words
    linear: Linear

    def logits(self, texts: Sequence[str]) -> Array:
        """Log-odds of the labels for texts, [n, m]."""
        return self.linear.logits(self.vocabulary.rows(texts))

    def grown(self, texts: Sequence[str]) -> WordModel:
        """The same model over a vocabulary that also has the terms of texts; these tell nothing yet."""
        vocabulary = self.vocabulary.grown(texts)
        fresh = np.zeros((len(vocabulary.terms) - len(self.vocabulary.terms), self.linear.weights.shape[1]), np.float32)
        return WordModel(vocabulary, Linear(np.concatenate((self.linear.weights, fresh)), self.linear.bias))


def fit_words(
    vocabulary: Words, texts: Sequence[str], y: Array, strength: float, iterations: int, prior: Linear | None = None
) -> WordModel:
    """Fit a model over words; from a `prior` over the same vocabulary it starts, is drawn to, and takes the intercepts.

    These tell how frequent labels are where the prior was learned, not among a few texts chosen to teach rare labels.
    """
    if not texts and prior is not None:
        return WordModel(vocabulary, prior)
    linear = fit_logistic(vocabulary.rows(texts), y, strength, iterations=iterations, prior=prior)
    return WordModel(vocabulary, linear if prior is None else Linear(linear.weights, prior.bias))


def _vectorizer(**settings: Any) -> TfidfVectorizer:
    return TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, lowercase=True, token_pattern=_PATTERN, dtype=np.float64, **settings
    )
