"""Words of a text as a TF-IDF row, and the linear model over them; kept as a list of terms and their weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from classifier.kernel import solve_best
from classifier.logistic import Array, Linear

_PATTERN = r"(?u)\b\w[\w.+#-]*\w\b|\b\w\b|[?!]"


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of term: how texts are cut, and how many terms are kept."""

    name: str
    most: int
    cut: dict[str, Any]

    def vectorizer(self, **settings: Any) -> TfidfVectorizer:
        """A vectorizer of such terms."""
        return TfidfVectorizer(sublinear_tf=True, lowercase=True, dtype=np.float64, **self.cut, **settings)


_KINDS = (
    _Kind("words", 10_000, {"ngram_range": (1, 2), "token_pattern": _PATTERN}),
    _Kind("pieces", 20_000, {"ngram_range": (2, 5), "analyzer": "char_wb"}),
)


class Words:
    """A vocabulary of words and word pairs, and of pieces of words, with their inverse document frequencies."""

    def __init__(self, terms: Sequence[Sequence[str]], idf: NDArray[np.float32]) -> None:
        """terms: of each kind in turn; idf: of all of them, [T]."""
        self.terms = tuple(map(tuple, terms))
        self.idf = np.asarray(idf, dtype=np.float32)
        self._vectorizers = []
        start = 0
        for kind, some in zip(_KINDS, self.terms, strict=True):
            vectorizer = kind.vectorizer(vocabulary={term: index for index, term in enumerate(some)})
            vectorizer.idf_ = self.idf[start : start + len(some)].astype(np.float64)
            self._vectorizers.append(vectorizer)
            start += len(some)

    def __len__(self) -> int:
        return len(self.idf)

    @classmethod
    def fit(cls, texts: Sequence[str]) -> Words:
        """Learn the vocabulary of texts: terms that stand in at least two of them (or in any, if none does)."""
        return cls._of([_frequent(kind, texts) for kind in _KINDS])

    @classmethod
    def shared(cls, texts: Sequence[str], groups: Sequence[str], places: Sequence[str], posts: int = 3) -> Words:
        """The vocabulary of texts, of terms that stand in at least so many of them and in two groups.

        Each word of a term must also stand in two places, so that what one community calls things, and whom it calls by
        name, is left out. `groups`: the repository or thread of each text; `places`: its repository or forum.
        """
        return cls._of([_shared(kind, texts, groups, places, posts) for kind in _KINDS])

    def grown(self, texts: Sequence[str]) -> Words:
        """This vocabulary with the terms of texts that it lacks; `moved` tells where its own terms went."""
        more = Words.fit(texts)
        parts = []
        for mine, my_idf, theirs, their_idf in zip(
            self.terms, self._idf_by_kind(), more.terms, more._idf_by_kind(), strict=True
        ):
            known = set(mine)
            fresh = [index for index, term in enumerate(theirs) if term not in known]
            idf = np.concatenate((my_idf, their_idf[fresh]))
            parts.append(((*mine, *(theirs[index] for index in fresh)), idf))
        return self._of(parts)

    def moved(self, larger: Words) -> NDArray[np.intp]:
        """Columns of this vocabulary's terms in one that it has grown to."""
        starts = np.cumsum([0, *(len(terms) for terms in larger.terms)])
        return np.concatenate([start + np.arange(len(terms)) for start, terms in zip(starts, self.terms, strict=False)])

    def rows(self, texts: Sequence[str]) -> csr_matrix:
        """TF-IDF rows, a float32 CSR matrix [n, T]: for each kind a part of length 1 (or 0), the whole halved."""
        parts = [vectorizer.transform(texts) for vectorizer in self._vectorizers]
        return csr_matrix(hstack(parts, format="csr") / np.sqrt(len(parts)), dtype=np.float32)

    @classmethod
    def _of(cls, parts: Sequence[tuple[Sequence[str], NDArray[np.float32]]]) -> Words:
        return cls([terms for terms, _ in parts], np.concatenate([idf for _, idf in parts]))

    def _idf_by_kind(self) -> list[NDArray[np.float32]]:
        return np.split(self.idf, np.cumsum([len(terms) for terms in self.terms])[:-1])


