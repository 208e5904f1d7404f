"""The authored examples are well formed, cover every leaf, and none of them is there twice."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter, defaultdict
from typing import Any

import pytest

from labeled import files

Row = dict[str, Any]

FIELDS: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "title": str,
    "body": str,
    "reply": bool,
    "previous": str,
    "by_starter": bool,
    "accepted": bool,
    "category": str,
    "tags": list,
    "post_number": int,
    "labels": list,
    "origin": str,
}
REQUIRED = {"id", "title", "body", "reply", "labels", "origin"}
SHINGLE = 5
TOO_ALIKE = 0.5


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with files.examples().open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def kinds() -> dict[str, str]:
    """Kind of each leaf."""
    labels = tomllib.loads(files.taxonomy().read_text(encoding="utf-8"))["labels"]
    parents = {label["id"].partition("/")[0] for label in labels if "/" in label["id"]}
    return {label["id"]: label["kind"] for label in labels if label["id"] not in parents}


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def test_every_row_has_the_fields_and_no_others(rows: list[Row]) -> None:
    for row in rows:
        assert set(row) >= REQUIRED, row["id"]
        for field, value in row.items():
            assert field in FIELDS, f"{row['id']}: unknown field {field}"
            assert isinstance(value, FIELDS[field]), f"{row['id']}: {field} is {value!r}"
        assert row["origin"] == "authored", row["id"]
        assert row["body"].strip(), row["id"]


def test_ids_are_unique(rows: list[Row]) -> None:
    assert [key for key, count in Counter(row["id"] for row in rows).items() if count > 1] == []


def test_labels_are_leaves_each_given_once(rows: list[Row], kinds: dict[str, str]) -> None:
    for row in rows:
        assert set(row["labels"]) <= kinds.keys(), f"{row['id']}: {set(row['labels']) - kinds.keys()}"
        assert len(set(row["labels"])) == len(row["labels"]), row["id"]
        assert len(row["labels"]) <= 4, row["id"]


def test_every_leaf_has_at_least_ten_rows(rows: list[Row], kinds: dict[str, str]) -> None:
    counts = Counter(label for row in rows for label in row["labels"])
    assert {leaf: counts[leaf] for leaf in kinds if counts[leaf] < 10} == {}


def test_some_rows_have_no_label(rows: list[Row]) -> None:
    unlabelled = [row for row in rows if not row["labels"]]
    assert len(unlabelled) >= 30
    assert any(row["reply"] for row in unlabelled)


def test_context_belongs_to_replies(rows: list[Row]) -> None:
    for row in rows:
        if "previous" in row or "by_starter" in row:
            assert row["reply"], row["id"]


def test_own_solutions_come_from_the_asker_and_suggestions_do_not(rows: list[Row]) -> None:
    for row in rows:
        if row["labels"][:1] == ["collaboration/self-solution"] and row["reply"]:
            assert row.get("by_starter") is True, row["id"]
        if row["labels"][:1] == ["collaboration/user-suggestion"]:
            assert row.get("by_starter") is not True, row["id"]


def test_benefits_come_first_in_replies(rows: list[Row], kinds: dict[str, str]) -> None:
    """A reply's own problem may lead only where the sender has nothing else to give but details on it."""
    for row in rows:
        given = [kinds[label] for label in row["labels"]]
        if row["reply"] and "benefit" in given and given[0] == "challenge":
            assert "collaboration/expert-user" in row["labels"], row["id"]


def test_no_text_is_there_twice(rows: list[Row]) -> None:
    texts = Counter(" ".join(words(f"{row['title']} {row['body']}")) for row in rows)
    assert [text for text, count in texts.items() if count > 1] == []


def test_no_two_rows_are_nearly_the_same(rows: list[Row]) -> None:
    """Half of the shorter text's runs of five words in the other one is too much."""
    shingles: dict[str, set[str]] = {}
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        tokens = words(f"{row['title']} {row['body']}")
        runs = {" ".join(tokens[i : i + SHINGLE]) for i in range(len(tokens) - SHINGLE + 1)}
        shingles[row["id"]] = runs
        for run in runs:
            holders[run].add(row["id"])
    shared: Counter[tuple[str, str]] = Counter()
    for ids in holders.values():
        ordered = sorted(ids)
        shared.update((a, b) for i, a in enumerate(ordered) for b in ordered[i + 1 :])
    alike = [(a, b) for (a, b), n in shared.items() if n >= TOO_ALIKE * min(len(shingles[a]), len(shingles[b]))]
    assert alike == []
