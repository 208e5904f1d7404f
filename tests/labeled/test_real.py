"""The real posts that come along: pointers, hashes, labels and numbers, and nothing that anybody wrote."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from classifier.features import CONTEXT, VIEWS
from classifier.real import read_layer
from classifier.taxonomy import load_taxonomy
from classifier.weights import MINILM
from labeled import files

MOST_BYTES = 25_000_000
LONGEST_URL = 120
KEY = f"{MINILM.name}|{MINILM.sha256[:16]}|float32|256"
SOURCE = re.compile(r"https://[\w.-]+(/[\w.-]+)+|stackoverflow:\d+|archive:\d+/\d+")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (files.real_folder() / "real.jsonl").read_text("utf-8").splitlines()]


def test_rows_hold_no_text(rows: list[dict[str, Any]]) -> None:
    fields = {
        "id": str,
        "source": str,
        "sha256": str,
        "labels": list,
        "reply": bool,
        "by_starter": bool,
        "accepted": bool,
    }
    for row in rows:
        for name, value in row.items():
            assert isinstance(value, fields[name]), (row["id"], name)
            assert all(len(text) <= LONGEST_URL for text in (value if isinstance(value, list) else [str(value)]))
        assert SOURCE.fullmatch(row["source"]) and " " not in row["source"], row["id"]
        assert re.fullmatch(r"[0-9a-f]{64}", row["sha256"]) and re.fullmatch(r"[a-z]\d+", row["id"])


def test_sources_and_ids_are_there_once(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == len({row["id"] for row in rows}) == 2120
    assert sum(row["reply"] for row in rows) == 520


def test_everything_together_is_small() -> None:
    kept = [path for path in files.real_folder().glob("real*") if path.is_file()]
    assert len(kept) >= 4 and sum(path.stat().st_size for path in kept) <= MOST_BYTES


def test_terms_are_words_or_pairs_of_them() -> None:
    words, pieces = json.loads((files.real_folder() / "real.vocabulary.json").read_text("utf-8"))
    assert len(words) == len(set(words)) <= 10_000 and len(pieces) == len(set(pieces)) <= 20_000
    assert max(len(term.split()) for term in words) <= 2
    assert max(map(len, pieces)) <= 5
    assert not [term for term in words if "@" in term or re.search(r"member\d", term)]


def test_numbers_fit_the_rows(rows: list[dict[str, Any]]) -> None:
    layer = read_layer(files.real_folder(), load_taxonomy(files.taxonomy()), KEY)
    assert layer.features.vectors.shape == (2120, len(VIEWS), 384)
    lengths = np.linalg.norm(layer.features.vectors, axis=2)
    np.testing.assert_allclose(lengths[:, 0], 1, atol=2e-3)
    previous = lengths[:, VIEWS.index("previous")]
    assert not previous[[not row["reply"] for row in rows]].any() and previous.any()
    reply = layer.features.context[:, CONTEXT.index("reply")]
    assert reply.astype(bool).tolist() == [row["reply"] for row in rows]
    assert layer.encoder == KEY


def test_held_out_word_values_are_not_those_of_a_model_that_saw_the_post(rows: list[dict[str, Any]]) -> None:
    """Such a model would be right nearly always; one that did not see the post is not."""
    layer = read_layer(files.real_folder(), load_taxonomy(files.taxonomy()), KEY)
    assert layer.features.word_values is not None
    leaves = [leaf.id for leaf in load_taxonomy(files.taxonomy()).leaves]
    best = [leaves[column] for column in layer.features.word_values[:, : len(leaves)].argmax(axis=1)]
    right = [first in row["labels"] for first, row in zip(best, rows, strict=True) if row["labels"]]
    assert 0.3 < np.mean(right) < 0.75
