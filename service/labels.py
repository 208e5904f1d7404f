"""The labels of a taxonomy by id, and what to say of an id that is none."""

from __future__ import annotations

from service.model import Taxonomy
from service.validation import Violations, nearest, shown
from store.values import Label


class LabelIndex:
    """Looks labels up; a category without leaves is its own leaf and counts as both."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.ref = taxonomy.ref
        self._labels = {label.id: label for label in taxonomy.labels}
        self._leaves = {label.id for label in taxonomy.labels if label.leaf}
        self._categories = {label.category for label in taxonomy.labels}

    @property
    def kinds(self) -> list[str]:
        """Kinds in the order of the taxonomy."""
        return list(dict.fromkeys(label.kind for label in self._labels.values()))

    def kind(self, label_id: str) -> str:
        """Kind of a label; empty for one that the taxonomy does not have."""
        label = self._labels.get(label_id)
        return label.kind if label else ""

    def ordered(self) -> list[Label]:
        """All labels, each category before its leaves, otherwise as the taxonomy has them."""
        groups: dict[str, list[Label]] = {}
        for label in self._labels.values():
            groups.setdefault(label.category, []).append(label)
        return [label for group in groups.values() for label in sorted(group, key=lambda each: each.leaf)]

    def check_leaf(self, found: Violations, field: str, value: str) -> None:
        """Note a problem unless the value is a leaf."""
        if value in self._leaves:
            return
        if value in self._categories:
            found.add(field, f"{shown(value)} is a category: give it as category, or name one of its leaves")
        else:
            self._unknown(found, field, value, "label", self._leaves)

    def check_category(self, found: Violations, field: str, value: str) -> None:
        """Note a problem unless the value is a category."""
        if value in self._categories:
            return
        if value in self._leaves:
            category = value.partition("/")[0]
            found.add(field, f"{shown(value)} is a leaf: give it as label, or its category {category!r}")
        else:
            self._unknown(found, field, value, "category", self._categories)

    def check_any(self, found: Violations, field: str, value: str) -> None:
        """Note a problem unless the value is a leaf or a category."""
        if value not in self._leaves and value not in self._categories:
            self._unknown(found, field, value, "label", self._leaves | self._categories)

    def check_kind(self, found: Violations, field: str, value: str) -> None:
        """Note a problem unless some label is of this kind."""
        if value not in self.kinds:
            found.add(field, f"{shown(value)} is not a kind of {self.ref}: give one of {', '.join(self.kinds)}")

    def _unknown(self, found: Violations, field: str, value: str, what: str, known: set[str]) -> None:
        if not value:
            found.add(field, f"is empty: name a {what} of {self.ref}, or leave it unset")
        else:
            found.add(field, f"{shown(value)} is not a {what} of {self.ref}{nearest(value, sorted(known))}: "
                      "ListLabels gives them")  # fmt: skip
