"""Bodies of a Discourse forum, old and new, whole and lacking, become threads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.discourse import (
    NewPost,
    missing_post_ids,
    parse_categories,
    parse_counts,
    parse_feed,
    parse_list,
    parse_thread,
)
from scraper.errors import BadThreadError
from scraper.pseudonyms import Pseudonymizer
from store.values import ThreadState

PSEUDONYMS = Pseudonymizer(b"k" * 32)


def post(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": 100 + number,
        "post_number": number,
        "post_type": 1,
        "username": "Ann",
        "created_at": f"2023-04-0{min(number, 9)}T10:00:00.000Z",
        "cooked": f"<p>words {number}</p>",
        **fields,
    }


def body(*posts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "title": "How do I @bob?",
        "slug": "how-do-i",
        "created_at": "2023-04-01T10:00:00.000Z",
        "category_id": 3,
        "post_stream": {"posts": list(posts), "stream": [item["id"] for item in posts]},
        **fields,
    }


def parse(raw: Any, **options: Any) -> Any:
    return parse_thread(raw, pseudonyms=PSEUDONYMS, **options)


def test_a_whole_body_is_read() -> None:
    raw = body(
        post(1, actions_summary=[{"id": 2, "count": 4}, {"id": 3, "count": 9}]),
        post(2, username="bob", reply_to_post_number=1, accepted_answer=True, updated_at="2023-05-01T00:00:00Z"),
        tags=["cuda", {"id": 4, "name": "bert", "slug": "bert"}],
        views=12,
        like_count=5,
        last_posted_at=None,
        bumped_at="2023-04-02T10:00:00Z",
    )
    thread = parse(raw, base_url="https://forum.example.org", categories={3: "Beginners"})

    assert thread.external_id == "7"
    assert thread.url == "https://forum.example.org/t/7"
    assert thread.title == f"How do I @{PSEUDONYMS.name('bob')}?"
    assert (thread.category, thread.tags, thread.views, thread.likes) == ("Beginners", ("cuda", "bert"), 12, 5)
    assert thread.created_at == datetime(2023, 4, 1, 10, tzinfo=UTC)
    assert thread.bumped_at == datetime(2023, 4, 2, 10, tzinfo=UTC)
    first, second = thread.posts
    assert (first.author, first.likes, first.accepted, first.reply_to) == (PSEUDONYMS.name("ann"), 4, False, None)
    assert (second.likes, second.accepted, second.reply_to, second.body) == (0, True, 1, "words 2")


def test_little_is_enough() -> None:
    thread = parse({"id": 7, "post_stream": {"posts": [post(1)]}})

    assert (thread.title, thread.category, thread.tags, thread.state) == ("", "", (), ThreadState.LIVE)
    assert thread.created_at == thread.posts[0].created_at


def test_the_accepted_answer_may_be_told_by_the_thread() -> None:
    thread = parse(body(post(1), post(2), accepted_answer={"post_number": 2, "username": "bob", "excerpt": "x"}))

    assert [item.accepted for item in thread.posts] == [False, True]


def test_whispers_and_deleted_posts_are_left_out_and_notes_lose_their_text() -> None:
    thread = parse(
        body(
            post(1),
            post(2, post_type=4),
            post(3, post_type=3, action_code="closed.enabled"),
            post(4, deleted_at="2023-05-01T00:00:00Z"),
            post(5, user_deleted=True),
            post(6, post_type=2),
            post(7, cooked_hidden=True, cooked="<p>This post was flagged.</p>"),
        )
    )
    assert [(item.number, item.body) for item in thread.posts] == [(1, "words 1"), (3, ""), (6, "words 6"), (7, "")]


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, ThreadState.LIVE),
        ({"closed": True}, ThreadState.CLOSED),
        ({"closed": True, "archived": True}, ThreadState.ARCHIVED),
        ({"visible": False, "closed": True}, ThreadState.UNLISTED),
        ({"archetype": "private_message"}, ThreadState.PRIVATE),
        ({"deleted_at": "2023-05-01T00:00:00Z"}, ThreadState.DELETED),
    ],
)
def test_the_state_is_what_the_forum_shows(fields: dict[str, Any], state: ThreadState) -> None:
    assert parse(body(post(1), **fields)).state is state


@given(st.permutations(range(1, 8)), st.integers(0, 7), st.integers(0, 3))
def test_posts_are_merged_in_order_whatever_way_they_come(order: list[int], cut: int, twice: int) -> None:
    first, further = order[:cut], order[cut:] + order[:twice]
    raw = body(*(post(number) for number in first))
    raw["post_stream"]["stream"] = [100 + number for number in order]
    thread = parse(raw, further_posts=[post(number) for number in further])

    assert [item.number for item in thread.posts] == list(range(1, 8))
    assert missing_post_ids(raw) == [100 + number for number in order[cut:]]


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ([], "post_stream"),
        ({"id": 1}, "post_stream"),
        (body(post(1), id=None), "id"),
        (body(post(1), created_at="yesterday"), "created_at is 'yesterday'"),
        (body({"id": 1}), "post_number"),
        ({"id": 7, "post_stream": {"posts": []}}, "created_at"),
        (body(post(1), views="many"), "views is 'many'"),
        (body(post(1), created_at="2123-01-01T00:00:00Z"), "future"),
    ],
)
def test_what_is_no_thread_is_an_error_that_names_the_field(raw: Any, named: str) -> None:
    with pytest.raises(BadThreadError, match=named):
        parse(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([*body(post(1))]), json_values, st.sampled_from([*post(1)]), json_values)
def test_any_other_value_is_read_or_named_in_an_error(key: str, value: Any, inner: str, other: Any) -> None:
    for raw in (body(post(1)) | {key: value}, body(post(1) | {inner: other})):
        missing_post_ids(raw)
        try:
            thread = parse(raw)
        except BadThreadError:
            continue
        assert thread.external_id


def test_a_list_tells_ids_markers_and_whether_it_goes_on() -> None:
    item = {"id": 7, "posts_count": 2, "bumped_at": "2023-04-02T10:00:00Z", "created_at": "2023-04-01T10:00:00Z"}
    raw = {
        "topic_list": {
            "more_topics_url": "/latest?page=1",
            "topics": [item, {"id": 8, "visible": False, "pinned": True}],
        }
    }
    page = parse_list(raw)
    grown = parse_list({"topic_list": {"topics": [item | {"posts_count": 3}]}})

    assert [entry.external_id for entry in page.threads] == ["7", "8"]
    assert [entry.visible for entry in page.threads] == [True, False]
    assert page.threads[1].pinned
    assert page.more
    assert not grown.more
    assert grown.threads[0].marker != page.threads[0].marker


@pytest.mark.parametrize("raw", [None, [], {}, {"topic_list": {"topics": None}}, {"topic_list": []}])
def test_what_is_no_list_is_an_error(raw: Any) -> None:
    with pytest.raises(BadThreadError, match="topic_list"):
        parse_list(raw)


def test_categories_are_read_with_those_inside() -> None:
    inner = {"id": 4, "name": "Audio"}
    raw = {"category_list": {"categories": [{"id": 3, "name": "Models", "subcategory_list": [inner]}, {"id": "x"}]}}

    assert parse_categories(raw) == {3: "Models", 4: "Audio"}
    assert parse_categories({"categories": [inner]}) == {4: "Audio"}
    assert parse_categories([]) == {}


@pytest.mark.parametrize(
    ("fields", "accepted"),
    [
        ({"accepted_answer": {"post_number": 2, "username": "ann"}}, [2]),
        ({"accepted_answers": [{"post_number": 2}, {"post_number": 3}, "odd"]}, [2, 3]),
        ({"accepted_answer": None, "accepted_answers": None}, []),
    ],
)
def test_one_answer_or_several_are_accepted(fields: dict[str, Any], accepted: list[int]) -> None:
    found = parse(body(post(1), post(2), post(3), **fields))

    assert [item.number for item in found.posts if item.accepted] == accepted


def test_the_feed_of_new_posts_is_read_under_both_names() -> None:
    rows = [{"id": 5, "topic_id": 2}, {"id": 9, "topic_id": 1}, {"id": "odd", "topic_id": 1}, None]
    assert parse_feed({"latest_posts": rows}) == parse_feed({"posts": rows}) == (NewPost(9, "1"), NewPost(5, "2"))
    with pytest.raises(BadThreadError, match="latest_posts"):
        parse_feed({"errors": ["no"]})


@pytest.mark.parametrize(
    ("body", "counts"),
    [
        ({"about": {"stats": {"topics_count": 7, "posts_count": 30}}}, (7, 30)),
        ({"about": {"stats": {"topic_count": 7, "post_count": 30}}}, (7, 30)),
        ({"about": {"stats": {"topic_count": "many"}}}, (0, 0)),
        ({"about": None}, (0, 0)),
        ([], (0, 0)),
    ],
)
def test_counts_of_a_forum_are_read_under_old_and_new_names(body: object, counts: tuple[int, int]) -> None:
    assert parse_counts(body) == counts


@pytest.mark.parametrize(
    ("fields", "staff"),
    [
        ({}, None),
        ({"staff": False, "admin": False, "moderator": False}, False),
        ({"staff": True}, True),
        ({"moderator": True, "admin": False}, True),
        ({"admin": True}, True),
        ({"staff": False, "primary_group_name": "hub-staff"}, True),
        ({"flair_name": "Acme Team"}, True),
        ({"flair_name": "moderators"}, True),
        ({"staff": False, "primary_group_name": "teammates", "flair_name": "top-authors"}, False),
        ({"primary_group_name": None, "flair_name": "steam"}, None),
    ],
)
def test_staff_is_told_by_flags_or_by_a_group_that_says_so(fields: dict[str, Any], staff: bool | None) -> None:
    (found,) = parse(body(post(1, **fields))).posts
    assert found.staff is staff
