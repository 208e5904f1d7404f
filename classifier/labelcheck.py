"""Whether labelled rows are fit to learn from: their form, repeats, and how they are spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from classifier.labels import Array
from classifier.real import text_sha256
from classifier.rows import RowError, parse_labels, parse_row
from classifier.taxonomy import Taxonomy
from store.values import Example

NEAR = 0.9
"""Cosine above which two posts say nearly the same."""

FEW = 10
"""Rows below which a leaf is called rare."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong (`error`) or worth a look, and with which rows."""

    error: bool
    rows: tuple[str, ...]
    problem: str


@dataclass(slots=True)
class LabelReport:
    """What was found. `leaves`: rows of each leaf, `pairs`: of each two leaves given together, both by origin."""

    rows: dict[str, int] = field(default_factory=dict)
    unlabelled: dict[str, int] = field(default_factory=dict)
    replies: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    leaves: dict[str, dict[str, int]] = field(default_factory=dict)
    pairs: list[tuple[str, str, int]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """Findings that must be mended."""
        return [finding for finding in self.findings if finding.error]

    def to_json(self) -> dict[str, Any]:
        """Plain form."""
        return asdict(self)


def read_all(objects: Iterable[tuple[str, Any]], taxonomy: Taxonomy, report: LabelReport) -> list[Example]:
    """The rows that can be used; of the others, and of repeated ids and texts, the report is told."""
    leaves = {leaf.id for leaf in taxonomy.leaves}
    found: list[Example] = []
    ids: set[str] = set()
    texts: dict[str, str] = {}
    for where, obj in objects:
        try:
            post = parse_row(obj, where)
            example = Example(post, parse_labels(obj, "labels", leaves, taxonomy, where))
        except RowError as error:
            report.findings.append(Finding(True, (where,), str(error)))
            continue
        if post.id in ids:
            report.findings.append(Finding(True, (post.id,), "the id stands twice"))
            continue
        ids.add(post.id)
        first = texts.setdefault(text_sha256(post), post.id)
        if first != post.id:
            report.findings.append(Finding(True, (first, post.id), "the text stands twice"))
            continue
        found.append(example)
    report.lengths |= _lengths([len(example.post.title) + len(example.post.body) for example in found])
    return found


def count_labels(
    origin: str, label_sets: Sequence[tuple[str, ...]], replies: Sequence[bool], taxonomy: Taxonomy, report: LabelReport
) -> None:
    """Count rows of one origin by leaf and by pair of leaves."""
    report.rows[origin] = len(label_sets)
    report.unlabelled[origin] = sum(not labels for labels in label_sets)
    report.replies[origin] = sum(replies)
    counts = Counter(label for labels in label_sets for label in labels)
    for leaf in taxonomy.leaves:
        report.leaves.setdefault(leaf.id, {})[origin] = counts[leaf.id]
    together = Counter({(a, b): n for a, b, n in report.pairs})
    together.update(pair for labels in label_sets for pair in combinations(sorted(labels), 2))
    report.pairs = [(a, b, n) for (a, b), n in sorted(together.items(), key=lambda item: (-item[1], item[0]))]


def find_rare(report: LabelReport) -> None:
    """Tell the report of leaves with few rows or none."""
    for leaf, counts in report.leaves.items():
        if (total := sum(counts.values())) < FEW:
            report.findings.append(Finding(False, (leaf,), f"only {total} rows of this leaf"))


def find_near(
    ids: Sequence[str], vectors: Array, labels: Sequence[tuple[str, ...]], report: LabelReport, error: bool
) -> None:
    """Tell the report of pairs whose vectors (length 1) have a cosine above NEAR."""
    alike = np.triu(vectors @ vectors.T, 1)
    for i, j in np.argwhere(alike > NEAR):
        other = "" if set(labels[i]) == set(labels[j]) else ", and other labels"
        problem = f"nearly the same text (cosine {alike[i, j]:.3f}){other}"
        report.findings.append(Finding(error, (ids[i], ids[j]), problem))


def _lengths(found: Sequence[int]) -> dict[str, int]:
    if not found:
        return {}
    marks = {"shortest": 0, "tenth": 10, "median": 50, "nine_tenths": 90, "longest": 100}
    return {name: int(np.percentile(found, share)) for name, share in marks.items()}
