"""Why a label was given, and vectors that are remembered."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from classifier.recent import RecentEmbedder
from classifier.why import explain
from classifier.words import WordModel, Words
from store.values import Classification, PostInput
from tests.classifier.fakes import HashEmbedder, hashed_vectors

TEXTS = ["cuda memory error", "slow training loop", "cuda memory again", "slow loop again"]


class Space:
    """Two leaves."""

    leaves = ("memory", "speed")


def test_terms_are_the_exact_shares_of_the_words_model() -> None:
    from classifier.logistic import Linear

    vocabulary = Words.fit(TEXTS)
    draw = np.random.default_rng(0)
    weights = draw.normal(size=(len(vocabulary), 4)).astype(np.float32)
    weights[len(vocabulary.terms[0]) :] = 0  # no pieces: then the words shown must add up
    model = WordModel(vocabulary, Linear(weights, np.zeros(4, np.float32)))
    post = PostInput("1", "cuda memory is slow again")
    answer = Classification("1", (("speed", 0.9), ("memory", 0.8)), (), False)
    (told,) = explain(model, Space(), [post], [answer])  # type: ignore[arg-type]
    assert [reason.label for reason in told.reasons] == ["speed", "memory"]
    for reason, column in zip(told.reasons, (1, 0), strict=True):
        shares = [share for _, share in reason.terms]
        assert shares == sorted(shares, reverse=True) and all(share > 0 for share in shares)
        row = vocabulary.rows(["\n\ncuda memory is slow again\n"])
        all_shares = row.data * weights[row.indices, column]
        assert sum(shares) == pytest.approx(float(all_shares[all_shares > 0].sum()), rel=1e-5)
        assert {term for term, _ in reason.terms} <= set(vocabulary.terms[0])


def test_no_label_no_reason() -> None:
    from classifier.logistic import Linear

    vocabulary = Words.fit(TEXTS)
    model = WordModel(vocabulary, Linear(np.ones((len(vocabulary), 2), np.float32), np.zeros(2, np.float32)))
    answers = [Classification("1", (), (), False), Classification("2", (("memory", 1.0),), (), False)]
    told = explain(model, Space(), [PostInput("1", "cuda"), PostInput("2", "zzz")], answers)  # type: ignore[arg-type]
    assert told[0].reasons == ()
    assert told[1].reasons[0].terms == ()


def test_vectors_are_computed_once_and_given_in_order() -> None:
    inner = HashEmbedder()
    embedder = RecentEmbedder(inner, vectors=3)
    texts = ["a", "b", "a", "c"]
    assert np.array_equal(embedder.encode(texts), hashed_vectors(texts))
    assert np.array_equal(embedder.encode(["c", "b"]), hashed_vectors(["c", "b"]))
    assert inner.seen == ["a", "b", "c"]
    assert (embedder.hits, embedder.misses) == (3, 3)
    embedder.encode(["d"])
    embedder.encode(["a"])  # the one that was not asked for longest has gone
    assert inner.seen == ["a", "b", "c", "d", "a"]
    assert embedder.encode([]).shape == (0, 64)
    assert (embedder.key, embedder.device) == (inner.key, inner.device)


def test_more_texts_than_are_remembered() -> None:
    embedder = RecentEmbedder(HashEmbedder(), vectors=2)
    texts = [f"text {number}" for number in range(10)]
    assert np.array_equal(embedder.encode(texts), hashed_vectors(texts))


def test_threads_take_turns() -> None:
    busy, most = 0, 0

    class Watching(HashEmbedder):
        def encode(self, texts):  # type: ignore[no-untyped-def]
            nonlocal busy, most
            busy += 1
            most = max(most, busy)
            threading.Event().wait(0.002)
            busy -= 1
            return super().encode(texts)

    embedder = RecentEmbedder(Watching())
    threads = [threading.Thread(target=embedder.encode, args=([f"t{number}"],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, embedder.misses) == (1, 8)
