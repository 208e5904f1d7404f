"""How well predicted label sets fit those that two annotators gave.

Precision counts a predicted label as right if it is `accepted` (either annotator gave it); recall counts the labels of
`required` (both gave it). A label's category is the part before the slash. An empty set is right where none is required
and costs nothing where labels are only accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.tally import Mask, Tally, macro, micro, rates, support, tally
from classifier.taxonomy import Taxonomy
from store.labels import category_of
from store.values import Classification, Verdict

FIRM_SUPPORT = 10
"""Posts that must require a label for its F1 to say something."""


class EvaluationError(ValueError):
    """Predictions and gold that do not fit together."""


@dataclass(frozen=True, slots=True)
class Gold:
    """What annotators said of one post: leaf ids; empty where none applies."""

    id: str
    primary: tuple[str, ...]
    required: tuple[str, ...]
    accepted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How well one label was given; `support`: posts that require it."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Level:
    """Scores over leaves or over categories. `top1`, `top3`: share of posts whose primary label ranks so high.

    `macro10_f1` is over labels that at least 10 posts require.
    """

    precision: float
    recall: float
    micro_f1: float
    macro_f1: float
    macro10_f1: float
    top1: float
    top3: float
    per_label: tuple[LabelScore, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Scores of predictions. `none_texts`: posts that require no label; `abstained`, `none`: verdicts given."""

    n: int
    kind: str
    category: Level
    leaf: Level
    none_texts: int
    none_left_unlabelled: int
    none: int
    abstained: int

    @property
    def abstention_rate(self) -> float:
        """Share of posts of which the bundle was too unsure."""
        return self.abstained / self.n if self.n else 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain form, rounded to four places (per label to three)."""
        return {
            "n": self.n,
            "kind": self.kind,
            "category": _level_json(self.category),
            "leaf": _level_json(self.leaf),
            "none": {"texts": self.none_texts, "left_unlabelled": self.none_left_unlabelled, "given": self.none},
            "abstained": self.abstained,
            "abstention_rate": round(self.abstention_rate, 4),
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """Predictions beside gold, in the order of gold. `wants_none`: posts that require no label, bool [n]."""

    gold: tuple[Gold, ...]
    answers: tuple[Classification, ...]
    kind: str | None
    category: Tally
    leaf: Tally
    wants_none: Mask
    unlabelled: Mask
    abstained: Mask


def judge(
    predictions: Sequence[Classification], gold: Sequence[Gold], taxonomy: Taxonomy, kind: str | None = None
) -> Judged:
    """Match predictions to gold by id; `kind` counts labels of that kind only. Raises EvaluationError."""
    by_id = {prediction.id: prediction for prediction in predictions}
    if missing := [row.id for row in gold if row.id not in by_id]:
        raise EvaluationError(f"no prediction for {len(missing)} of {len(gold)} ids, first {missing[0]!r}")
    keep = kind_filter(taxonomy, kind)
    answers = [by_id[row.id] for row in gold]
    given = [[label for label, _ in answer.labels] for answer in answers]
    ranked = [[label for label, _ in answer.ranked] or labels for answer, labels in zip(answers, given, strict=True)]

    def level(name: Callable[[str], str]) -> Tally:
        def sets(values: Sequence[Sequence[str]]) -> list[set[str]]:
            return [{name(label) for label in labels if keep(label)} for labels in values]

        tops = [list(dict.fromkeys(name(label) for label in row if keep(label))) for row in ranked]
        return tally(
            sets(given),
            sets([row.required for row in gold]),
            sets([row.accepted for row in gold]),
            sets([row.primary for row in gold]),
            tops,
        )

    return Judged(
        gold=tuple(gold),
        answers=tuple(answers),
        kind=kind,
        category=level(category_of),
        leaf=level(lambda label: label),
        wants_none=np.asarray([not row.required for row in gold], dtype=bool),
        unlabelled=np.asarray([not labels for labels in given], dtype=bool),
        abstained=np.asarray([answer.abstained for answer in answers], dtype=bool),
    )


def evaluate(
    predictions: Sequence[Classification],
    gold: Sequence[Gold],
    taxonomy: Taxonomy,
    kind: str | None = None,
    least_support: int = 1,
) -> Report:
    """Score predictions, matched to gold by id; `kind` counts labels of that kind only. Raises EvaluationError.

    `least_support`: posts that must require a label for it to count in macro-F1.
    """
    return report_of(judge(predictions, gold, taxonomy, kind), least_support)


def report_of(judged: Judged, least_support: int = 1) -> Report:
    """Scores of what was judged."""
    return Report(
        n=len(judged.gold),
        kind=judged.kind or "all",
        category=_level(judged.category, least_support),
        leaf=_level(judged.leaf, least_support),
        none_texts=int(judged.wants_none.sum()),
        none_left_unlabelled=int((judged.wants_none & judged.unlabelled).sum()),
        none=sum(answer.verdict is Verdict.NONE for answer in judged.answers),
        abstained=int(judged.abstained.sum()),
    )


def kind_filter(taxonomy: Taxonomy, kind: str | None) -> Callable[[str], bool]:
    """Whether a label is of that kind; of any if none is named. Raises EvaluationError for an unknown kind."""
    if kind is None:
        return lambda label: True
    kinds = {label.kind for label in taxonomy.labels}
    if kind not in kinds:
        raise EvaluationError(f"kind: {kind!r} is none of {taxonomy.ref}; use {' or '.join(sorted(kinds))}")
    of_kind = {label.id for label in taxonomy.labels if label.kind == kind}
    return lambda label: category_of(label) in of_kind


def _level(counted: Tally, least_support: int) -> Level:
    everyone = np.ones((1, len(counted.counts)))
    sums = counted.sums(everyone)
    precision, recall, f1 = (float(value[0]) for value in micro(sums))
    posts = support(sums)[0]
    by_label = zip(counted.labels, *(values[0] for values in rates(sums)), posts, strict=True)
    top1, top3 = (float(value[0]) for value in counted.top(everyone))
    return Level(
        precision=precision,
        recall=recall,
        micro_f1=f1,
        macro_f1=float(np.nan_to_num(macro(sums, posts >= least_support)[0])),
        macro10_f1=float(np.nan_to_num(macro(sums, posts >= FIRM_SUPPORT)[0])),
        top1=top1,
        top3=top3,
        per_label=tuple(LabelScore(label, float(p), float(r), float(f), int(s)) for label, p, r, f, s in by_label if s),
    )


def _level_json(level: Level) -> dict[str, Any]:
    return {
        "precision": round(level.precision, 4),
        "recall": round(level.recall, 4),
        "micro_f1": round(level.micro_f1, 4),
        "macro_f1": round(level.macro_f1, 4),
        "macro10_f1": round(level.macro10_f1, 4),
        "per_label": {
            score.label: {
                "precision": round(score.precision, 3),
                "recall": round(score.recall, 3),
                "f1": round(score.f1, 3),
                "support": score.support,
            }
            for score in level.per_label
        },
        "top1": round(level.top1, 4),
        "top3": round(level.top3, 4),
    }
