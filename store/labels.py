"""Label ids: a leaf is `category/leaf`, or the category itself where it has no leaves."""

from __future__ import annotations

from collections.abc import Iterable


def category_of(label: str) -> str:
    """Id of the category that a label belongs to."""
    return label.partition("/")[0]


def with_categories(leaves: Iterable[str]) -> set[str]:
    """The leaves and the categories that they belong to."""
    leaves = set(leaves)
    return leaves | {category_of(leaf) for leaf in leaves}


def without_categories(labels: Iterable[str]) -> list[str]:
    """Only the leaves, in the order given: a category beside one of its leaves is left out."""
    labels = list(labels)
    parents = {category_of(label) for label in labels if "/" in label}
    return [label for label in labels if label not in parents]
