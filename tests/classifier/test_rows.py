from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.rows import RowError, parse_row, read_examples, read_posts
from tests.classifier.fakes import small_taxonomy


def test_context_is_taken_and_text_stands_for_body() -> None:
    post = parse_row({"id": 7, "text": "Hello", "by_starter": False, "tags": ["a"], "post_number": 3}, "line 1")
    assert (post.id, post.body, post.by_starter, post.tags, post.post_number) == ("7", "Hello", False, ("a",), 3)
    assert post.reply is None
    assert post.is_reply
    assert not parse_row({"id": "x", "body": "Hello"}, "line 1").is_reply
    assert not parse_row({"id": "x", "body": "Hello", "reply": False, "previous": "Hi"}, "line 1").is_reply


def test_accepted_of_a_gold_row_is_no_context() -> None:
    row = {"id": "x", "body": "Hello", "primary": [], "required": [], "accepted": ["thanks"]}
    assert parse_row(row, "line 1").accepted is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([], "[] is not an object"),
        ({"body": "x"}, "id: None is not an id"),
        ({"id": True, "body": "x"}, "id: True is not an id"),
        ({"id": "a"}, "body: is missing or empty"),
        ({"id": "a", "body": "  "}, "body: is missing or empty"),
        ({"id": "a", "body": 5}, "body: 5 is not a text"),
        ({"id": "a", "body": "x", "reply": "yes"}, "reply: 'yes' is not true or false"),
        ({"id": "a", "body": "x", "tags": [1]}, "tags: [1] is not a list"),
        ({"id": "a", "body": "x", "post_number": 1.5}, "post_number: 1.5 is not a whole number"),
        ({"id": "a", "body": "x" * 1_000_001}, "shorten it to 1000000"),
    ],
)
def test_bad_rows_name_field_and_value(row: Any, message: str) -> None:
    with pytest.raises(RowError) as caught:
        parse_row(row, "file, line 4")
    assert str(caught.value).startswith("file, line 4: ")
    assert message in str(caught.value)


def test_posts_stream_until_the_bad_line() -> None:
    lines = iter(['{"id": "a", "body": "x"}\n', "\n", "{nonsense\n"])
    stream = read_posts(lines, "in.jsonl")
    assert next(stream).id == "a"
    with pytest.raises(RowError, match=r"in\.jsonl, line 3: is no valid JSON"):
        next(stream)


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_examples_keep_label_order_and_may_have_none(tmp_path: Path) -> None:
    path = write(
        tmp_path / "e.jsonl",
        {"id": "a", "body": "x", "labels": ["thanks", "garden/soil", "thanks"]},
        {"id": "b", "body": "y", "labels": []},
    )
    assert [example.labels for example in read_examples(path, small_taxonomy())] == [("thanks", "garden/soil"), ()]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"id": "a", "body": "x"}], "labels: is missing"),
        ([{"id": "a", "body": "x", "labels": ["garden"]}], "'garden' is no leaf of small@1"),
        ([{"id": "a", "body": "x", "labels": []}] * 2, "id: 'a' stands already"),
        ([{"id": "a", "body": "x", "labels": ["thanks", "garden/soil"]}], "exclusive; keep one"),
    ],
)
def test_bad_examples_are_refused(tmp_path: Path, rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(RowError) as caught:
        read_examples(write(tmp_path / "e.jsonl", *rows), small_taxonomy(exclusive=True))
    assert message in str(caught.value)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)
fields = ["id", "body", "text", "title", "reply", "previous", "by_starter", "accepted", "tags", "post_number", "x"]


@given(st.dictionaries(st.sampled_from(fields), values))
def test_any_row_gives_a_post_or_a_row_error(row: dict[str, Any]) -> None:
    try:
        post = parse_row(row, "line 1")
    except RowError:
        return
    assert post.id
    assert (post.body + post.title).strip()
    (post.body + post.title + (post.previous or "")).encode("utf-8")
