from itertools import permutations
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.coherence import c_npmi, diversity

WORDS = ["cat", "dog", "sun", "sky"]
DOCS = st.lists(st.lists(st.sampled_from([*WORDS, "other"]), max_size=15).map(" ".join), min_size=1, max_size=12)


def _npmi(both: float, first: float, second: float) -> float:
    """As gensim computes it: log((p(a,b) + e) / (p(a) p(b))) / -log(p(a,b) + e), e = 1e-12."""
    return log((both + 1e-12) / (first * second)) / -log(both + 1e-12)


def test_by_hand_in_sliding_windows() -> None:
    # Windows of two: "a b", "b c", "c a" of the first doc, and all of the second, which is shorter: 4 windows.
    # a: 2 of 4, b: 2, c: 2, d: 1; a and b, b and c, c and a: 1 each; d stands with none.
    docs = ["a b c a", "d"]
    assert c_npmi([["a", "b"]], docs, str.split, window=2) == [pytest.approx(_npmi(1 / 4, 2 / 4, 2 / 4))]
    assert _npmi(1 / 4, 2 / 4, 2 / 4) == pytest.approx(0.0, abs=1e-9)
    apart = _npmi(0.0, 2 / 4, 1 / 4)
    assert c_npmi([["a", "d"]], docs, str.split, window=2) == [pytest.approx(apart)]
    assert c_npmi([["a", "b", "d"]], docs, str.split, window=2) == [pytest.approx(2 * apart / 3)]


def test_a_word_counts_once_in_a_window() -> None:
    # One window a doc: a in 2 of 3, b in 1, both in 1.
    docs = ["a a a b", "a a", "c"]
    assert c_npmi([["a", "b"]], docs, str.split) == [pytest.approx(_npmi(1 / 3, 2 / 3, 1 / 3))]
    assert _npmi(1 / 3, 2 / 3, 1 / 3) == pytest.approx(0.369070, abs=1e-6)


def test_nothing_to_judge() -> None:
    assert c_npmi([["a", "z"], [], ["a"]], ["a b"], str.split) == [None, None, None]
    assert c_npmi([["a", "b"]], ["", ""], str.split) == [None]
    assert c_npmi([], ["a"], str.split) == []
    assert c_npmi([["a", "b"]], ["a b", "b a"], str.split) == [0.0], "words that always stand together say nothing"


@given(DOCS)
def test_bounds_and_order(docs: list[str]) -> None:
    (value,) = c_npmi([WORDS], docs, str.split, window=3)
    if value is not None:
        assert -1.0 <= value <= 1.0
    for order in list(permutations(WORDS))[::7]:
        assert c_npmi([order], docs[::-1], str.split, window=3) == [pytest.approx(value)]


def test_diversity_is_the_share_of_unique_words() -> None:
    assert diversity([["a", "b"], ["b", "c"]]) == 0.75
    assert diversity([["a", "b"], ["c", "d"]]) == 1.0
    assert diversity([[], []]) is None
