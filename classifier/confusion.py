"""What is given in place of what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from classifier.evaluate import Judged
from classifier.tally import Tally

NONE = "(none)"
ABSTAINED = "(abstained)"
ONLY_RIGHT = "(only right ones)"
"""Not ids: brackets cannot stand in one."""

_IDS = 5


@dataclass(frozen=True, slots=True)
class Confusion:
    """Posts of which `missed` was required and not given, and `given` was given though no annotator did.

    `missed` `(none)`: no label was required. `given` `(none)`, `(abstained)`: no label was given; `(only right ones)`:
    others that are right. `of`: posts that miss this label, or wrongly have any; `required`: posts that require it.
    A post with two wrong labels counts for both. `ids`: the first few posts.
    """

    missed: str
    given: str
    posts: int
    of: int
    required: int
    ids: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain form."""
        return asdict(self) | {"ids": list(self.ids)}


def confusions(judged: Judged, tally: Tally) -> tuple[Confusion, ...]:
    """Confusions of one level (`judged.category` or `judged.leaf`), the most frequent first."""
    posts: dict[tuple[str, str], list[str]] = defaultdict(list)
    misses: Counter[str] = Counter()
    for row, gold in enumerate(judged.gold):
        wrong, missed = _row(judged, tally, row)
        misses.update(missed)
        for label, given in ((m, g) for m in missed for g in wrong):
            posts[label, given].append(gold.id)
    required = dict(zip(tally.labels, tally.counts[:, 3].sum(axis=0), strict=True))
    required[NONE] = judged.wants_none.sum()
    found = [
        Confusion(label, given, len(ids), misses[label], int(required[label]), tuple(sorted(ids)[:_IDS]))
        for (label, given), ids in posts.items()
    ]
    return tuple(sorted(found, key=lambda c: (-c.posts, c.missed, c.given)))


def _row(judged: Judged, tally: Tally, row: int) -> tuple[list[str], list[str]]:
    """What was given wrongly, or in which way nothing was; what was missed."""
    right, given, found, required = tally.counts[row]
    wrong = list(_named(tally, given & ~right))
    missed = list(_named(tally, required & ~found))
    if judged.wants_none[row] and wrong:
        return wrong, [NONE]
    if missed and not wrong:
        wrong = [ABSTAINED if judged.abstained[row] else ONLY_RIGHT if given.any() else NONE]
    return wrong, missed


def _named(tally: Tally, mask: Iterable[bool]) -> Iterator[str]:
    return (tally.labels[column] for column in np.flatnonzero(np.asarray(mask)))