@dataclass(frozen=True, slots=True)
class WordModel:
    """A vocabulary and what its terms tell of labels."""

    vocabulary: Words
    linear: Linear

    def values(self, texts: Sequence[str]) -> Array:
        """Values of texts, [n, m]."""
        return self.linear.logits(self.vocabulary.rows(texts))

    def grown(self, texts: Sequence[str]) -> WordModel:
        """The same model over a vocabulary that also has the terms of texts; these tell nothing yet."""
        vocabulary = self.vocabulary.grown(texts)
        weights = np.zeros((len(vocabulary), self.linear.weights.shape[1]), np.float32)
        weights[self.vocabulary.moved(vocabulary)] = self.linear.weights
        return WordModel(vocabulary, Linear(weights, self.linear.bias))


def fit_words(
    vocabulary: Words,
    texts: Sequence[str],
    y: Array,
    groups: Sequence[str],
    penalties: Sequence[float],
    offset: Array,
    prior: Linear | None = None,
) -> tuple[WordModel, Array]:
    """Ridge regression over words, and what it says of each text when it has seen none of its group, [n, m].

    `penalties`: of which the best is taken. `offset` [m]: what is expected of a text without a known term. From a
    `prior` over the same vocabulary it starts, is drawn to, and takes the offset.
    """
    prior = prior or Linear(np.zeros((len(vocabulary), len(offset)), np.float32), offset.astype(np.float32))
    if not texts:
        return WordModel(vocabulary, prior), np.zeros((0, len(offset)), np.float32)
    rows = vocabulary.rows(texts)
    kernel = np.asarray((rows @ rows.T).toarray(), dtype=np.float32)
    rest = y - prior.logits(rows)
    _, (coefficients, errors) = solve_best(kernel, rest, penalties, groups)
    weights = prior.weights + np.asarray(rows.T @ coefficients, dtype=np.float32)
    return WordModel(vocabulary, Linear(weights, prior.bias)), y - errors


def _frequent(kind: _Kind, texts: Sequence[str]) -> tuple[Sequence[str], NDArray[np.float32]]:
    for least in (2, 1):
        vectorizer = kind.vectorizer(min_df=least, max_features=kind.most)
        try:
            vectorizer.fit(texts)
        except ValueError:  # No term is so frequent.
            continue
        return vectorizer.get_feature_names_out().tolist(), vectorizer.idf_.astype(np.float32)
    return ("?",), np.ones(1, np.float32)


def _shared(
    kind: _Kind, texts: Sequence[str], groups: Sequence[str], places: Sequence[str], posts: int
) -> tuple[Sequence[str], NDArray[np.float32]]:
    vectorizer = kind.vectorizer(min_df=1)
    seen = vectorizer.fit_transform(texts).tocsc()
    terms = vectorizer.get_feature_names_out().tolist()
    found = np.diff(seen.indptr)

    def spread(column: int, names: Sequence[str]) -> bool:
        return len({names[row] for row in seen.indices[seen.indptr[column] : seen.indptr[column + 1]]}) > 1

    frequent = np.flatnonzero(found >= posts)
    single = {terms[column] for column in np.flatnonzero(found > 1) if " " not in terms[column].strip()}
    common = {term for term in single if spread(vectorizer.vocabulary_[term], places)}
    kept = [
        int(column)
        for column in frequent
        if (terms[column] in common or (kind.name == "words" and common.issuperset(terms[column].split(" "))))
        and spread(int(column), groups)
    ]
    kept = sorted(sorted(kept, key=lambda column: (-found[column], column))[: kind.most])
    if not kept:
        return ("?",), np.ones(1, np.float32)
    return [terms[column] for column in kept], vectorizer.idf_[kept].astype(np.float32)
