"""Folds that keep what belongs together on one side."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from store.values import PostInput

_OWNER = re.compile(r"https?://[^/]+(?:/[^/]+)?")
_PLACE = re.compile(r"https?://[^/]+(?:/[^/]+){0,2}")


def group_of(post: PostInput) -> str:
    """What a post is held out with: all of its repository's owner or site section, its thread, or itself.

    A source that is a URL groups by host and one step of its path, `name:thread/post` by `name:thread`, and `name:item`
    by `name`.
    """
    if not post.source:
        return f"id:{post.id}"
    if match := _OWNER.match(post.source):
        return match[0]
    thread, slash, _ = post.source.partition("/")
    return thread if slash else thread.partition(":")[0]


def place_of(source: str) -> str:
    """Where people know each other: the repository or site section of a URL, the forum of `forum:thread/post`."""
    match = _PLACE.match(source)
    if match:
        return match[0]
    return source.partition(":")[0] if "/" in source else source


def folds_of(groups: Sequence[str], count: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """(train, test) row indices; groups go whole, the largest first, each into the smallest fold. Deterministic."""
    sizes = Counter(groups)
    count = max(2, min(count, len(sizes)))
    filled = [0] * count
    fold: dict[str, int] = {}
    for group, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        fold[group] = filled.index(min(filled))
        filled[fold[group]] += size
    of_row = np.asarray([fold[group] for group in groups])
    for number in range(count):
        yield np.flatnonzero(of_row != number), np.flatnonzero(of_row == number)
