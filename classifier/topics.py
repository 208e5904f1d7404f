"""Topics: clusters that BERTopic finds among the opening posts, over vectors that are already there.

Topics stand apart from the label bundles; a topic is tied to the taxonomy only by its nearest label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from classifier.clusters import Clusters, Vectors, centre_of, find_clusters
from classifier.coherence import WORDS, c_npmi, diversity
from classifier.keywords import TopicWords, short_name, topic_words, word_counter, word_reader
from classifier.matching import Earlier, match_topics
from classifier.topic_map import lay_out, middle
from classifier.topic_settings import DEFAULT_SETTINGS, TopicSettings
from store.topic_values import OUTLIERS, Point, Topic


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaves of the taxonomy, and the vectors of their definitions, [leaves, d], L2-normalized."""

    ids: Sequence[str]
    vectors: Vectors

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.vectors):
            raise ValueError(f"{len(self.ids)} leaf ids and {len(self.vectors)} leaf vectors: give one vector for each")


@dataclass(frozen=True, slots=True)
class Discovery:
    """Topics, biggest first and the outliers last, and what was measured on the way.

    `members` and `points`: topic of each thread and its place on the map, in the order given. `centres`: of each topic,
    L2-normalized. `outliers_found`: outliers before they were given to their nearest topic. `coherence`: mean over the
    topics. `kept` and `retired`: ids of the earlier run that go on and that are gone; `next_id`: the lowest id that no
    topic ever had.
    """

    topics: list[Topic]
    members: list[int]
    points: list[Point] = field(default_factory=list)
    centres: dict[int, Vectors] = field(default_factory=dict)
    outliers_found: int = 0
    coherence: float | None = None
    diversity: float | None = None
    kept: frozenset[int] = frozenset()
    retired: frozenset[int] = frozenset()
    next_id: int = 0


def discover(
    thread_ids: Sequence[int],
    docs: Sequence[str],
    vectors: Vectors,
    leaves: Leaves,
    seed: int = 0,
    settings: TopicSettings = DEFAULT_SETTINGS,
    earlier: Earlier | None = None,
) -> Discovery:
    """Topics of these threads. A topic that goes on from the earlier run keeps its id; fresh ids go by size.

    `vectors` (shape [threads, d]) are L2-normalized. The same threads, seed and earlier run give the same topics on the
    same machine, in whatever order the threads come. Fewer than `settings.small` threads are grouped without UMAP and
    HDBSCAN.

    Raises:
        ValueError: the lengths of the sequences do not agree.
    """
    if not len(thread_ids) == len(docs) == len(vectors):
        raise ValueError(f"{len(thread_ids)} thread ids, {len(docs)} docs, {len(vectors)} vectors: give one of each")
    order = sorted(range(len(docs)), key=lambda place: thread_ids[place])
    threads = [thread_ids[place] for place in order]
    found = _discover(threads, [docs[place] for place in order], vectors[order], leaves, seed, settings, earlier)
    by_thread = dict(zip(threads, zip(found.members, found.points, strict=True), strict=True))
    found.members[:] = [by_thread[thread][0] for thread in thread_ids]
    found.points[:] = [by_thread[thread][1] for thread in thread_ids]
    return found


def _discover(
    threads: Sequence[int],
    docs: Sequence[str],
    vectors: Vectors,
    leaves: Leaves,
    seed: int,
    settings: TopicSettings,
    earlier: Earlier | None,
) -> Discovery:
    counter = word_counter(docs)
    grouped = Clusters([OUTLIERS] * len(docs), len(docs), vectors)
    if len(docs) >= settings.small_size and any(doc.strip() for doc in docs):
        grouped = find_clusters(docs, vectors, counter, seed, settings)
    clusters = _by_size(threads, grouped.members)
    points: list[Point] = [(float(x), float(y)) for x, y in lay_out(grouped.reduced, seed, settings)]
    centres = _centres(vectors, clusters)
    matched = match_topics(dict(zip(threads, clusters, strict=True)), centres, earlier or Earlier())
    members = [OUTLIERS if cluster == OUTLIERS else matched.ids[cluster] for cluster in clusters]
    words = topic_words(docs, members, counter, settings.keywords) if len(centres) else {}
    judged = [words[topic].words[:WORDS] for topic in matched.ids]
    coherence = dict(zip(matched.ids, c_npmi(judged, docs, word_reader(counter)), strict=True))
    known = [value for value in coherence.values() if value is not None]
    by_id = dict(zip(matched.ids, centres, strict=True))
    lying: defaultdict[int, list[Point]] = defaultdict(list)
    for member, point in zip(members, points, strict=True):
        lying[member].append(point)
    topics = [
        replace(
            _describe(topic, threads, members, vectors, by_id, words[topic], coherence[topic], leaves, settings),
            point=middle(lying[topic]),
        )
        for topic in matched.ids
    ]
    if left := members.count(OUTLIERS):
        topics.append(Topic(OUTLIERS, (), left, (), "", 0.0))
    return Discovery(
        topics,
        members,
        points,
        by_id,
        grouped.outliers,
        float(np.mean(known)) if known else None,
        diversity(judged),
        matched.kept,
        matched.retired,
        matched.next_id,
    )


def _by_size(threads: Sequence[int], clusters: Sequence[int]) -> list[int]:
    """Clusters numbered anew from 0, biggest first; of equals the one with the oldest thread."""
    groups: dict[int, list[int]] = {}
    for thread, cluster in zip(threads, clusters, strict=True):
        groups.setdefault(cluster, []).append(thread)
    groups.pop(OUTLIERS, None)
    order = sorted(groups, key=lambda cluster: (-len(groups[cluster]), min(groups[cluster])))
    renamed = {old: new for new, old in enumerate(order)} | {OUTLIERS: OUTLIERS}
    return [renamed[cluster] for cluster in clusters]


def _centres(vectors: Vectors, clusters: Sequence[int]) -> Vectors:
    """Centre of each cluster, [clusters, d]."""
    places = np.asarray(clusters, dtype=np.int64)
    found = [centre_of(vectors[places == cluster]) for cluster in range(places.max(initial=OUTLIERS) + 1)]
    return np.stack(found) if found else np.zeros((0, vectors.shape[1] if vectors.ndim == 2 else 0), dtype=np.float32)


def _describe(
    topic: int,
    threads: Sequence[int],
    members: Sequence[int],
    vectors: Vectors,
    centres: dict[int, Vectors],
    words: TopicWords,
    coherence: float | None,
    leaves: Leaves,
    settings: TopicSettings,
) -> Topic:
    inside = np.flatnonzero(np.asarray(members) == topic)
    closeness = vectors[inside] @ centres[topic]
    best = inside[np.argsort(-closeness, kind="stable")][: settings.representatives]
    label, cosine = _nearest(centres[topic], leaves)
    return Topic(
        id=topic,
        keywords=words.phrases,
        size=len(inside),
        representatives=tuple(threads[place] for place in best),
        nearest_label=label,
        nearest_cosine=cosine,
        name=short_name(words.phrases),
        coherence=coherence,
    )


def _nearest(centre: Vectors, leaves: Leaves) -> tuple[str, float]:
    if not leaves.ids:
        return "", 0.0
    cosines = leaves.vectors @ centre
    place = int(np.argmax(cosines))
    return leaves.ids[place], float(cosines[place])
