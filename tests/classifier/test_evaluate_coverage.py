from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.coverage import RiskCoverage
from classifier.evaluate import Gold
from classifier.measure import Choices, measure
from store.values import Classification
from tests.classifier.fakes import WORDS, small_taxonomy

QUICK = Choices(resamples=0)
LEAVES = sorted(WORDS)


def answer(post_id: str, label: str | None, score: float, abstained: bool = False) -> Classification:
    ranked = ((label or "thanks", score),)
    return Classification(post_id, ranked if label else (), ranked, abstained)


def single(post_id: str, *labels: str) -> Gold:
    return Gold(post_id, labels[:1], labels, labels)


def curve(answers: list[Classification], gold: list[Gold], choices: Choices = QUICK) -> RiskCoverage:
    return measure(answers, gold, small_taxonomy(), choices=choices).coverage


def test_by_hand() -> None:
    gold = [single("a", "garden/soil"), single("b", "thanks"), single("c", "thanks"), single("d")]
    answers = [
        answer("a", "garden/pests", 0.7),  # the right category, another leaf
        answer("b", "thanks", 0.9),
        answer("c", None, 0.4, abstained=True),
        answer("d", None, 0.2),  # judged that none applies: 0.8 sure
    ]
    found = curve(answers, gold)
    at = {point.posts: point for point in found.points}
    assert [round(at[posts].confidence, 6) for posts in (1, 2, 3, 4)] == [0.9, 0.8, 0.7, -0.6]
    leaf = {posts: point.leaf_micro_f1.value for posts, point in at.items()}
    assert leaf == {1: 1, 2: 1, 3: pytest.approx(0.5), 4: pytest.approx(2 * 0.5 / 3 / (0.5 + 1 / 3))}
    assert found.leaf_area.value == pytest.approx((0 + 0 + 0.5 + 0.6) / 4)
    assert found.category_area.value == pytest.approx((0 + 0 + 0 + 0.2) / 4)
    assert found.answered == 0.75
    assert (found.category_answered_f1.value, found.leaf_answered_f1.value) == (1, pytest.approx(0.5))
    assert [(p.coverage, p.posts) for p in found.shown()] == [(1, 4), (0.9, 4), (0.8, 4), (0.7, 3), (0.5, 2)]


def test_the_least_sure_of_several_labels_lowers_the_confidence() -> None:
    two = Classification("a", (("thanks", 0.9), ("garden/soil", 0.3)), (("thanks", 0.9), ("garden/soil", 0.3)), False)
    one = answer("b", "thanks", 0.7)
    found = curve([two, one], [single("a", "thanks", "garden/soil"), single("b", "thanks")])
    assert [found.points[49].confidence, found.points[99].confidence] == [pytest.approx(0.7), pytest.approx(0.6)]


def test_where_confidence_tells_nothing_the_area_is_the_risk() -> None:
    gold = [single(f"{number:03}", "thanks") for number in range(400)]
    answers = [answer(row.id, "thanks" if int(row.id) % 2 else "garden/soil", 0.5) for row in gold]
    found = curve(answers, gold, Choices(resamples=200))
    area = found.leaf_area
    assert area.low is not None and area.high is not None
    assert area.low < 0.5 < area.high


ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, *LEAVES]),
        st.sampled_from([None, *LEAVES]),
        st.sampled_from([0.1, 0.5, 0.9]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@given(ROWS, st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_order_of_rows_does_not_matter_and_full_coverage_is_the_micro_f1(
    rows: list[tuple[str | None, str | None, float, bool]], seed: int
) -> None:
    gold = [single(f"{number:02}", *([wanted] if wanted else [])) for number, (wanted, *_) in enumerate(rows)]
    answers = [
        answer(row.id, given_label, score, abstained and not given_label)
        for row, (_, given_label, score, abstained) in zip(gold, rows, strict=True)
    ]
    order = np.random.default_rng(seed).permutation(len(rows))
    choices = Choices(resamples=20)
    one = measure(answers, gold, small_taxonomy(), choices=choices)
    other = measure(answers[::-1], [gold[place] for place in order], small_taxonomy(), choices=choices)
    assert other.category_confusions == one.category_confusions
    for ours, theirs in zip(other.headline(), one.headline(), strict=True):
        for what in ("value", "low", "high"):
            expected = getattr(theirs, what)
            assert getattr(ours, what) == (None if expected is None else pytest.approx(expected, abs=1e-9)), ours.name
    if one.report.leaf.per_label or any(answer.labels for answer in answers):
        last = one.coverage.points[-1]
        assert last.leaf_micro_f1.value == pytest.approx(one.report.leaf.micro_f1)
        assert last.category_micro_f1.value == pytest.approx(one.report.category.micro_f1)
    steps = [point.posts for point in one.coverage.points]
    assert steps == sorted(steps) and steps[-1] == len(rows)
