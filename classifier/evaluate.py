"""How well predicted label sets fit those that two annotators gave.

Precision counts a predicted label as right if it is `accepted` (either annotator gave it); recall counts the labels of
`required` (both gave it). A label's category is the part before the slash. An empty set is right where none is required
and costs nothing where labels are only accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from classifier.taxonomy import Taxonomy
from store.values import Classification, Verdict

LabelSets = Sequence[AbstractSet[str]]


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
    """Scores over leaves or over categories. `top1`, `top3`: share of posts whose primary label ranks so high."""

    precision: float
    recall: float
    micro_f1: float
    macro_f1: float
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


def evaluate(
    predictions: Sequence[Classification], gold: Sequence[Gold], taxonomy: Taxonomy, kind: str | None = None
) -> Report:
    """Score predictions, matched to gold by id; `kind` counts labels of that kind only. Raises EvaluationError."""
    by_id = {prediction.id: prediction for prediction in predictions}
    if missing := [row.id for row in gold if row.id not in by_id]:
        raise EvaluationError(f"no prediction for {len(missing)} of {len(gold)} ids, first {missing[0]!r}")
    keep = _keep(taxonomy, kind)
    answers = [by_id[row.id] for row in gold]
    given = [[label for label, _ in answer.labels] for answer in answers]
    ranked = [[label for label, _ in answer.ranked] or labels for answer, labels in zip(answers, given, strict=True)]

    def level(name: Callable[[str], str]) -> Level:
        def sets(values: Sequence[Sequence[str]]) -> list[set[str]]:
            return [{name(label) for label in labels if keep(label)} for labels in values]

        tops = [list(dict.fromkeys(name(label) for label in row if keep(label))) for row in ranked]
        return _level(
            sets(given),
            sets([row.required for row in gold]),
            sets([row.accepted for row in gold]),
            sets([row.primary for row in gold]),
            tops,
        )

    none = [not row.required for row in gold]
    return Report(
        n=len(gold),
        kind=kind or "all",
        category=level(lambda label: label.partition("/")[0]),
        leaf=level(lambda label: label),
        none_texts=sum(none),
        none_left_unlabelled=sum(empty and not labels for empty, labels in zip(none, given, strict=True)),
        none=sum(answer.verdict is Verdict.NONE for answer in answers),
        abstained=sum(answer.abstained for answer in answers),
    )


def _keep(taxonomy: Taxonomy, kind: str | None) -> Callable[[str], bool]:
    if kind is None:
        return lambda label: True
    kinds = {label.kind for label in taxonomy.labels}
    if kind not in kinds:
        raise EvaluationError(f"kind: {kind!r} is none of {taxonomy.ref}; use {' or '.join(sorted(kinds))}")
    of_kind = {label.id for label in taxonomy.labels if label.kind == kind}
    return lambda label: label.partition("/")[0] in of_kind


def _level(
    given: LabelSets, required: LabelSets, accepted: LabelSets, primary: LabelSets, tops: Sequence[Sequence[str]]
) -> Level:
    precision, recall, micro = _f1(given, required, accepted)
    per_label = []
    for label in sorted(set().union(*required)):
        one = {label}
        scores = _f1([p & one for p in given], [r & one for r in required], [a & one for a in accepted])
        per_label.append(LabelScore(label, *scores, support=sum(label in r for r in required)))
    asked = [(wanted, top) for wanted, top in zip(primary, tops, strict=True) if wanted]
    return Level(
        precision=precision,
        recall=recall,
        micro_f1=micro,
        macro_f1=sum(score.f1 for score in per_label) / max(1, len(per_label)),
        top1=sum(bool(wanted & set(top[:1])) for wanted, top in asked) / max(1, len(asked)),
        top3=sum(bool(wanted & set(top[:3])) for wanted, top in asked) / max(1, len(asked)),
        per_label=tuple(per_label),
    )


def _f1(given: LabelSets, required: LabelSets, accepted: LabelSets) -> tuple[float, float, float]:
    right = sum(len(p & a) for p, a in zip(given, accepted, strict=True))
    found = sum(len(p & r) for p, r in zip(given, required, strict=True))
    precision = right / max(1, sum(map(len, given)))
    recall = found / max(1, sum(map(len, required)))
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


def _level_json(level: Level) -> dict[str, Any]:
    return {
        "precision": round(level.precision, 4),
        "recall": round(level.recall, 4),
        "micro_f1": round(level.micro_f1, 4),
        "macro_f1": round(level.macro_f1, 4),
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
