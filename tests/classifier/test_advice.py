"""Advice is shown where evidence passes its thresholds, and only there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.advice import (
    AdviceError,
    AdviceSettings,
    Ground,
    Reason,
    Stakeholder,
    ThemeEvidence,
    TrendEvidence,
    load_advice,
    select_advice,
)
from classifier.trend.direction import Trend
from tests.classifier.fakes import small_taxonomy

SETTINGS = AdviceSettings(least_threads=20, least_observed=20, high_unanswered=0.2, significance=0.05)
TEXTS = {
    "garden": {Stakeholder.MAINTAINERS: "Water it.", Stakeholder.USERS: "Weed it."},
    "kitchen/bread": {Stakeholder.AUTHORS: "Knead it."},
}
BAD = ThemeEvidence("garden", threads=100, observed=90, unanswered=60, evidence=(7, 3))
RISE = TrendEvidence(Trend.RISING, p=0.01)


def grounds(item: ThemeEvidence, settings: AdviceSettings = SETTINGS) -> list[Ground]:
    found = select_advice(TEXTS, [item], settings)
    return [reason.ground for reason in found[0].reasons] if found else []


def test_each_stakeholder_gets_the_text_with_its_reasons_and_threads() -> None:
    first, second = select_advice(TEXTS, [BAD], SETTINGS)
    assert [(item.stakeholder, item.text) for item in (first, second)] == [
        (Stakeholder.MAINTAINERS, "Water it."),
        (Stakeholder.USERS, "Weed it."),
    ]
    assert first.threads == (7, 3) and first.reasons == second.reasons
    volume, unanswered = first.reasons
    assert volume == Reason(Ground.VOLUME, 100, 20)
    assert unanswered.ground is Ground.UNANSWERED and unanswered.threshold == 0.2
    assert 0.56 < unanswered.value < 60 / 90, "the lower end of Wilson's interval"


def test_the_theme_with_most_threads_comes_first_and_unknown_themes_are_passed_over() -> None:
    bread = ThemeEvidence("kitchen/bread", threads=500, trend=RISE)
    found = select_advice(TEXTS, [BAD, replace(BAD, theme="cellar", threads=900), bread], SETTINGS)
    assert [item.theme for item in found] == ["kitchen/bread", "garden", "garden"]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (replace(BAD, threads=19), []),
        (replace(BAD, trend=RISE), [Ground.VOLUME, Ground.UNANSWERED, Ground.RISING]),
        (replace(BAD, unanswered=18), []),  # 20 % as it stands, but its interval reaches lower
        (replace(BAD, observed=19, unanswered=19), []),
        (replace(BAD, observed=0, unanswered=0, trend=RISE), [Ground.VOLUME, Ground.RISING]),
        (ThemeEvidence("garden", 100), []),
        (ThemeEvidence("garden", 100, trend=TrendEvidence(Trend.FALLING, p=0.001)), []),
        (ThemeEvidence("garden", 100, trend=TrendEvidence(Trend.NONE, p=0.001)), []),
        (ThemeEvidence("garden", 100, trend=TrendEvidence(Trend.RISING)), []),
        (ThemeEvidence("garden", 100, trend=TrendEvidence(Trend.RISING, p=0.05)), []),
        (ThemeEvidence("garden", 100, trend=TrendEvidence(Trend.RISING, p=0.01, slope=(-0.1, 2.0))), []),
        (
            ThemeEvidence("garden", 100, trend=TrendEvidence(Trend.RISING, slope=(0.1, 2.0))),
            [Ground.VOLUME, Ground.RISING],
        ),
    ],
)
def test_what_passes(item: ThemeEvidence, expected: list[Ground]) -> None:
    assert grounds(item) == expected


@given(
    threads=st.integers(0, 60),
    observed=st.integers(0, 60),
    share=st.floats(0, 1),
    p=st.none() | st.floats(0, 1),
)
def test_more_evidence_never_takes_advice_away(threads: int, observed: int, share: float, p: float | None) -> None:
    item = ThemeEvidence("garden", threads, observed, round(share * observed), TrendEvidence(Trend.RISING, p))
    more = replace(item, threads=threads + 5, unanswered=min(observed, item.unanswered + 1))
    assert set(grounds(item)) <= set(grounds(more))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[advice]]\ntheme = 'gardn'\nusers = 'x'", ["'gardn'", "small@1"]),
        ("[[advice]]\ntheme = 'garden'\nowners = 'x'", ["owners", "maintainers"]),
        ("[[advice]]\ntheme = 'garden'\nusers = ' '", ["'garden'", "text"]),
        ("[[advice]]\ntheme = 'garden'", ["'garden'", "text"]),
        ("[[advice]]\nusers = 'x'", ["theme"]),
        ("[[advice]]\ntheme = 'garden'\nusers = 'x'\n" * 2, ["twice"]),
        ("advise = 1", ["[[advice]]"]),
        ("[[", ["[[advice]]"]),
    ],
)
def test_a_bad_file_is_refused_with_the_remedy(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "advice.toml"
    path.write_text(text)
    with pytest.raises(AdviceError) as caught:
        load_advice(path, small_taxonomy())
    assert all(word in str(caught.value) for word in words)


def test_a_file_is_read_with_its_lines_joined(tmp_path: Path) -> None:
    path = tmp_path / "advice.toml"
    path.write_text("[[advice]]\ntheme = 'garden'\nusers = '''\nDig\ndeeper.\n'''")
    assert load_advice(path, small_taxonomy()) == {"garden": {Stakeholder.USERS: "Dig deeper."}}
