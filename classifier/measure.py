"""All that is measured of a set of predictions: scores with intervals, calibration, risk and coverage, confusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.calibration import (
    LEAST_SCORE,
    Calibration,
    brier_over_all,
    calibration_of,
    ece_by_chance,
    pairs_of,
    reliability,
)
from classifier.confusion import Confusion, confusions
from classifier.coverage import RiskCoverage, by_confidence, confidence_of, coverage_of, risk_coverage
from classifier.evaluate import FIRM_SUPPORT, EvaluationError, Gold, Judged, Report, judge, kind_filter, report_of
from classifier.intervals import RESAMPLES, Figure, Statistic, bootstrap
from classifier.tally import Floats, Tally, macro, micro, support
from classifier.taxonomy import Taxonomy
from store.labels import category_of
from store.values import Classification

ALL = "all"
"""Name of all layers together."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What to count. `resamples` 0: no intervals; `least_score`: of pairs whose calibration is measured."""

    kind: str | None = None
    least_support: int = 1
    least_score: float = LEAST_SCORE
    resamples: int = RESAMPLES
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured. `figures`: the main scores with intervals; `groups`: groups that were resampled."""

    report: Report
    figures: tuple[Figure, ...]
    groups: int
    resamples: int
    calibration: Calibration
    coverage: RiskCoverage
    category_confusions: tuple[Confusion, ...]
    leaf_confusions: tuple[Confusion, ...]

    def headline(self) -> tuple[Figure, ...]:
        """The main scores, and those of calibration and coverage."""
        of_scores = (self.calibration.ece, self.calibration.brier_skill, self.calibration.brier_skill_all)
        areas = (self.coverage.category_area, self.coverage.leaf_area)
        return (*self.figures, *of_scores, *areas, *(point.category_micro_f1 for point in self.coverage.shown()))

    def to_json(self) -> dict[str, Any]:
        """Plain form; confusions apart."""
        return self.report.to_json() | {
            "figures": {figure.name: figure.to_json() for figure in self.figures},
            "bootstrap": {"groups": self.groups, "resamples": self.resamples},
            "calibration": self.calibration.to_json(),
            "coverage": self.coverage.to_json(),
        }


def measure(
    predictions: Sequence[Classification],
    gold: Sequence[Gold],
    taxonomy: Taxonomy,
    category_scores: NDArray[np.floating[Any]] | None = None,
    groups: Sequence[str] | None = None,
    choices: Choices | None = None,
) -> Measures:
    """Measure predictions, which are matched to gold by id. Raises EvaluationError.

    `category_scores`: probabilities [n, c] in the order of the predictions and of the taxonomy's categories; without,
    the best leaf of each category stands for it. `groups`: for each row of gold what it is resampled with; without,
    each post by itself.
    """
    choices = choices or Choices()
    together = _together(gold, groups)
    judged = judge(predictions, gold, taxonomy, choices.kind)
    scores, truth = _score_and_truth(judged, taxonomy, category_scores, predictions)
    pairs = pairs_of(scores, truth, choices.least_score)
    confidence = confidence_of(judged.answers)
    order = by_confidence(confidence, [row.id for row in gold])
    statistics = (
        _main(judged, choices.least_support),
        reliability(pairs),
        brier_over_all(scores, truth),
        risk_coverage(judged.category, judged.leaf, order, judged.abstained),
    )
    computed = bootstrap(statistics, together, choices.resamples, choices.seed)
    named = {figure.name: figure for figure in computed}
    by_chance = None
    if choices.resamples and len(pairs.score):
        by_chance = ece_by_chance(pairs, choices.resamples, choices.seed)
    return Measures(
        report=report_of(judged, choices.least_support),
        figures=computed[: len(statistics[0].names)],
        groups=len(set(together)),
        resamples=choices.resamples,
        calibration=calibration_of(named, pairs, choices.least_score, by_chance),
        coverage=coverage_of(named, confidence, order, judged.abstained),
        category_confusions=confusions(judged, judged.category),
        leaf_confusions=confusions(judged, judged.leaf),
    )


def differences(
    one: Sequence[Classification],
    other: Sequence[Classification],
    gold: Sequence[Gold],
    taxonomy: Taxonomy,
    groups: Sequence[str] | None = None,
    choices: Choices | None = None,
) -> tuple[Figure, ...]:
    """By how much the main scores of `other` lie above those of `one`; both are drawn together. Raises EvaluationError.

    An interval without 0 tells two systems apart, also where their own intervals overlap.
    """
    choices = choices or Choices()
    first, second = (
        _main(judge(predictions, gold, taxonomy, choices.kind), choices.least_support) for predictions in (one, other)
    )
    above = Statistic(first.names, lambda weights: second.compute(weights) - first.compute(weights))
    return bootstrap([above], _together(gold, groups), choices.resamples, choices.seed)


def measure_layers(
    predictions: Sequence[Classification],
    gold: Sequence[Gold],
    taxonomy: Taxonomy,
    layers: Sequence[str],
    category_scores: NDArray[np.floating[Any]] | None = None,
    groups: Sequence[str] | None = None,
    choices: Choices | None = None,
) -> dict[str, Measures]:
    """Measure all rows together, as `all`, and each layer for itself, by name; all arguments are in the same order."""
    found = {}
    for name in (ALL, *sorted(set(layers))):
        rows = [row for row, layer in enumerate(layers) if name in (ALL, layer)]
        found[name] = measure(
            [predictions[row] for row in rows],
            [gold[row] for row in rows],
            taxonomy,
            None if category_scores is None else category_scores[rows],
            None if groups is None else [groups[row] for row in rows],
            choices,
        )
    return found


def _together(gold: Sequence[Gold], groups: Sequence[str] | None) -> Sequence[str]:
    """What each row of gold is resampled with."""
    if not gold:
        raise EvaluationError("gold: has no rows; give at least one")
    together = groups if groups is not None else [row.id for row in gold]
    if len(together) != len(gold):
        raise EvaluationError(f"groups: are {len(together)} for {len(gold)} rows of gold; give one for each")
    return together


def _main(judged: Judged, least_support: int) -> Statistic:
    """The main scores of both levels, how far leaves lie below categories, and the shares of both ways of silence."""
    everyone = np.ones((1, len(judged.gold)))
    wanted = {
        level: [support(tally.sums(everyone))[0] >= least for least in (least_support, FIRM_SUPPORT)]
        for level, tally in _levels(judged)
    }
    each = ("micro_f1", "precision", "recall", "macro_f1", "macro10_f1", "top1", "top3")
    names = [f"{level}_{name}" for level, _ in _levels(judged) for name in each]

    def compute(weights: Floats) -> Floats:
        values = []
        for level, tally in _levels(judged):
            sums = tally.sums(weights)
            precision, recall, f1 = micro(sums)
            values += [f1, precision, recall, *(macro(sums, mask) for mask in wanted[level]), *tally.top(weights)]
        nothing = weights @ judged.wants_none
        with np.errstate(divide="ignore", invalid="ignore"):
            left = np.where(nothing > 0, weights @ (judged.wants_none & judged.unlabelled) / nothing, np.nan)
        abstained = weights @ judged.abstained / weights.sum(axis=1)
        return np.stack([*values, values[0] - values[len(each)], left, abstained])

    return Statistic((*names, "leaf_below_category", "none_left_unlabelled", "abstained"), compute)


def _levels(judged: Judged) -> tuple[tuple[str, Tally], ...]:
    return ("category", judged.category), ("leaf", judged.leaf)


def _score_and_truth(
    judged: Judged,
    taxonomy: Taxonomy,
    category_scores: NDArray[np.floating[Any]] | None,
    predictions: Sequence[Classification],
) -> tuple[Floats, Floats]:
    """Scores of categories and the share of readers who gave them, [n, c], in the order of gold."""
    keep = kind_filter(taxonomy, judged.kind)
    names = [category.id for category in taxonomy.categories]
    if category_scores is None:
        scores = _best_leaves(judged.answers, names)
    elif category_scores.shape == (len(predictions), len(names)):
        row_of = {prediction.id: row for row, prediction in enumerate(predictions)}
        scores = np.asarray(category_scores, np.float64)[[row_of[row.id] for row in judged.gold]]
    else:
        wanted = (len(predictions), len(names))
        raise EvaluationError(f"category_scores: have shape {category_scores.shape}; give one of shape {wanted}")
    kept = [column for column, name in enumerate(names) if keep(name)]
    truth = np.zeros((len(judged.gold), len(names)))
    place = {name: column for column, name in enumerate(names)}
    for row, gold in enumerate(judged.gold):
        for labels in (gold.required, gold.accepted):
            truth[row, sorted({place[category_of(label)] for label in labels})] += 0.5
    return scores[:, kept], truth[:, kept]


def _best_leaves(answers: Sequence[Classification], categories: Sequence[str]) -> Floats:
    column = {name: index for index, name in enumerate(categories)}
    out = np.zeros((len(answers), len(categories)))
    for row, answer in enumerate(answers):
        for label, score in answer.ranked:
            place = column[category_of(label)]
            out[row, place] = max(out[row, place], score)
    return out
