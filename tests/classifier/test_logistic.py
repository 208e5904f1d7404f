from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from classifier.folds import folds_of, groups_of
from classifier.logistic import fit_logistic
from classifier.words import Words


def test_agrees_with_scikit_learn_label_by_label() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 12)).astype(np.float32)
    truth = rng.normal(size=(12, 4))
    y = (x @ truth + rng.normal(size=(300, 4)) > 0.7).astype(np.float32)
    weights = rng.uniform(0.5, 2, 300).astype(np.float32)
    for rows in (x, csr_matrix(x)):
        ours = fit_logistic(rows, y, 0.7, weights, iterations=400)
        for column in range(4):
            theirs = LogisticRegression(C=0.7, tol=1e-8, max_iter=2000).fit(x, y[:, column], weights)
            np.testing.assert_allclose(ours.weights[:, column], theirs.coef_[0], atol=5e-3)
            np.testing.assert_allclose(ours.bias[column], theirs.intercept_[0], atol=5e-3)


def test_a_label_that_nothing_has_is_unlikely_everywhere() -> None:
    x = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
    linear = fit_logistic(x, np.zeros((50, 1), np.float32), 1.0)
    assert linear.logits(x).max() < -3


def test_words_come_back_from_their_plain_form() -> None:
    texts = ["load the model", "load a tokenizer?", "the model fails to load", ""]
    words = Words.fit(texts)
    again = Words(words.terms, words.idf)
    np.testing.assert_allclose(words.rows(texts).toarray(), again.rows(texts).toarray(), atol=1e-7)
    lengths = np.linalg.norm(words.rows(texts).toarray(), axis=1)
    np.testing.assert_allclose(lengths, [1, 1, 1, 0], atol=1e-6)
    assert "load" in words.terms[0] and " loa" in words.terms[1]
    assert Words.fit(["", ""]).rows(["anything"]).nnz == 0


def test_groups_are_owners_threads_and_sites_where_there_are_three() -> None:
    def groups(*sources: str) -> list[str]:
        return list(groups_of([(str(number), source) for number, source in enumerate(sources)]))

    owner = "https://a.example/one"
    wide = groups(f"{owner}/x/issues/4", f"{owner}/y/issues/5", "forum:12/3", "forum:12/4", "q:7", "q:8")
    assert wide[0] == wide[1] and wide[2] == wide[3] and wide[4] == wide[5]
    assert len(set(wide)) == 3
    repositories = groups(*(f"https://a.example/one/{name}/issues/{n}" for name in "xyz" for n in (1, 2)))
    assert len(set(repositories)) == 3 and repositories[0] == repositories[1]
    assert groups("forum:12/1", "forum:12/2", "") == ["id:0", "id:1", "id:2"]


@given(st.lists(st.sampled_from("abcdefghij"), min_size=2, max_size=80).filter(lambda g: len(set(g)) > 1))
def test_folds_cover_every_row_once_and_never_split_a_group(groups: list[str]) -> None:
    tested: list[int] = []
    for train, test in folds_of(groups, 5):
        assert len(train)
        assert len(test)
        assert sorted([*train, *test]) == list(range(len(groups)))
        assert not {groups[i] for i in train} & {groups[i] for i in test}
        tested += [int(i) for i in test]
    assert sorted(tested) == list(range(len(groups)))
