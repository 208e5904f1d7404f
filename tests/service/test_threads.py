"""ListThreads and GetThread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1.thread_pb2_grpc import ThreadServiceStub
from service.paging import page_token, read_token
from service.validation import Violations
from store.database import Database
from store.sources import all_sources, ensure
from store.threads import save_threads, set_thread_state
from store.values import Post, SourceKind, Thread, ThreadState
from tests.service.corpus import START, Corpus, fill
from tests.service.doubles import TinyBundle, channel, serving
from tests.service.failures import failure, violations


def pages(threads: ThreadServiceStub, **fields: Any) -> Iterator[hpb.ListThreadsResponse]:
    request = hpb.ListThreadsRequest(**fields)
    while True:
        page = threads.ListThreads(request)
        yield page
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def titles(threads: ThreadServiceStub, **fields: Any) -> list[str]:
    return [each.title.removeprefix("Thread ") for page in pages(threads, **fields) for each in page.threads]


def day(number: int) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime(2024, 2, number, tzinfo=UTC))
    return stamp


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "edcba"),
        ({"label": "memory-performance/memory"}, "ba"),
        ({"label": "memory-performance"}, "cba"),
        ({"topic": 0}, "cba"),
        ({"topic": -1}, "e"),
        ({"families": ["llama"]}, "ca"),
        ({"families": ["llama", "bert"]}, "eca"),
        ({"category": "Models"}, "dc"),
        ({"start_time": day(9)}, "edc"),
        ({"end_time": day(9)}, "ba"),
        ({"start_time": day(1), "end_time": day(10)}, "c"),
        ({"label": "memory-performance", "families": ["llama"], "category": "Models"}, "c"),
        ({"label": "spaces"}, ""),
    ],
)
@pytest.mark.parametrize("size", [0, 1, 2])
def test_filters_newest_first_with_any_page_size(
    threads: ThreadServiceStub, fields: dict[str, Any], expected: str, size: int
) -> None:
    assert "".join(titles(threads, page_size=size, **fields)) == expected


def test_full_last_page_ends_the_list(threads: ThreadServiceStub) -> None:
    assert [len(page.threads) for page in pages(threads, page_size=5)] == [5]
    assert [len(page.threads) for page in pages(threads, page_size=4)] == [4, 1]


def test_what_a_list_shows_of_a_thread(threads: ThreadServiceStub, corpus: Corpus) -> None:
    thread = threads.ListThreads(hpb.ListThreadsRequest(families=["llama"], category="Beginners")).threads[0]
    assert thread.id == corpus.ids["a"]
    assert (thread.url, thread.category, list(thread.tags)) == ("https://forum.example/t/a", "Beginners", ["t"])
    assert thread.create_time.ToDatetime(tzinfo=UTC) == datetime(2024, 1, 3, tzinfo=UTC)
    assert (thread.posts, list(thread.families), thread.topic) == (2, ["llama"], 0)
    assert list(thread.labels) == ["expert-solutions/other", "memory-performance/memory"]
    assert not thread.authored_sample


def test_a_thread_with_its_posts(threads: ThreadServiceStub, corpus: Corpus) -> None:
    response = threads.GetThread(hpb.GetThreadRequest(id=corpus.ids["c"]))
    assert response.thread.title == "Thread c"
    first, second = response.posts
    assert (first.number, first.body, first.author) == (1, "bert is slow, llama too", "hash-1")
    assert [each.label for each in first.labels] == ["memory-performance/speed"]
    assert (first.assigned, first.abstained, first.HasField("reply_to")) == (True, False, False)
    assert (second.assigned, second.abstained, second.reply_to) == (True, True, 1)


def test_posts_that_no_bundle_has_read(db: Database) -> None:
    corpus = fill(db, assigned=False, topics=False)
    with serving(db, TinyBundle()) as running, channel(running) as wire:
        response = ThreadServiceStub(wire).GetThread(hpb.GetThreadRequest(id=corpus.ids["a"]))
    assert not any(post.assigned or post.labels for post in response.posts)
    assert not response.thread.HasField("topic")


@pytest.mark.parametrize("thread_id", [6, 2**62])
def test_an_unknown_thread_is_not_found(threads: ThreadServiceStub, thread_id: int) -> None:
    error = failure(lambda: threads.GetThread(hpb.GetThreadRequest(id=thread_id)))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert str(thread_id) in error.details()


def test_a_thread_that_was_deleted_is_not_shown(threads: ThreadServiceStub, corpus: Corpus) -> None:
    forum = ensure(corpus.db, SourceKind.FORUM, "forum.example")
    set_thread_state(corpus.db, forum.id, "c", ThreadState.DELETED)
    error = failure(lambda: threads.GetThread(hpb.GetThreadRequest(id=corpus.ids["c"])))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert titles(threads) == ["e", "d", "b", "a"]


@pytest.mark.parametrize("thread_id", [0, -1])
def test_thread_ids_start_at_1(threads: ThreadServiceStub, thread_id: int) -> None:
    assert str(thread_id) in violations(lambda: threads.GetThread(hpb.GetThreadRequest(id=thread_id)))["id"]


@pytest.mark.parametrize(
    ("fields", "field", "word"),
    [
        ({"label": "memory"}, "label", "'memory'"),
        ({"topic": 5}, "topic", "5"),
        ({"families": ["berta"]}, "families[0]", "'bert'"),
        ({"category": "models"}, "category", "'Models'"),
        ({"category": "Mo\x00dels"}, "category", "'Models'"),
        ({"start_time": Timestamp(seconds=2**60)}, "start_time", "not a time"),
        ({"end_time": Timestamp(nanos=-1)}, "end_time", "nanos"),
        ({"start_time": day(2), "end_time": day(2)}, "end_time", "exclusive"),
        ({"page_size": -1}, "page_size", "-1"),
        ({"page_size": 501}, "page_size", "500"),
        ({"page_token": "not a token"}, "page_token", "'not a token'"),
        ({"page_token": "é"}, "page_token", "next_page_token"),
        ({"page_token": "A" * 5000}, "page_token", "…"),
    ],
)
def test_bad_input_is_named(threads: ThreadServiceStub, fields: dict[str, Any], field: str, word: str) -> None:
    found = violations(lambda: threads.ListThreads(hpb.ListThreadsRequest(**fields)))
    assert set(found) == {field}
    assert word in found[field]
    assert len(found[field]) < 400


def test_a_token_holds_for_its_own_filters_only(threads: ThreadServiceStub) -> None:
    page = threads.ListThreads(hpb.ListThreadsRequest(page_size=1, category="Models"))
    token = page.next_page_token
    further = threads.ListThreads(hpb.ListThreadsRequest(page_size=3, category="Models", page_token=token))
    assert [each.title for each in further.threads] == ["Thread c"]
    for fields in ({}, {"category": "Spaces"}, {"category": "Models", "topic": 0}):
        found = violations(
            lambda fields=fields: threads.ListThreads(hpb.ListThreadsRequest(page_token=token, **fields))
        )
        assert set(found) == {"page_token"}


@pytest.mark.parametrize(
    ("fields", "word"), [({"label": "spaces"}, "forumlens assign"), ({"topic": 0}, "forumlens topics")]
)
def test_what_a_fresh_store_lacks_is_said_with_the_remedy(db: Database, fields: dict[str, Any], word: str) -> None:
    fill(db, assigned=False, topics=False)
    with serving(db, TinyBundle()) as running, channel(running) as wire:
        error = failure(lambda: ThreadServiceStub(wire).ListThreads(hpb.ListThreadsRequest(**fields)))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert word in error.details()


@given(st.integers(-(2**63), 2**63 - 1), st.text(max_size=20), st.integers(0, 5))
def test_tokens_give_back_the_place(last: int, category: str, size: int) -> None:
    category = category.encode("utf-8", "ignore").decode()
    request = hpb.ListThreadsRequest(category=category, page_size=size)
    token = page_token(last, request, "run")
    found = Violations()
    request.page_size += 1
    assert read_token(found, token, request, "run") == last
    found.raise_any()


@given(st.text(max_size=60))
def test_any_text_as_token_is_refused_and_nothing_breaks(token: str) -> None:
    found = Violations()
    assert read_token(found, token, hpb.ListThreadsRequest()) is None
    if token:
        with pytest.raises(Exception, match="page_token"):
            found.raise_any()


def test_pages_go_on_where_they_were_though_threads_come_in_between(corpus: Corpus, threads: ThreadServiceStub) -> None:
    first = threads.ListThreads(hpb.ListThreadsRequest(page_size=2))
    forum = next(source for source in all_sources(corpus.db) if source.kind is SourceKind.FORUM)
    for key, day in (("new", 90), ("old", 1), ("between", 41)):
        created = START + timedelta(days=day)
        posts = (Post(external_id=f"{key}1", number=1, created_at=created, body="memory", author="x"),)
        save_threads(corpus.db, forum.id, [Thread(key, f"Thread {key}", "https://x", created, posts, "Models")])
    rest = threads.ListThreads(hpb.ListThreadsRequest(page_token=first.next_page_token))
    titles = [thread.title.removeprefix("Thread ") for thread in (*first.threads, *rest.threads)]
    assert titles == ["e", "d", "between", "c", "b", "a", "old"]
