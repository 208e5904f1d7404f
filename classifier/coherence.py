"""How good topics are by their words alone: coherence and diversity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

import numpy as np
from more_itertools import chunked
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

WORDS = 10
"""Words of a topic that are judged, in both measures."""

WINDOW = 10
"""Tokens in the sliding window of the coherence."""

_EPSILON = 1e-12
_DOCS_AT_ONCE = 500


def c_npmi(
    topics: Sequence[Sequence[str]],
    docs: Iterable[str],
    tokenize: Callable[[str], Sequence[str]],
    window: int = WINDOW,
) -> list[float | None]:
    """Coherence of each topic in [-1, 1]: the mean NPMI of the pairs of its words in a boolean sliding window.

    C_NPMI of Röder, Both and Hinneburg (2015), "Exploring the space of topic coherence measures", with Bouma's (2009)
    normalized pointwise mutual information. As gensim's `c_npmi`, but for its sliding window, which forgets a word when
    an earlier copy of it leaves. A doc that is shorter than the window is one window. Reads `docs` once. None for a
    topic of fewer than two words that the docs hold.
    """
    column = {word: place for place, word in enumerate(dict.fromkeys(word for topic in topics for word in topic))}
    if not column:
        return [None for _ in topics]
    together = np.zeros((len(column), len(column)), dtype=np.int64)
    total = 0
    for some in chunked(docs, _DOCS_AT_ONCE):
        seen = _windows([[column.get(token, -1) for token in tokenize(doc)] for doc in some], len(column), window)
        together += (seen.T @ seen).toarray()
        total += seen.shape[0]
    return [_mean_npmi([column[word] for word in topic], together, total) for topic in topics]


def diversity(topics: Sequence[Sequence[str]]) -> float | None:
    """Share of the topics' words that are unique, in [0, 1]; None without words.

    Topic diversity of Dieng, Ruiz and Blei (2020), "Topic modeling in embedding spaces", who take 25 words a topic.
    """
    words = [word for topic in topics for word in topic]
    return len(set(words)) / len(words) if words else None


def _windows(docs: Sequence[Sequence[int]], columns: int, window: int) -> csr_matrix:
    """Which words stand in which window: 0/1, one row a window. A token of no interest has column -1."""
    rows: list[NDArray[np.int64]] = []
    found: list[NDArray[np.int64]] = []
    count = 0
    for tokens in docs:
        if not tokens:
            continue
        ids = np.asarray(tokens, dtype=np.int64)
        views = np.lib.stride_tricks.sliding_window_view(ids, min(window, len(ids)))
        row, place = np.nonzero(views >= 0)
        rows.append(row + count)
        found.append(views[row, place])
        count += len(views)
    if not count:
        return csr_matrix((0, columns), dtype=np.int64)
    places = np.concatenate(rows), np.concatenate(found)
    seen = csr_matrix((np.ones(len(places[0]), dtype=np.int64), places), shape=(count, columns))
    seen.sum_duplicates()
    seen.data[:] = 1
    return seen


def _mean_npmi(columns: Sequence[int], together: NDArray[np.int64], total: int) -> float | None:
    known = [column for column in columns if together[column, column]]
    if len(known) < 2:
        return None
    return float(np.mean([_npmi(together, first, second, total) for first, second in combinations(known, 2)]))


def _npmi(together: NDArray[np.int64], first: int, second: int, total: int) -> float:
    both = together[first, second] / total + _EPSILON
    apart = together[first, first] * together[second, second] / total**2
    # Words that always stand together in every window carry no information about each other: 0 by convention.
    return 0.0 if both >= 1.0 else float(np.clip(np.log(both / apart) / -np.log(both), -1.0, 1.0))
