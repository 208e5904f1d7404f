"""Folds that keep what belongs together on one side."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_OWNER = re.compile(r"https?://[^/]+(?:/[^/]+)?")
_PLACE = re.compile(r"https?://[^/]+(?:/[^/]+){0,2}")
_LEAST_GROUPS = 3


def groups_of(posts: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """What each post is held out with, of (id, source): the widest of these that tells at least three groups.

    1. A repository's owner or a site's section, a thread, or a site: of a URL its host and one step of its path,
       `name:thread` of `name:thread/post`, `name` of `name:item`.
    2. A repository: of a URL its host and two steps of its path.
    3. The post alone, as wherever its source is not known.
    """
    for group in (_owner, _repository):
        groups = tuple(group(source) if source else f"id:{post_id}" for post_id, source in posts)
        if len(set(groups)) >= _LEAST_GROUPS:
            return groups
    return tuple(f"id:{post_id}" for post_id, _ in posts)


def place_of(source: str) -> str:
    """Where people know each other: the repository or site section of a URL, the forum of `forum:thread/post`."""
    match = _PLACE.match(source)
    if match:
        return match[0]
    return source.partition(":")[0] if "/" in source else source


def _owner(source: str) -> str:
    if match := _OWNER.match(source):
        return match[0]
    thread, slash, _ = source.partition("/")
    return thread if slash else thread.partition(":")[0]


def _repository(source: str) -> str:
    match = _PLACE.match(source)
    return match[0] if match else source.partition("/")[0]


def folds_of(groups: Sequence[str], count: int, seed: int = 0) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """(train, test) row indices; groups go whole, the largest first, each into the smallest fold.

    Deterministic; `seed` decides the order of groups of one size.
    """
    sizes = Counter(groups)
    count = max(2, min(count, len(sizes)))
    filled = [0] * count
    fold: dict[str, int] = {}
    names = np.random.default_rng(seed).permutation(sorted(sizes)).tolist()
    for group in sorted(names, key=lambda name: -sizes[name]):
        fold[group] = filled.index(min(filled))
        filled[fold[group]] += sizes[group]
    of_row = np.asarray([fold[group] for group in groups])
    for number in range(count):
        yield np.flatnonzero(of_row != number), np.flatnonzero(of_row == number)
