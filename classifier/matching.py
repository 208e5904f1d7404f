"""Topic ids that stay: the clusters of a new run are matched to the topics of the run before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.metrics.cluster import contingency_matrix

from store.topic_values import OUTLIERS

Vectors = NDArray[np.float32]

LEAST_JACCARD = 0.3
"""Over the threads that both runs hold; below it a cluster does not continue a topic."""

LEAST_COSINE = 0.9
"""Between centres, where too few threads are shared to tell."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The run before: the topic of each of its threads, and the centre of each topic, L2-normalized.

    `centres` is empty where vectors cannot be compared, as those of another encoder. `next_id`: the lowest id that no
    topic ever had.
    """

    members: Mapping[int, int] = field(default_factory=dict)
    centres: Mapping[int, Vectors] = field(default_factory=dict)
    next_id: int = 0


@dataclass(frozen=True, slots=True)
class Matched:
    """The id of each cluster, in order; ids that go on and those that are retired; the lowest id never used."""

    ids: tuple[int, ...]
    kept: frozenset[int]
    retired: frozenset[int]
    next_id: int


def match_topics(members: Mapping[int, int], centres: Vectors, earlier: Earlier) -> Matched:
    """Give each cluster the id of the earlier topic that it continues, else the next fresh one.

    `members`: cluster of each thread, numbered as the rows of `centres` ([clusters, d]), or OUTLIERS. Clusters are
    paired with topics one to one, first by the threads that both runs hold, so that the sum of the Jaccard similarities
    is highest (Hungarian method; the threshold is that of Greene, Doyle and Cunningham, 2010, "Tracking the evolution
    of communities in dynamic social networks"), then those left over by their centres. No id is ever given to two
    topics, and a retired one does not come back. Lower clusters get lower fresh ids.
    """
    old = sorted({topic for topic in earlier.members.values() if topic != OUTLIERS} | set(earlier.centres))
    clusters = list(range(len(centres)))
    found = _pairs(_jaccard(members, earlier.members, clusters, old), clusters, old, LEAST_JACCARD)
    left = [cluster for cluster in clusters if cluster not in found]
    free = [topic for topic in sorted(earlier.centres) if topic not in found.values()]
    if left and free:
        cosines = centres[left] @ np.stack([earlier.centres[topic] for topic in free]).T
        found |= _pairs(cosines, left, free, LEAST_COSINE)
    next_id = max([earlier.next_id, *(topic + 1 for topic in old)])
    fresh = {cluster: next_id + place for place, cluster in enumerate(c for c in clusters if c not in found)}
    ids = tuple((found | fresh)[cluster] for cluster in clusters)
    kept = frozenset(found.values())
    return Matched(ids, kept, frozenset(old) - kept, next_id + len(fresh))


def _jaccard(
    members: Mapping[int, int], before: Mapping[int, int], clusters: Sequence[int], old: Sequence[int]
) -> NDArray[np.float64]:
    """Similarity of each cluster to each earlier topic as sets of those threads that both runs hold."""
    similarity = np.zeros((len(clusters), len(old)))
    common = sorted(members.keys() & before.keys())
    if not common:
        return similarity
    now, then = [members[thread] for thread in common], [before[thread] for thread in common]
    shared = contingency_matrix(now, then)
    union = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0) - shared
    row = {cluster: place for place, cluster in enumerate(np.unique(now).tolist())}
    column = {topic: place for place, topic in enumerate(np.unique(then).tolist())}
    rows = [cluster for cluster in clusters if cluster in row]
    columns = [place for place, topic in enumerate(old) if topic in column]
    ratio = shared / union
    similarity[np.ix_(rows, columns)] = ratio[
        np.ix_([row[cluster] for cluster in rows], [column[old[place]] for place in columns])
    ]
    return similarity


def _pairs(
    similarity: NDArray[np.floating], rows: Sequence[int], columns: Sequence[int], least: float
) -> dict[int, int]:
    """Which row goes with which column, for the highest sum; pairs below `least` are no pairs."""
    # What is below the threshold must not win its place by adding to the sum.
    gain = np.where(similarity >= least, similarity, 0.0)
    places = zip(*linear_sum_assignment(gain, maximize=True), strict=True)
    return {rows[row]: columns[column] for row, column in places if gain[row, column] > 0}
