"""Answers from the store are kept as long as the store and the model stay as they are, and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from forumlens.v1 import trend_pb2 as tpb
from forumlens.v1.trend_pb2_grpc import TrendServiceStub
from service.repeats import Repeats
from store.database import Database, open_database
from store.threads import save_threads
from store.values import Post, Thread
from tests.service.corpus import START, Corpus

EVERYTHING = tpb.QueryTrendsRequest()


def threads_of(response: tpb.QueryTrendsResponse) -> list[int]:
    return [point.threads for point in response.series[0].points]


def add_thread(db: Database) -> None:
    posts = (Post("new1", 1, START, "a new question"),)
    save_threads(db, 1, [Thread("new", "New", "https://forum.example/t/new", START, posts)])


def test_an_answer_is_another_one_once_the_store_has_changed(
    trends: TrendServiceStub, corpus: Corpus, tmp_path: Path
) -> None:
    assert [threads_of(trends.QueryTrends(EVERYTHING)) for _ in range(3)] == [[2, 2, 1]] * 3
    with open_database(f"sqlite:///{tmp_path / 'store.db'}") as other:
        add_thread(other)
    assert threads_of(trends.QueryTrends(EVERYTHING)) == [3, 2, 1]


def test_a_part_of_a_kept_answer_leaves_it_whole(trends: TrendServiceStub) -> None:
    whole = trends.QueryTrends(EVERYTHING)
    part = trends.QueryTrends(tpb.QueryTrendsRequest(read_mask=FieldMask(paths=["bundle_id"])))
    assert (len(part.series), part.bundle_id) == (0, whole.bundle_id)
    assert trends.QueryTrends(EVERYTHING) == whole


class Asked:
    """Makes answers of a size and counts how often."""

    def __init__(self) -> None:
        self.times = 0
        self.size = 10

    def __call__(self, request: tpb.ListTopicsRequest) -> tpb.ListTopicsResponse:
        self.times += 1
        return tpb.ListTopicsResponse(next_page_token="x" * self.size, topic_run=str(self.times))


@pytest.fixture
def versions() -> Iterator[int]:
    return iter([1, 1, 2, 2, 2])


def test_each_version_and_each_question_is_answered_once(versions: Iterator[int]) -> None:
    repeats, work = Repeats(lambda: next(versions)), Asked()
    first, second = tpb.ListTopicsRequest(page_size=1), tpb.ListTopicsRequest(page_size=2)
    told = [repeats.answer(request, work).topic_run for request in (first, first, first, first, second)]
    assert told == ["1", "1", "2", "2", "3"]
    assert (repeats.hits, repeats.misses) == (2, 3)


def test_what_was_asked_for_last_is_kept_within_the_memory() -> None:
    repeats, work = Repeats(lambda: 1, most_bytes=3 * 1_200), Asked()

    def ask(size: int) -> str:
        return repeats.answer(tpb.ListTopicsRequest(page_size=size), work).topic_run

    assert [ask(1), ask(2), ask(3), ask(1), ask(4)] == ["1", "2", "3", "1", "4"]
    assert [ask(1), ask(2)] == ["1", "5"]
    work.size = 1_000
    assert [ask(9), ask(9), ask(1)] == ["6", "7", "1"]


def test_a_failure_is_not_kept() -> None:
    repeats, work = Repeats(lambda: 1), Asked()

    def fail(request: tpb.ListTopicsRequest) -> tpb.ListTopicsResponse:
        raise grpc.RpcError

    with pytest.raises(grpc.RpcError):
        repeats.answer(tpb.ListTopicsRequest(), fail)
    assert repeats.answer(tpb.ListTopicsRequest(), work).topic_run == "1"
