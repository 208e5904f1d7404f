"""What a fit says of the posts it learned from, by models that had seen neither them nor others of their source."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from classifier.decide import comparable, fit_decider
from classifier.evaluate import Gold
from classifier.features import CONTEXT
from classifier.folds import folds_of
from classifier.labels import Array, LabelSpace
from classifier.real import TrainingSet
from classifier.refiner import Scores
from classifier.reviewed import REVIEWS
from classifier.settings import Settings
from classifier.taxonomy import Taxonomy
from store.values import Classification

FILE = "held_out.safetensors"
REVIEWED = "reviews"
LAYERS = ("real posts", "real replies", "examples", REVIEWED)
_ABOUT = "about"


class HeldOutError(RuntimeError):
    """Held-out answers that are missing or damaged."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Posts of a fit with their labels, and what was said of them unseen.

    layers: of LAYERS, where each post comes from; groups: what each was held out with; sources: where each is, none at
    all in files of earlier fits; labels: true leaf ids. leaves float32 [n, k] as they are compared, categories float32
    [n, c]; given bool [n, k]; abstained bool [n].
    """

    layers: tuple[str, ...]
    groups: tuple[str, ...]
    sources: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    leaves: Array
    categories: Array
    given: NDArray[np.bool_]
    abstained: NDArray[np.bool_]

    def of_layer(self, layer: str) -> HeldOut:
        """The posts of one layer."""
        mask = np.asarray([name == layer for name in self.layers])
        return HeldOut(
            tuple(compress(self.layers, mask)),
            tuple(compress(self.groups, mask)),
            tuple(compress(self.sources, mask)),
            tuple(compress(self.labels, mask)),
            *(array[mask] for array in (self.leaves, self.categories, self.given, self.abstained)),
        )

    @property
    def gold(self) -> list[Gold]:
        """The true labels; the first counts as the primary one."""
        return [Gold(str(row), labels[:1], labels, labels) for row, labels in enumerate(self.labels)]

    def answers(self, taxonomy: Taxonomy) -> list[Classification]:
        """What was said of the posts, in order; ids are as in `gold`."""
        ids = [leaf.id for leaf in taxonomy.leaves]
        answers = []
        for row, values in enumerate(self.leaves):
            order = np.argsort(-values, kind="stable")
            ranked = tuple((ids[j], float(values[j])) for j in order)
            labels = tuple((ids[j], float(values[j])) for j in order if self.given[row, j])
            answers.append(Classification(str(row), labels, ranked, bool(self.abstained[row])))
        return answers

    def save(self, path: Path) -> None:
        """Write to a file; scores in half precision."""
        about = {"layers": self.layers, "groups": self.groups, "sources": self.sources, "labels": self.labels}
        arrays: dict[str, NDArray[Any]] = {
            "leaves": self.leaves.astype(np.float16),
            "categories": self.categories.astype(np.float16),
            "given": self.given.astype(np.uint8),
            "abstained": self.abstained.astype(np.uint8),
        }
        path.write_bytes(save(arrays, {_ABOUT: json.dumps(about, ensure_ascii=False)}))


def hold_out(data: TrainingSet, scores: Scores, space: LabelSpace, settings: Settings, exclusive: bool) -> HeldOut:
    """Answer held-out scores by thresholds that were chosen on the posts of other groups."""
    y = space.targets(data.labels)
    given, abstained = np.zeros(y.shape, dtype=bool), np.zeros(len(y), dtype=bool)
    for train, test in folds_of(data.groups, settings.folds, settings.seed):
        decider = fit_decider(scores.take(train), y[train], space, exclusive, none_recall=settings.none_recall)
        some = scores.take(test)
        given[test], abstained[test] = decider.given(some, space), decider.abstained(some, space)
    replies = data.features.context[:, CONTEXT.index("reply")] > 0
    reviewed = (group.startswith(REVIEWS) for group in data.groups)
    layers = tuple(
        LAYERS[int(reply)] if real else REVIEWED if review else LAYERS[2]
        for real, reply, review in zip(data.real, replies, reviewed, strict=True)
    )
    leaves = comparable(scores.leaves, exclusive)
    return HeldOut(layers, data.groups, data.sources, data.labels, leaves, scores.categories, given, abstained)


def load_held_out(path: Path) -> HeldOut:
    """Read a file. Raises HeldOutError."""
    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {})[_ABOUT])
            arrays = {name: file.get_tensor(name) for name in ("leaves", "categories", "given", "abstained")}
        return HeldOut(
            tuple(about["layers"]),
            tuple(about["groups"]),
            tuple(about.get("sources", ())),
            tuple(map(tuple, about["labels"])),
            arrays["leaves"].astype(np.float32),
            arrays["categories"].astype(np.float32),
            arrays["given"].astype(bool),
            arrays["abstained"].astype(bool),
        )
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise HeldOutError(f"{path}: cannot be read ({error}); fit the bundle anew") from error
