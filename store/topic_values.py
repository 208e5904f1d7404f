"""Topics as they cross rooms."""

from __future__ import annotations

from dataclasses import dataclass

OUTLIERS = -1
"""Id of the topic that holds the threads which belong to none."""


Point = tuple[float, float]
"""A place on the map, both coordinates in [-1, 1]."""

NEW_THEME_FIT = 0.45
NEW_THEME_CONFIDENCE = 0.65
"""A topic below both in its label fit and confidence is a new theme; chosen by hiding categories from the taxonomy."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A discovered cluster of threads; OUTLIERS holds the rest.

    `nearest_label` and `nearest_cosine` compare its centre with the definitions of the leaves. `coherence` is that of
    its words. `point`: the middle of its threads on the map. What the current bundle says of it: `distribution`, (leaf
    id, share of threads), biggest first; and of the opening posts alone `leading_label`, the leaf that most of them
    carry, with its share; `unlabelled`, the share without a label; `label_fit`, the share of them that the best
    category can be expected to cover: their mean score for it (that of its strongest leaf, 0 where they do not carry
    it); `label_confidence`, the mean score of the strongest label of each. `new_theme`: both are low, so no label fits.
    None and empty where no bundle has read them.
    """

    id: int
    keywords: tuple[str, ...]
    size: int
    representatives: tuple[int, ...]
    nearest_label: str
    nearest_cosine: float
    distribution: tuple[tuple[str, float], ...] = ()
    name: str = ""
    coherence: float | None = None
    leading_label: str = ""
    leading_share: float | None = None
    unlabelled: float | None = None
    label_fit: float | None = None
    label_confidence: float | None = None
    new_theme: bool | None = None
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class TopicRun:
    """One search for topics, and how good it was.

    `recipe`: hash of encoder, settings, seed and taxonomy. `revision`: the last thread revision that was taken up.
    `sought`: threads that were clustered; later ones are placed by their nearest centre. `outliers_found`: outliers
    before they were given to their nearest topic. `next_topic`: the lowest topic id never used. `repeated_lines`: keys
    of lines that decide nothing. `coherence` and `diversity` as `classifier/coherence.py` measures them.
    """

    key: str
    recipe: str
    revision: int
    sought: int
    outliers_found: int
    next_topic: int
    repeated_lines: frozenset[str] = frozenset()
    coherence: float | None = None
    diversity: float | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A thread and its topic; None: it is in no topic, nor an outlier. `text_hash`: of what decided it, 32 bytes.

    `point`: where it lies on the map; None where there is none.
    """

    thread_id: int
    month: int
    topic: int | None
    text_hash: bytes
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A thread on the map."""

    thread_id: int
    topic: int
    point: Point
    title: str


@dataclass(frozen=True, slots=True)
class TopicMap:
    """Threads on the map by topic, then id: all of them, or of `total` a sample in proportion to topics' sizes."""

    points: tuple[MapPoint, ...]
    total: int


def is_new_theme(label_fit: float, label_confidence: float) -> bool:
    """Whether no label fits a topic. A mixed topic has a low fit alone: each of its posts has a label of its own."""
    return label_fit < NEW_THEME_FIT and label_confidence < NEW_THEME_CONFIDENCE
