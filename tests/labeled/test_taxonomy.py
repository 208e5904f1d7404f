"""The bundled taxonomy is complete, consistent, and says what each label means."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from typing import Any

import pytest

from labeled import files


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return tomllib.loads(files.taxonomy().read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def labels(document: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {label["id"]: label for label in document["labels"]}


def category(label_id: str) -> str:
    return label_id.partition("/")[0]


def leaves(labels: dict[str, dict[str, str]]) -> list[str]:
    """Labels below a category, and the categories that have none below them."""
    parents = {category(label_id) for label_id in labels if "/" in label_id}
    return [label_id for label_id in labels if label_id not in parents]


def test_head_names_a_multi_label_taxonomy_and_its_source(document: dict[str, Any]) -> None:
    assert document["name"] == "ptm-reuse"
    assert re.fullmatch(r"\d+\.\d+\.\d+", document["version"])
    assert document["exclusive"] is False
    assert document["source"] == "https://arxiv.org/abs/2401.13177"


def test_ids_are_unique_and_well_formed(document: dict[str, Any]) -> None:
    ids = [label["id"] for label in document["labels"]]
    assert [label_id for label_id, count in Counter(ids).items() if count > 1] == []
    assert [label_id for label_id in ids if not re.fullmatch(r"[a-z-]+(/[a-z-]+)?", label_id)] == []


def test_counts_are_those_of_the_study(labels: dict[str, dict[str, str]]) -> None:
    categories = Counter(label["kind"] for label_id, label in labels.items() if "/" not in label_id)
    assert categories == {"challenge": 17, "benefit": 6}
    assert Counter(labels[leaf]["kind"] for leaf in leaves(labels)) == {"challenge": 47, "benefit": 22}


def test_categories_without_leaves_are_the_known_ones(labels: dict[str, dict[str, str]]) -> None:
    assert {leaf for leaf in leaves(labels) if "/" not in leaf} == {
        "specific-solution",
        "incomprehensible-output",
        "lack-of-support",
        "spaces",
        "privacy-security",
        "onboarding",
        "other-challenge",
        "other-domains",
    }


def test_every_leaf_has_its_category_and_kind(labels: dict[str, dict[str, str]]) -> None:
    for label_id, label in labels.items():
        parent = labels.get(category(label_id))
        assert parent is not None, f"{label_id}: its category is missing"
        assert parent["kind"] == label["kind"], label_id


def test_definitions_are_written_and_tell_labels_apart(labels: dict[str, dict[str, str]]) -> None:
    definitions = [" ".join(label["definition"].split()) for label in labels.values()]
    assert len(set(definitions)) == len(definitions)
    too_short = [label_id for label_id, label in labels.items() if len(label["definition"].split()) < 15]
    assert too_short == []
    names = [(label["kind"], label["name"]) for label in labels.values()]
    assert len(set(names)) == len(names)


def test_no_label_has_a_field_that_nobody_reads(labels: dict[str, dict[str, str]]) -> None:
    for label_id, label in labels.items():
        assert set(label) == {"id", "kind", "name", "definition"}, label_id
