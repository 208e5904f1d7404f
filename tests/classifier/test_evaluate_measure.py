"""All measures together: what stands in the report, by layer, and what was given in place of what."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from classifier.confusion import ABSTAINED, NONE, ONLY_RIGHT
from classifier.evaluate import EvaluationError, Gold, evaluate
from classifier.intervals import Figure
from classifier.measure import Choices, Measures, differences, measure, measure_layers
from store.values import Classification
from tests.classifier.fakes import small_taxonomy


def answer(post_id: str, *labels: str, abstained: bool = False) -> Classification:
    scores = tuple((label, 0.8) for label in labels)
    return Classification(post_id, scores, scores, abstained)


def gold(post_id: str, *labels: str) -> Gold:
    return Gold(post_id, labels[:1], labels, labels)


def figures(measures: Measures) -> dict[str, Figure]:
    return {figure.name: figure for figure in measures.figures}


TAXONOMY = small_taxonomy()
GOLD = [
    gold("a", "garden/soil", "thanks"),
    gold("b", "kitchen/soup"),
    gold("c", "kitchen/soup"),
    gold("d", "kitchen/soup"),
    gold("e"),
    gold("f", "thanks"),
]
ANSWERS = [
    answer("a", "garden/soil"),
    answer("b", "garden/pests"),
    answer("c", abstained=True),
    answer("d"),
    answer("e", "thanks"),
    answer("f", "thanks"),
]


def test_confusions_say_what_was_given_in_place_of_what() -> None:
    measures = measure(ANSWERS, GOLD, TAXONOMY, choices=Choices(resamples=0))
    rows = {(c.missed, c.given): (c.posts, c.of, c.required, c.ids) for c in measures.category_confusions}
    assert rows == {
        ("kitchen", "garden"): (1, 3, 3, ("b",)),
        ("kitchen", ABSTAINED): (1, 3, 3, ("c",)),
        ("kitchen", NONE): (1, 3, 3, ("d",)),
        ("thanks", ONLY_RIGHT): (1, 1, 2, ("a",)),
        (NONE, "thanks"): (1, 1, 1, ("e",)),
    }
    assert ("kitchen/soup", "garden/pests") in {(c.missed, c.given) for c in measures.leaf_confusions}


def test_frequent_confusions_come_first_with_a_few_ids() -> None:
    many = [gold(f"m{number}", "garden/soil") for number in range(9)]
    answers = [answer(row.id, "garden/pests", "thanks") for row in many] + ANSWERS
    leaf = measure(answers, many + GOLD, TAXONOMY, choices=Choices(resamples=0)).leaf_confusions
    assert [(c.missed, c.given, c.posts) for c in leaf[:2]] == [
        ("garden/soil", "garden/pests", 9),
        ("garden/soil", "thanks", 9),
    ]
    assert leaf[0].ids == ("m0", "m1", "m2", "m3", "m4")
    assert leaf[0].of == 9  # a post with two wrong labels misses its label once


def test_figures_are_those_of_the_report_and_lie_in_their_intervals() -> None:
    measures = measure(ANSWERS, GOLD, TAXONOMY)
    report, found = evaluate(ANSWERS, GOLD, TAXONOMY), figures(measures)
    for name, level in (("category", report.category), ("leaf", report.leaf)):
        for what in ("precision", "recall", "micro_f1", "macro_f1", "top1", "top3"):
            assert found[f"{name}_{what}"].value == pytest.approx(getattr(level, what))
    assert found["leaf_below_category"].value == pytest.approx(report.category.micro_f1 - report.leaf.micro_f1)
    assert (found["none_left_unlabelled"].value, found["abstained"].value) == (0, pytest.approx(1 / 6))
    assert found["leaf_macro10_f1"].value is None  # no label is required so often
    for figure in (found["category_micro_f1"], found["abstained"], found["leaf_top1"]):
        assert figure.value is not None and figure.low is not None and figure.high is not None
        assert figure.low <= figure.value <= figure.high
        assert figure.low < figure.high
    json.dumps(measures.to_json(), allow_nan=False)


def test_answers_that_are_all_right_leave_no_doubt() -> None:
    right = [answer(row.id, *row.required) for row in GOLD]
    found = figures(measure(right, GOLD, TAXONOMY))
    for name in ("category_micro_f1", "leaf_macro_f1", "leaf_top3", "none_left_unlabelled"):
        assert (found[name].value, found[name].low, found[name].high) == (1, 1, 1)


def test_labels_with_little_support_can_be_left_out_of_the_macro() -> None:
    def macro(least_support: int) -> float | None:
        choices = Choices(least_support=least_support, resamples=0)
        return figures(measure(ANSWERS, GOLD, TAXONOMY, choices=choices))["leaf_macro_f1"].value

    assert macro(1) == pytest.approx((1 + 0 + 0.5) / 3)  # soil, soup, thanks
    assert macro(2) == pytest.approx((0 + 0.5) / 2)
    assert macro(3) == 0
    assert macro(4) is None
    assert evaluate(ANSWERS, GOLD, TAXONOMY, least_support=2).leaf.macro_f1 == pytest.approx(0.25)


def test_category_scores_are_matched_by_id_and_kind() -> None:
    ids = [category.id for category in TAXONOMY.categories]
    scores = np.zeros((len(GOLD), len(ids)))
    for row, wanted in enumerate(GOLD):
        scores[row, [ids.index(label.split("/")[0]) for label in wanted.required]] = 1
    exact = measure(ANSWERS[::-1], GOLD, TAXONOMY, scores[::-1], choices=Choices(resamples=0))
    assert (exact.calibration.ece.value, exact.calibration.brier_all.value, exact.calibration.pairs) == (0, 0, 6)
    benefit = measure(ANSWERS, GOLD, TAXONOMY, scores, choices=Choices("benefit", resamples=0))
    assert benefit.calibration.pairs == 2
    # Without scores the best leaf stands for its category.
    best = measure(ANSWERS, GOLD, TAXONOMY, choices=Choices(resamples=0)).calibration
    assert (best.pairs, best.bins[0].score) == (4, pytest.approx(0.8))
    assert best.ece.value == pytest.approx(0.8 - 2 / 4)
    with pytest.raises(EvaluationError, match=r"category_scores: have shape \(6, 2\)"):
        measure(ANSWERS, GOLD, TAXONOMY, scores[:, :2])


def test_what_both_readers_did_not_agree_on_counts_half() -> None:
    wanted = replace(GOLD[5], required=())
    best = measure([ANSWERS[5]], [wanted], TAXONOMY, choices=Choices(resamples=0)).calibration
    assert best.bins[0].share.value == 0.5


def test_layers_are_measured_apart_and_together() -> None:
    layers = ["real posts"] * 4 + ["authored"] * 2
    scores = np.full((6, 3), 0.3)
    groups = ["g1", "g1", "g2", "g2", "g3", "g4"]
    found = measure_layers(ANSWERS, GOLD, TAXONOMY, layers, scores, groups, Choices(resamples=50))
    assert list(found) == ["all", "authored", "real posts"]
    assert [m.report.n for m in found.values()] == [6, 2, 4]
    assert [m.groups for m in found.values()] == [4, 2, 2]
    assert found["authored"] == measure(ANSWERS[4:], GOLD[4:], TAXONOMY, scores[4:], groups[4:], Choices(resamples=50))


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(EvaluationError, match="gold: has no rows"):
        measure([], [], TAXONOMY)
    with pytest.raises(EvaluationError, match="groups: are 1 for 6 rows"):
        measure(ANSWERS, GOLD, TAXONOMY, groups=["g"])


def test_two_systems_are_told_apart_on_the_same_draws() -> None:
    many = [gold(f"m{number:03}", "thanks") for number in range(200)]
    one = [answer(row.id, "thanks" if number % 2 else "garden/soil") for number, row in enumerate(many)]
    other = [
        answer(row.id, "thanks" if number % 2 or number < 20 else "garden/soil") for number, row in enumerate(many)
    ]
    own = [figures(measure(system, many, TAXONOMY))["leaf_micro_f1"] for system in (one, other)]
    above = {figure.name: figure for figure in differences(one, other, many, TAXONOMY)}["leaf_micro_f1"]
    assert above.value == pytest.approx(0.05)
    assert own[0].high is not None and own[1].low is not None and own[0].high > own[1].low  # they overlap
    assert above.low is not None and above.low > 0.01
    same = differences(one, one, many, TAXONOMY)
    assert {(f.value, f.low, f.high) for f in same if f.value is not None} == {(0, 0, 0)}
