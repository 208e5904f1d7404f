"""Groups of vectors: by density where there are many, by linkage where there are few; and nearest groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering
from sklearn.feature_extraction.text import CountVectorizer

from classifier.topic_settings import TopicSettings
from store.topic_values import OUTLIERS

if TYPE_CHECKING:
    from bertopic import BERTopic

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Clusters:
    """Cluster of each doc, or OUTLIERS; `outliers`: how many there were before they were given to a cluster.

    `reduced`: the vectors that were clustered, [docs, dimensions]; those given where nothing was reduced.
    """

    members: list[int]
    outliers: int
    reduced: Vectors


def find_clusters(
    docs: Sequence[str], vectors: Vectors, vectorizer: CountVectorizer, seed: int, settings: TopicSettings
) -> Clusters:
    """Group docs by their vectors.

    `vectors`: [docs, d], L2-normalized. An outlier joins the cluster whose centre is nearest if the cosine is at least
    `settings.floor` (BERTopic's strategy "embeddings"), so that nothing is pulled in that has no part in it.
    """
    members, reduced = [OUTLIERS] * len(docs), vectors
    if len(docs) >= settings.small:
        model = _density_model(len(docs), vectorizer, seed, settings)
        members = [int(cluster) for cluster in model.fit_transform(list(docs), vectors)[0]]
        reduced = np.asarray(model.umap_model.embedding_, dtype=np.float32)
    if all(cluster == OUTLIERS for cluster in members):
        model = _linkage_model(vectorizer, settings)
        members = [int(cluster) for cluster in model.fit_transform(list(docs), vectors)[0]]
    outliers = members.count(OUTLIERS)
    if 0 < outliers < len(docs):
        kept = model.reduce_outliers(
            list(docs), members, strategy="embeddings", embeddings=vectors, threshold=settings.floor(len(docs))
        )
        members = [int(cluster) for cluster in kept]
    return Clusters(members, outliers, reduced)


def centre_of(vectors: Vectors) -> Vectors:
    """Mean direction of vectors [n, d], of length 1."""
    centre = vectors.mean(axis=0)
    length = max(float(np.linalg.norm(centre)), 1e-12)
    return np.asarray(centre / length, dtype=np.float32)


def nearest_cluster(vectors: Vectors, centres: Vectors, least: float) -> list[int]:
    """Row of the nearest centre of each vector, or OUTLIERS where its cosine is below `least`."""
    if not len(centres):
        return [OUTLIERS] * len(vectors)
    cosines = vectors @ centres.T
    best = cosines.argmax(axis=1)
    return [int(row) if cosines[place, row] >= least else OUTLIERS for place, row in enumerate(best)]


def _density_model(threads: int, vectorizer: CountVectorizer, seed: int, settings: TopicSettings) -> BERTopic:
    # Imported here: they pull in numba and take seconds, which a command that seeks no topics should not wait for.
    from hdbscan import HDBSCAN
    from umap import UMAP

    least = settings.least_cluster(threads)
    reduction = UMAP(
        n_neighbors=settings.neighbours,
        n_components=settings.dimensions,
        min_dist=0.0,
        metric="cosine",
        random_state=seed,
        n_jobs=1,
    )
    clustering = HDBSCAN(
        min_cluster_size=least,
        min_samples=max(2, least // 2),
        # "eom" takes two sites for two topics and looks no further: 1,600 posts of two origins fell into two clusters.
        cluster_selection_method="leaf",
        core_dist_n_jobs=1,
    )
    return _bertopic(reduction, clustering, vectorizer, settings)


def _linkage_model(vectorizer: CountVectorizer, settings: TopicSettings) -> BERTopic:
    from bertopic.dimensionality import BaseDimensionalityReduction

    return _bertopic(BaseDimensionalityReduction(), _Linkage(settings), vectorizer, settings)


def _bertopic(reduction: Any, clustering: Any, vectorizer: CountVectorizer, settings: TopicSettings) -> BERTopic:
    from bertopic import BERTopic

    return BERTopic(
        # Not for the model, there is none: "english" would drop the underscores and dots of `from_pretrained`.
        language="multilingual",
        embedding_model=None,
        umap_model=reduction,
        hdbscan_model=clustering,
        vectorizer_model=vectorizer,
        top_n_words=settings.keywords,
        calculate_probabilities=False,
        verbose=False,
    )


class _Linkage:
    """Average linkage by cosine, in the manner that BERTopic asks of a clustering: `fit`, then `labels_`."""

    def __init__(self, settings: TopicSettings) -> None:
        self._settings = settings
        self.labels_: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def fit(self, vectors: Vectors, y: object = None) -> _Linkage:
        groups = AgglomerativeClustering(
            n_clusters=None,
            metric="cosine",
            linkage="average",
            distance_threshold=1.0 - self._settings.small_cosine,
        ).fit_predict(vectors)
        sizes = np.bincount(groups)
        self.labels_ = np.where(sizes[groups] >= self._settings.small_size, groups, OUTLIERS).astype(np.int64)
        return self
