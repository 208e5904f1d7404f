"""Topics: clusters that BERTopic finds among the opening posts, over vectors that are already there.

Topics stand apart from the label bundles; a topic is tied to the taxonomy only by its nearest label.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.cluster import AgglomerativeClustering
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from classifier.features import take_apart
from store.values import PostInput, Topic

if TYPE_CHECKING:
    from bertopic import BERTopic

Vectors = NDArray[np.float32]

OUTLIERS = -1
"""Id of the topic that holds the threads which belong to none."""

_TOKEN = r"(?u)\b[^\W\d_]\w+(?:[-.]\w+)*\b"
_MORE_STOP_WORDS = (
    "com", "couldn", "did", "didn", "does", "doesn", "don", "got", "hello", "hey", "hi", "http", "https", "isn",
    "just", "like", "ll", "need", "org", "please", "thank", "thanks", "try", "trying", "use", "used", "user", "using",
    "ve", "want", "wasn", "won", "wouldn", "www",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """How topics are sought; part of a run's id.

    Below `small` threads density says little, and mere rounding of the vectors moves it: then threads are joined
    bottom-up (average linkage) while the mean cosine of two groups is at least `small_cosine`, and groups of fewer
    than `small_size` are outliers. Otherwise UMAP (`neighbours`, `dimensions`) and HDBSCAN, whose smallest cluster is
    `size_factor` times the square root of the number of threads, at least `least_size`. Threads left over join the
    topic whose centre is nearest if the cosine is at least `outlier_cosine`: HDBSCAN alone leaves 30 to 50 % of such
    posts outside.
    """

    small: int = 500
    small_cosine: float = 0.3
    small_size: int = 3
    neighbours: int = 15
    dimensions: int = 5
    size_factor: float = 0.25
    least_size: int = 5
    outlier_cosine: float = 0.5
    keywords: int = 10
    representatives: int = 5
    version: int = 1

    def least_cluster(self, threads: int) -> int:
        """Smallest number of threads that make a topic in a corpus of this size."""
        return max(self.least_size, round(self.size_factor * math.sqrt(threads)))


DEFAULT_SETTINGS = TopicSettings()


def topic_text(post: PostInput) -> str:
    """What of an opening post decides its topic: the classifier's main view, so that one vector serves both."""
    return take_apart(post).views[0]


def discover(
    thread_ids: Sequence[int],
    docs: Sequence[str],
    vectors: Vectors,
    leaf_ids: Sequence[str],
    leaf_vectors: Vectors,
    seed: int = 0,
    settings: TopicSettings = DEFAULT_SETTINGS,
) -> tuple[list[Topic], list[int]]:
    """Topics of these threads, biggest first and numbered from 0, the outliers last; and each thread's topic id.

    `vectors` (shape [threads, d]) and `leaf_vectors` ([leaves, d]) are L2-normalized. The same input and seed give the
    same topics on the same machine. Fewer than `settings.small` threads are grouped without UMAP and HDBSCAN.

    Raises:
        ValueError: the lengths of the sequences do not agree.
    """
    if not len(thread_ids) == len(docs) == len(vectors):
        raise ValueError(f"{len(thread_ids)} thread ids, {len(docs)} docs, {len(vectors)} vectors: give one of each")
    if len(leaf_ids) != len(leaf_vectors):
        raise ValueError(f"{len(leaf_ids)} leaf ids and {len(leaf_vectors)} leaf vectors: give one vector for each")
    if len(docs) < settings.small_size or not any(doc.strip() for doc in docs):
        members = [OUTLIERS] * len(docs)
        return _describe(thread_ids, members, vectors, {}, leaf_ids, leaf_vectors, settings), members
    members, words = _cluster(docs, vectors, seed, settings)
    order = _by_size(thread_ids, members)
    renamed = {old: new for new, old in enumerate(order)} | {OUTLIERS: OUTLIERS}
    members = [renamed[topic] for topic in members]
    keywords = {renamed[old]: found for old, found in words.items()}
    return _describe(thread_ids, members, vectors, keywords, leaf_ids, leaf_vectors, settings), members


