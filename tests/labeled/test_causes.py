"""Root causes: a small taxonomy, authored pairs of question and answer, pointers to real ones, and advice on themes."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from classifier.advice import Stakeholder, load_advice
from classifier.rows import read_examples
from classifier.taxonomy import Taxonomy, load_taxonomy
from labeled import files

Row = dict[str, Any]
GROUPS = {"user": 4, "hub": 3, "external-platform": 1, "other": 1}
FIELDS = {"id", "previous", "body", "reply", "by_starter", "accepted", "labels", "origin"}
SHINGLE = 5


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return load_taxonomy(files.causes())


@pytest.fixture(scope="module")
def authored() -> list[Row]:
    return [json.loads(line) for line in files.cause_examples().read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def real() -> list[Row]:
    return [json.loads(line) for line in files.real_causes().read_text("utf-8").splitlines()]


def test_four_groups_hold_nine_leaves_of_which_one_is_chosen(taxonomy: Taxonomy) -> None:
    assert Counter(leaf.category for leaf in taxonomy.leaves) == GROUPS
    assert taxonomy.exclusive and {label.kind for label in taxonomy.labels} == {"cause"}


def test_every_leaf_has_fifteen_pairs_of_question_and_accepted_answer(taxonomy: Taxonomy, authored: list[Row]) -> None:
    assert Counter(label for row in authored for label in row["labels"]) == {leaf.id: 15 for leaf in taxonomy.leaves}
    assert len(read_examples(files.cause_examples(), taxonomy)) == len({row["id"] for row in authored}) == 135
    for row in authored:
        assert set(row) == FIELDS and (row["reply"], row["accepted"], row["origin"]) == (True, True, "authored")
        title, blank, question = row["previous"].partition("\n\n")
        assert title.strip() and blank and question.strip() and row["body"].strip(), row["id"]
        assert "\n" not in title, f"{row['id']}: the first line is the question's title"


def test_no_two_answers_share_half_of_their_runs_of_words(authored: list[Row]) -> None:
    seen: list[tuple[str, set[str]]] = []
    for row in authored:
        words = re.findall(r"\w+", f"{row['previous']} {row['body']}".lower())
        runs = {" ".join(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)}
        for other, theirs in seen:
            assert len(runs & theirs) < 0.5 * min(len(runs), len(theirs)), (row["id"], other)
        seen.append((row["id"], runs))


def test_real_pairs_are_pointers_with_two_readings_and_no_text(taxonomy: Taxonomy, real: list[Row]) -> None:
    leaves = {leaf.id for leaf in taxonomy.leaves}
    assert len(real) >= 150 and len({row["id"] for row in real}) == len(real)
    for row in real:
        assert set(row) == {"id", "thread", "answer", "sha256", "first", "second"}
        assert row["id"] == f"archive:{row['thread']}/{row['answer']}"
        assert re.fullmatch(r"[0-9a-f]{64}", row["sha256"])
        assert {row["first"], row["second"]} <= leaves


def test_advice_covers_every_challenge_that_something_can_be_done_about() -> None:
    taxonomy = load_taxonomy(files.taxonomy())
    texts = load_advice(files.advice(), taxonomy)
    challenges = {label.category for label in taxonomy.labels if label.kind == "challenge"}
    assert challenges - set(texts) == {"other-challenge"}
    assert all(Stakeholder.USERS in told and Stakeholder.MAINTAINERS in told for told in texts.values())
