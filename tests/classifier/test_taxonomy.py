from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from classifier.taxonomy import TaxonomyError, load_taxonomy, parse_taxonomy
from tests.classifier.fakes import small_taxonomy


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "t.toml"
    path.write_text(text, "utf-8")
    return path


GOOD = """
name = "colours"
version = "2"
exclusive = true
[[labels]]
id = "warm"
kind = "tone"
name = "Warm"
definition = "Reds and yellows."
[[labels]]
id = "warm/red"
kind = "tone"
name = "Red"
definition = "Like a poppy."
[[labels]]
id = "grey"
kind = "tone"
name = "Grey"
definition = "Like fog."
"""


def test_reads_leaves_categories_and_reference(tmp_path: Path) -> None:
    taxonomy = load_taxonomy(write(tmp_path, GOOD))
    assert taxonomy.ref == "colours@2"
    assert taxonomy.exclusive
    assert [leaf.id for leaf in taxonomy.leaves] == ["warm/red", "grey"]
    assert [category.id for category in taxonomy.categories] == ["warm", "grey"]
    assert taxonomy.get("warm/red").category == "warm"
    with pytest.raises(KeyError):
        taxonomy.get("blue")


def test_plain_form_reads_back() -> None:
    taxonomy = small_taxonomy()
    assert parse_taxonomy(taxonomy.to_json()) == taxonomy


def changed(**fields: Any) -> dict[str, Any]:
    return small_taxonomy().to_json() | fields


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (changed(exclusive="yes"), "exclusive: 'yes'"),
        (changed(labels=[]), "labels: write one"),
        (changed(name=" "), "name: ' '"),
        (changed(colour="red"), "colour: unknown field"),
        (changed(labels=[*small_taxonomy().to_json()["labels"], {"id": "thanks"}]), "kind: None"),
        (changed(labels=[{"id": "A b", "kind": "k", "name": "n", "definition": "d"}]), "id: write"),
        (changed(labels=[{"id": "none", "kind": "k", "name": "n", "definition": "d"}]), "'none' is reserved"),
        (changed(labels=[{"id": "a/b", "kind": "k", "name": "n", "definition": "d"}]), "category 'a' has leaves"),
        (changed(labels=[{"id": "a", "kind": "k", "name": "n", "definition": "d"}] * 2), "stands twice"),
        (changed(labels=[{"id": "a", "kind": "k", "name": "n", "definition": "d"}]), "at least two leaves"),
    ],
)
def test_says_what_is_wrong(table: dict[str, Any], message: str) -> None:
    with pytest.raises(TaxonomyError) as caught:
        parse_taxonomy(table, "mine.toml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("mine.toml")


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="absent"):
        load_taxonomy(tmp_path / "absent.toml")
    with pytest.raises(TaxonomyError, match="no valid TOML"):
        load_taxonomy(write(tmp_path, "name = "))
