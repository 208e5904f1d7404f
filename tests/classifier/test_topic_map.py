"""The map: like threads lie close together, the first and the later ones."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.clusters import centre_of
from classifier.topic_map import lay_out, middle, points_between
from classifier.topic_settings import TopicSettings


def two_groups(size: int) -> np.ndarray:
    """Vectors [2 * size, 8], L2-normalized, of two groups one after the other."""
    random = np.random.default_rng(0)
    centres = np.repeat(np.eye(8)[:2], size, axis=0)
    found = centres + random.normal(scale=0.1, size=centres.shape)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("small", [10, 1000], ids=["umap", "principal components"])
def test_like_threads_lie_close_together(small: int) -> None:
    vectors, settings = two_groups(40), TopicSettings(small=small)
    places = lay_out(vectors, 0, settings)
    assert places.shape == (80, 2) and np.abs(places).max() == pytest.approx(1.0)
    assert np.array_equal(places, lay_out(vectors, 0, settings))
    first, second = places[:40], places[40:]
    apart = np.linalg.norm(first.mean(axis=0) - second.mean(axis=0))
    assert apart > 3 * max(group.std(axis=0).max() for group in (first, second))


@pytest.mark.parametrize("threads", [0, 1, 2])
def test_a_few_threads_have_a_map_too(threads: int) -> None:
    places = lay_out(two_groups(1)[:threads], 0, TopicSettings())
    assert places.shape == (threads, 2) and np.isfinite(places).all()


def test_a_later_thread_lies_by_the_topics_that_it_is_like() -> None:
    vectors = two_groups(5)
    centres = {4: centre_of(vectors[:5]), 7: centre_of(vectors[5:]), 9: centre_of(-vectors[:5])}
    points = {4: (-1.0, 0.0), 7: (1.0, 0.0)}
    between = np.asarray([vectors[0] + vectors[5]]) / np.linalg.norm(vectors[0] + vectors[5])
    (left, _), (right, _), (inside, _) = points_between(np.vstack([vectors[[0, 5]], between]), centres, points)
    assert left < -0.9 and right > 0.9 and abs(inside) < 0.9
    assert points_between(vectors[:1], centres, {}) == [None] and points_between(vectors[:0], {}, points) == []
    assert middle([(-1.0, 0.0), (1.0, 1.0)]) == (0.0, 0.5) and middle([]) is None
