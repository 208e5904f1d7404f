from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classifier.features import CONTEXT, VIEWS, clean, read, shorten, split_text, take_apart
from store.values import PostInput
from tests.classifier.fakes import HashEmbedder

BODY = """Hello, I cannot load the thing I saved yesterday.

```python
thing = Thing.load("here")
```
Traceback (most recent call last):
  File "a.py", line 3, in <module>
ValueError: no such thing here
What did I do wrong?
"""


def test_prose_and_code_go_apart_fenced_or_not() -> None:
    prose, code = split_text(BODY)
    assert prose.startswith("Hello, I cannot load")
    assert prose.endswith("What did I do wrong?")
    assert 'thing = Thing.load("here")' in code
    assert 'File "a.py", line 3' in code
    assert "Traceback" not in prose


def test_a_post_without_line_breaks_is_prose() -> None:
    body = "I call f(x) = [1, 2, 3] and g(y) = {4: 5}; " * 20
    prose, code = split_text(body)
    assert prose
    assert not code


def test_views_hold_title_errors_and_previous_post() -> None:
    parts = take_apart(PostInput(id="1", title="Cannot load", body=BODY, previous="Did you save it?", by_starter=True))
    views = dict(zip(VIEWS, parts.views, strict=True))
    assert views["main"].startswith("Cannot load\nHello")
    assert views["trace"].startswith("ValueError: no such thing here")
    assert 'thing = Thing.load("here")' in views["trace"]
    assert views["previous"] == "Did you save it?"
    context = dict(zip(CONTEXT, parts.context, strict=True))
    assert (context["reply"], context["by_starter"], context["has_code"], context["question"]) == (1, 1, 1, 1)
    assert context["reply_unknown"] == 0


def test_absent_context_is_told_apart_from_an_opening_post() -> None:
    unknown = take_apart(PostInput(id="1", body="Hello there"))
    opening = take_apart(PostInput(id="1", body="Hello there", reply=False))
    column = CONTEXT.index("reply_unknown")
    assert (unknown.context[column], opening.context[column]) == (1, 0)
    assert not take_apart(PostInput(id="1", body="Hello", reply=False, previous="Earlier")).views[2]


def test_links_keep_their_host_and_handles_go() -> None:
    cleaned = clean("see https://www.example.org/docs/long/path?x=1#y and ask @somebody <!-- a hint -->")
    assert cleaned.split() == ["see", "example.org/docs", "and", "ask", "@user"]


def test_a_long_text_keeps_opening_and_closing() -> None:
    text = "start " + "middle " * 500 + "finish"
    short = shorten(text, 60, 40)
    assert short.startswith("start middle")
    assert short.endswith("finish")
    assert len(short) <= 110


@given(st.text(max_size=400), st.text(max_size=60), st.none() | st.text(max_size=60))
def test_any_text_can_be_taken_apart_the_same_way_twice(body: str, title: str, previous: str | None) -> None:
    post = PostInput(id="1", body=body, title=title, previous=previous)
    parts = take_apart(post)
    assert parts == take_apart(replace(post, id="2"))
    assert len(parts.views) == len(VIEWS)
    assert all(0 <= value <= 1 for value in parts.context)


def test_vectors_land_on_their_post_and_view() -> None:
    posts = [
        PostInput(id="1", body="soup and bread"),
        PostInput(id="2", body="thanks", previous="take onions"),
    ]
    embedder = HashEmbedder()
    features = read(posts, embedder)
    assert features.vectors.shape == (2, len(VIEWS), 64)
    expected = embedder.encode(["soup and bread", "thanks", "take onions"])
    np.testing.assert_array_equal(features.vectors[0, 0], expected[0])
    np.testing.assert_array_equal(features.vectors[1, 0], expected[1])
    np.testing.assert_array_equal(features.vectors[1, 2], expected[2])
    assert not features.vectors[0, 1:].any()
    assert len(read([], embedder)) == 0
