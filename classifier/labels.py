"""The labels of a taxonomy as the models see them: columns, and vectors of their definitions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.embedder import Embedder
from classifier.taxonomy import Taxonomy
from store.values import Label

Array = NDArray[np.float32]

_SENTENCE = re.compile(r"(?<=[.?!;:])\s+")


@dataclass(frozen=True, slots=True)
class LabelSpace:
    """Leaves and categories as columns.

    category_of: int [k], column of each leaf's category; leaf_vectors [k, d] and category_vectors [c, d] of names with
    definitions; phrase_vectors [m, d] of the sentences of leaf definitions and phrase_leaf, int [m], whose they are.
    """

    leaves: tuple[str, ...]
    categories: tuple[str, ...]
    category_of: NDArray[np.intp]
    leaf_vectors: Array
    category_vectors: Array
    phrase_vectors: Array
    phrase_leaf: NDArray[np.intp]

    def targets(self, label_sets: Sequence[Sequence[str]]) -> Array:
        """Leaf ids of posts as 0/1, float32 [n, k]."""
        column = {leaf: index for index, leaf in enumerate(self.leaves)}
        y = np.zeros((len(label_sets), len(self.leaves)), dtype=np.float32)
        for row, labels in enumerate(label_sets):
            for label in labels:
                y[row, column[label]] = 1
        return y

    @property
    def width(self) -> int:
        """Number of outcomes."""
        return len(self.leaves) + len(self.categories) + 1

    def outcomes(self, y: Array) -> Array:
        """What models learn of leaves [n, k]: these, the categories, and whether any applies, [n, k + c + 1]."""
        return np.concatenate((y, self.to_categories(y), y.max(axis=1, keepdims=True)), axis=1)

    def to_categories(self, leaf_values: Array) -> Array:
        """Highest value among the leaves of each category, [n, c]."""
        out = np.full((len(leaf_values), len(self.categories)), -np.inf, dtype=np.float32)
        for column, category in enumerate(self.category_of):
            out[:, category] = np.maximum(out[:, category], leaf_values[:, column])
        return out

    def best_of_category(self, leaf_values: Array) -> NDArray[np.bool_]:
        """Where the highest value among the leaves of each category is, [n, k], the first of equals."""
        best = np.zeros(leaf_values.shape, dtype=bool)
        rows = np.arange(len(leaf_values))
        for category in range(len(self.categories)):
            columns = np.flatnonzero(self.category_of == category)
            best[rows, columns[leaf_values[:, columns].argmax(axis=1)]] = True
        return best


def outcome_names(taxonomy: Taxonomy) -> list[str]:
    """What each outcome of a taxonomy is: leaf ids, category ids after `category:`, and `any`."""
    categories = [f"category:{category.id}" for category in taxonomy.categories]
    return [*(leaf.id for leaf in taxonomy.leaves), *categories, "any"]


def read_labels(taxonomy: Taxonomy, embedder: Embedder) -> LabelSpace:
    """Embed the names and definitions of a taxonomy's labels."""
    leaves, categories = taxonomy.leaves, taxonomy.categories
    phrases = [(row, text) for row, leaf in enumerate(leaves) for text in definition_phrases(leaf)]
    texts = [definition_text(label) for label in (*leaves, *categories)] + [text for _, text in phrases]
    vectors = embedder.encode(texts)
    k, c = len(leaves), len(categories)
    column = {category.id: index for index, category in enumerate(categories)}
    return LabelSpace(
        tuple(leaf.id for leaf in leaves),
        tuple(category.id for category in categories),
        np.asarray([column[leaf.category] for leaf in leaves], dtype=np.intp),
        vectors[:k],
        vectors[k : k + c],
        vectors[k + c :],
        np.asarray([row for row, _ in phrases], dtype=np.intp),
    )


def definition_text(label: Label) -> str:
    """What of a label is embedded: its name and definition."""
    return f"{label.name}. {label.definition}"


def definition_phrases(label: Label) -> list[str]:
    """The name, the whole definition and its sentences: each stands in for an example of the label."""
    sentences = [part for part in _SENTENCE.split(label.definition) if len(part) > 15]
    return list(dict.fromkeys((label.name, definition_text(label), *sentences)))
