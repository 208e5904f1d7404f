"""Which labelled posts speak for a label: of those that carry it, the nearest by the cosine of their prose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from classifier.heldout import LAYERS, HeldOut
from classifier.logistic import Array
from classifier.refiner import StackedRefiner
from store.values import Classification, ExampleOrigin, NearExample

MOST = 3
_ORIGINS = dict(zip(LAYERS, (*[ExampleOrigin.REAL] * 2, ExampleOrigin.GIVEN, ExampleOrigin.REVIEWED), strict=True))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The posts that a bundle was fitted on, without their texts.

    vectors: float32 [n, d] of their prose under the title, of unit length, or zeros where there is none.
    """

    vectors: Array
    sources: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    origins: tuple[ExampleOrigin, ...]
    _rows: dict[str, list[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows: defaultdict[str, list[int]] = defaultdict(list)
        for row, labels in enumerate(self.labels):
            for label in labels:
                rows[label].append(row)
        object.__setattr__(self, "_rows", dict(rows))

    def explain(self, vectors: Array, answers: Sequence[Classification]) -> list[Classification]:
        """Answers with the nearest examples beside the terms of each of their labels. vectors: [m, d], of the posts."""
        explained = []
        for answer, cosines in zip(answers, vectors @ self.vectors.T, strict=True):
            reasons = (
                replace(one, examples=self._nearest(self._rows.get(one.label, ()), cosines)) for one in answer.reasons
            )
            explained.append(replace(answer, reasons=tuple(reasons)))
        return explained

    def _nearest(self, rows: Sequence[int], cosines: Array) -> tuple[NearExample, ...]:
        """The nearest of some; what is not alike at all is left out."""
        carrying = np.asarray(rows, dtype=np.intp)
        best = carrying[np.argsort(-cosines[carrying], kind="stable")[:MOST]]
        return tuple(
            NearExample(self.sources[row], self.labels[row], min(float(cosines[row]), 1.0), self.origins[row])
            for row in best
            if cosines[row] > 0
        )


def neighbours_of(refiner: StackedRefiner, held_out: HeldOut | None) -> Neighbours | None:
    """The posts of a fit with the vectors that its experts keep; None where their sources were not kept."""
    if held_out is None or not held_out.sources:
        return None
    prose = refiner.experts.dense.rows[: len(held_out.sources), : refiner.space.leaf_vectors.shape[1]]
    lengths = np.linalg.norm(prose, axis=1, keepdims=True)
    unit = np.divide(prose, lengths, out=np.zeros_like(prose), where=lengths > 0)
    return Neighbours(unit, held_out.sources, held_out.labels, tuple(_ORIGINS[layer] for layer in held_out.layers))