def _cluster(
    docs: Sequence[str], vectors: Vectors, seed: int, settings: TopicSettings
) -> tuple[list[int], dict[int, tuple[str, ...]]]:
    """Cluster of each doc, and keywords of each cluster."""
    vectorizer = _vectorizer(docs)
    members: list[int] = []
    if len(docs) >= settings.small:
        model = _density_model(len(docs), vectorizer, seed, settings)
        members = [int(topic) for topic in model.fit_transform(list(docs), vectors)[0]]
    if all(topic == OUTLIERS for topic in members):
        model = _linkage_model(vectorizer, settings)
        members = [int(topic) for topic in model.fit_transform(list(docs), vectors)[0]]
    if all(topic == OUTLIERS for topic in members):
        return members, {}
    if OUTLIERS in members:
        kept = model.reduce_outliers(
            list(docs), members, strategy="embeddings", embeddings=vectors, threshold=settings.outlier_cosine
        )
        members = [int(topic) for topic in kept]
    return members, _keywords(docs, members, vectorizer, settings)


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
    clustering = HDBSCAN(min_cluster_size=least, min_samples=max(2, least // 2), core_dist_n_jobs=1)
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


def _vectorizer(docs: Sequence[str]) -> CountVectorizer:
    """Counts words and pairs of words that several docs share.

    The vocabulary is fixed beforehand since BERTopic counts in joined clusters, where a word that one traceback
    repeats fifty times looks as good as one that fifty people write.
    """
    least = 1 if len(docs) < 30 else 2 if len(docs) < 300 else 3 + len(docs) // 2000
    words: dict[str, Any] = {
        "stop_words": sorted(ENGLISH_STOP_WORDS.union(_MORE_STOP_WORDS)),
        "token_pattern": _TOKEN,
        "ngram_range": (1, 2),
    }
    try:
        vocabulary = CountVectorizer(min_df=least, max_features=50_000, **words).fit(docs).vocabulary_
    except ValueError:  # no such word; scikit-learn has no error of its own for it
        return CountVectorizer(token_pattern=r"\S+")
    return CountVectorizer(vocabulary=sorted(vocabulary), **words)


def _keywords(
    docs: Sequence[str], members: Sequence[int], vectorizer: CountVectorizer, settings: TopicSettings
) -> dict[int, tuple[str, ...]]:
    """Words of highest c-TF-IDF of each cluster (Grootendorst, 2022, arXiv 2203.05794, section 3.3).

    BERTopic's `update_topics` would do it too, but it counts pairs across the border between two posts.
    """
    from bertopic.vectorizers import ClassTfidfTransformer

    clusters = sorted(set(members))
    place = {topic: row for row, topic in enumerate(clusters)}
    rows = [place[topic] for topic in members]
    grouping = csr_matrix((np.ones(len(rows)), (rows, range(len(rows)))), shape=(len(clusters), len(rows)))
    counts = csr_matrix(grouping @ vectorizer.fit_transform(docs))
    weights = ClassTfidfTransformer().fit(counts).transform(counts)
    names = vectorizer.get_feature_names_out()
    found = {}
    for topic in clusters:
        row = weights[place[topic]].toarray().ravel()
        best = np.argsort(-row, kind="stable")[: settings.keywords * 3]
        found[topic] = _telling([str(names[column]) for column in best if row[column] > 0])[: settings.keywords]
    return found


def _telling(phrases: Sequence[str]) -> tuple[str, ...]:
    """The phrases that say a new word; the others repeat what stands before them."""
    chosen: list[str] = []
    said: set[str] = set()
    for phrase in phrases:
        words = set(phrase.split())
        if not words <= said:
            chosen.append(phrase)
            said |= words
    return tuple(chosen)


def _by_size(thread_ids: Sequence[int], members: Sequence[int]) -> list[int]:
    """Clusters, biggest first; of equals the one with the oldest thread."""
    groups: dict[int, list[int]] = {}
    for thread, topic in zip(thread_ids, members, strict=True):
        groups.setdefault(topic, []).append(thread)
    groups.pop(OUTLIERS, None)
    return sorted(groups, key=lambda topic: (-len(groups[topic]), min(groups[topic])))


def _describe(
    thread_ids: Sequence[int],
    members: Sequence[int],
    vectors: Vectors,
    keywords: dict[int, tuple[str, ...]],
    leaf_ids: Sequence[str],
    leaf_vectors: Vectors,
    settings: TopicSettings,
) -> list[Topic]:
    found = []
    positions = np.asarray(members, dtype=np.int64)
    for topic in sorted(set(members), key=lambda topic: (topic == OUTLIERS, topic)):
        inside = np.flatnonzero(positions == topic)
        if topic == OUTLIERS:
            found.append(Topic(topic, (), len(inside), (), "", 0.0))
            continue
        centre = vectors[inside].mean(axis=0)
        centre = centre / max(float(np.linalg.norm(centre)), 1e-12)
        closeness = vectors[inside] @ centre
        best = inside[np.argsort(-closeness, kind="stable")][: settings.representatives]
        label, cosine = _nearest(centre, leaf_ids, leaf_vectors)
        threads = tuple(thread_ids[place] for place in best)
        found.append(Topic(topic, keywords.get(topic, ()), len(inside), threads, label, cosine))
    return found


def _nearest(centre: Vectors, leaf_ids: Sequence[str], leaf_vectors: Vectors) -> tuple[str, float]:
    if not leaf_ids:
        return "", 0.0
    cosines = leaf_vectors @ centre
    place = int(np.argmax(cosines))
    return leaf_ids[place], float(cosines[place])
