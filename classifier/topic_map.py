"""A plane on which like threads lie close together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.clusters import Vectors
from classifier.topic_settings import TopicSettings
from store.topic_values import Point

_NEAREST = 3
_SHARPNESS = 20.0


def lay_out(reduced: Vectors, seed: int, settings: TopicSettings) -> NDArray[np.float32]:
    """Coordinates in [-1, 1], [threads, 2], of vectors [threads, d] as they were clustered.

    By UMAP (McInnes, Healy and Melville 2018); where there are fewer than `settings.small`, by the two principal
    components. The same vectors and seed give the same map on the same machine.
    """
    if len(reduced) < settings.small:
        return _scaled(_principal(reduced))
    from umap import UMAP  # pulls in numba, which a command that seeks no topics should not wait for

    model = UMAP(n_neighbors=settings.neighbours, n_components=2, random_state=seed, n_jobs=1)
    return _scaled(np.asarray(model.fit_transform(reduced)))


def points_between(vectors: Vectors, centres: Mapping[int, Vectors], points: Mapping[int, Point]) -> list[Point | None]:
    """A place for each later thread, [threads, d]: among the points of the topics whose centres are nearest.

    Their mean, weighed by the exponential of the cosine; None where no topic lies on the map. It costs what came, not
    what is there; the map is laid out anew when topics are.
    """
    topics = [topic for topic in centres if topic in points]
    if not topics or not len(vectors):
        return [None] * len(vectors)
    cosines = vectors @ np.stack([centres[topic] for topic in topics]).T
    weights = np.exp(_SHARPNESS * (cosines - cosines.max(axis=1, keepdims=True)))
    weights[cosines < np.sort(cosines, axis=1)[:, -_NEAREST:][:, :1]] = 0.0
    places = weights @ np.asarray([points[topic] for topic in topics]) / weights.sum(axis=1, keepdims=True)
    return [(float(x), float(y)) for x, y in places]


def middle(points: Sequence[Point]) -> Point | None:
    """Mean of points; None of none."""
    if not points:
        return None
    x, y = np.mean(points, axis=0)
    return float(x), float(y)


def _principal(vectors: Vectors) -> NDArray[np.float64]:
    moved = np.asarray(vectors, dtype=np.float64) - (vectors.mean(axis=0) if len(vectors) else 0.0)
    left, spread, _ = np.linalg.svd(moved, full_matrices=False)
    found = (left * spread)[:, :2]
    return np.pad(found, ((0, 0), (0, 2 - found.shape[1])))


def _scaled(places: NDArray[np.floating]) -> NDArray[np.float32]:
    if not len(places):
        return np.zeros((0, 2), dtype=np.float32)
    low, high = places.min(axis=0), places.max(axis=0)
    reach = max(float((high - low).max()) / 2, 1e-9)
    return np.asarray((places - (low + high) / 2) / reach, dtype=np.float32)
