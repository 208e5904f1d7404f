"""Given and wanted labels as counts, post by post: every figure is a function of their weighted sums."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

LabelSets = Sequence[AbstractSet[str]]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SUPPORT = 3
"""Place of `required` among the counts."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Labels given to posts beside those that annotators gave.

    counts: bool [n, 4, L], for each post and label: given and accepted, given, given and required, required.
    hits: bool [n, 3], for each post: has a primary label, it ranks first, it is among the first three.
    """

    labels: tuple[str, ...]
    counts: Mask
    hits: Mask

    def sums(self, weights: Floats) -> Floats:
        """Counts over posts that weigh so much, [b, n] to [b, 4, L]."""
        flat = csr_array(self.counts.reshape(len(self.counts), 4 * len(self.labels)), dtype=np.float64)
        return np.asarray(weights @ flat).reshape(len(weights), 4, len(self.labels))

    def top(self, weights: Floats) -> Floats:
        """Share of posts with a primary label whose primary label ranks first, among the first three: [2, b]."""
        asked, first, three = (weights @ self.hits).T
        return np.asarray(np.stack([first, three]) / np.maximum(asked, 1))


def tally(
    given: LabelSets, required: LabelSets, accepted: LabelSets, primary: LabelSets, tops: Sequence[Sequence[str]]
) -> Tally:
    """Count posts, all in the same order; `tops`: labels of each post without repeats, best first."""
    labels = tuple(sorted(set().union(*given, *required, *accepted)))
    is_given, is_required, is_accepted = (_matrix(sets, labels) for sets in (given, required, accepted))
    counts = np.stack([is_given & is_accepted, is_given, is_given & is_required, is_required], axis=1)
    hits = [
        (bool(wanted), bool(wanted & set(top[:1])), bool(wanted & set(top[:3])))
        for wanted, top in zip(primary, tops, strict=True)
    ]
    return Tally(labels, counts, np.asarray(hits, dtype=bool).reshape(-1, 3))


def _matrix(sets: LabelSets, labels: Sequence[str]) -> Mask:
    column = {label: index for index, label in enumerate(labels)}
    out = np.zeros((len(sets), len(labels)), dtype=bool)
    for row, some in enumerate(sets):
        out[row, [column[label] for label in some]] = True
    return out


def rates(sums: Floats) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and F1 of counts [..., 4, L], each [..., L]; 0 where nothing was given or required."""
    right, given, found, required = np.moveaxis(sums, -2, 0)
    precision = right / np.maximum(given, 1)
    recall = found / np.maximum(required, 1)
    return precision, recall, 2 * precision * recall / np.maximum(precision + recall, 1e-12)


def micro(sums: Floats) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and F1 over all labels together, of counts [..., 4, L]."""
    precision, recall, f1 = rates(sums.sum(axis=-1, keepdims=True))
    return precision[..., 0], recall[..., 0], f1[..., 0]


def macro(sums: Floats, wanted: Mask) -> Floats:
    """Mean F1 of the wanted labels [L] that occur, of counts [b, 4, L]; NaN where none does."""
    occurs = wanted & (sums[:, _SUPPORT] > 0)
    f1 = np.where(occurs, rates(sums)[2], 0.0).sum(axis=-1)
    number = occurs.sum(axis=-1)
    return np.where(number > 0, f1 / np.maximum(number, 1), np.nan)


def support(sums: Floats) -> Floats:
    """Posts that require each label, of counts [..., 4, L]."""
    return np.asarray(sums[..., _SUPPORT, :])
