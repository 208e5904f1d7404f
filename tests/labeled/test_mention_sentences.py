"""The sentences for measuring mentions cover every ambiguous name both ways, and are read well enough."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from classifier.mention_score import Sentence, read_sentences, score_mentions
from classifier.mentions import Registry
from labeled import files
from tests.measures.judged_mentions import JUDGEMENTS, judged

HELD_OUT = ("test", "blind")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load(files.families())


@pytest.fixture(scope="module")
def sentences(registry: Registry) -> list[Sentence]:
    return read_sentences(files.mention_sentences(), registry)


def test_no_sentence_is_there_twice(sentences: list[Sentence]) -> None:
    texts = [" ".join(sentence.text.lower().split()) for sentence in sentences]
    assert [text for text, times in Counter(texts).items() if times > 1] == []


def test_every_ambiguous_family_is_meant_and_not_meant(registry: Registry, sentences: list[Sentence]) -> None:
    meant = Counter(family for sentence in sentences for family in sentence.families)
    assert {family: meant[family] for family in registry.ambiguous if meant[family] < 3} == {}
    assert sum(not sentence.families for sentence in sentences) > len(sentences) / 3


@pytest.mark.parametrize("split", [*HELD_OUT, "tune"])
def test_mentions_are_told_from_everyday_words(registry: Registry, sentences: list[Sentence], split: str) -> None:
    part = [sentence for sentence in sentences if sentence.split == split]
    score = score_mentions(part, registry, frozenset(registry.ambiguous))
    assert score.precision.value is not None and score.recall.value is not None
    assert score.precision.value >= 0.95
    assert score.recall.value >= 0.8


def test_judged_mentions_in_real_texts_are_still_found(registry: Registry) -> None:
    shared = Path(os.environ.get("FORUMLENS_SHARED", Path(__file__).parents[3] / "shared"))
    issues = shared / "data" / "threads" / "ptm_issues.jsonl.gz"
    if not issues.is_file():
        pytest.skip(
            f"the issues that were judged are not at {issues}: set FORUMLENS_SHARED to the folder that has data"
        )
    draws = judged(issues, registry)
    assert sum(draw.kept.hits for draw in draws.values()) >= 365
    assert draws["ambiguous"].kept.value == 1
    assert draws["ambiguous"].left.hits <= 2


def test_judgements_are_pointers_without_text() -> None:
    with JUDGEMENTS.open(encoding="utf-8") as lines:
        fields = {field for line in lines for field in json.loads(line)}
    assert fields == {"url", "sha256", "draw", "family", "offset", "found", "mention"}
