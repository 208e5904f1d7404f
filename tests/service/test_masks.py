"""Read masks: what is asked for comes, and nothing else; what cannot be asked for is told."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from forumlens.client import Client
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1 import trend_pb2 as tpb
from forumlens.v1.search_pb2 import SearchThreadsRequest
from forumlens.v1.search_pb2_grpc import SearchServiceStub
from forumlens.v1.theme_pb2 import THEME_KIND_LEAF
from forumlens.v1.thread_pb2_grpc import ThreadServiceStub
from forumlens.v1.trend_pb2_grpc import TrendServiceStub
from service.masks import kept, read_mask
from tests.service.corpus import Corpus
from tests.service.doubles import Running
from tests.service.failures import violations

GET = "/forumlens.v1.ThreadService/GetThread"
PATHS = ("thread", "thread.id", "thread.tags", "thread.create_time", "posts", "posts.body", "posts.labels.label")


def mask(*paths: str) -> FieldMask:
    return FieldMask(paths=paths)


def test_only_what_is_asked_for_comes(threads: ThreadServiceStub, corpus: Corpus) -> None:
    whole = threads.GetThread(hpb.GetThreadRequest(id=corpus.ids["a"]))
    part = threads.GetThread(
        hpb.GetThreadRequest(id=corpus.ids["a"], read_mask=mask("thread.title", "posts.labels.label"))
    )
    assert part == hpb.GetThreadResponse(
        thread=hpb.Thread(title="Thread a"),
        posts=[hpb.Post(labels=[hpb.PostLabel(label=each.label) for each in post.labels]) for post in whole.posts],
    )
    assert list(part.posts[0].labels)
    without = threads.GetThread(hpb.GetThreadRequest(id=corpus.ids["a"], read_mask=mask("thread")))
    assert without == hpb.GetThreadResponse(thread=whole.thread)


def test_pages_go_on_whatever_is_asked_for(threads: ThreadServiceStub) -> None:
    first = threads.ListThreads(hpb.ListThreadsRequest(page_size=2, read_mask=mask("threads.id")))
    assert [each.ListFields()[0][0].name for each in first.threads] == ["id", "id"]
    rest = threads.ListThreads(hpb.ListThreadsRequest(page_size=5, page_token=first.next_page_token))
    assert len(rest.threads) == 3 and rest.threads[0].title


def test_themes_searches_and_series_take_one_too(wire: grpc.Channel) -> None:
    trends = TrendServiceStub(wire)  # type: ignore[no-untyped-call]
    asked: dict[str, Any] = {"kind": THEME_KIND_LEAF, "evidence": 2}
    whole = trends.ListThemes(tpb.ListThemesRequest(**asked))
    assert any(theme.evidence for theme in whole.themes)
    part = trends.ListThemes(tpb.ListThemesRequest(**asked, read_mask=mask("themes.theme", "themes.shift.recent")))
    assert [(each.theme, each.shift.recent) for each in part.themes] == [
        (each.theme, each.shift.recent) for each in whole.themes
    ]
    assert not any(theme.evidence or theme.HasField("direction") for theme in part.themes) and not part.start_month
    points = trends.QueryTrends(tpb.QueryTrendsRequest(read_mask=mask("series.points.threads"))).series[0].points
    assert [point.threads for point in points] and not any(point.month for point in points)
    found = SearchServiceStub(wire).SearchThreads(  # type: ignore[no-untyped-call]
        SearchThreadsRequest(query="memory", read_mask=mask("results.excerpt"))
    )
    assert found.results[0].excerpt and not found.results[0].HasField("thread")


def test_paths_that_lead_nowhere_are_all_told(threads: ThreadServiceStub) -> None:
    request = hpb.ListThreadsRequest(read_mask=mask("threads.titel", "threads.title.x", "threads.id", ""))
    problems = violations(lambda: threads.ListThreads(request))
    assert set(problems) == {"read_mask.paths[0]", "read_mask.paths[1]", "read_mask.paths[3]"}
    assert (
        "'threads.titel'" in problems["read_mask.paths[0]"] and "did you mean 'title'" in problems["read_mask.paths[0]"]
    )


@pytest.fixture(scope="module")
def answer() -> hpb.GetThreadResponse:
    labels = [hpb.PostLabel(label="a", score=0.5)]
    post = hpb.Post(id=1, number=1, body="text", labels=labels)
    thread = hpb.Thread(id=2, title="title", tags=["t"])
    thread.create_time.FromSeconds(3)
    return hpb.GetThreadResponse(thread=thread, posts=[post, post])


@given(paths=st.lists(st.sampled_from(PATHS), min_size=1))
def test_a_mask_keeps_each_path_and_adds_none(answer: hpb.GetThreadResponse, paths: list[str]) -> None:
    found = read_mask(hpb.GetThreadRequest(read_mask=mask(*paths)), GET)
    assert found is not None
    part = kept(answer, found)
    assert kept(part, found) == part
    expected = {leaf for leaf in leaves(answer) if any(f"{leaf}.".startswith(f"{path}.") for path in paths)}
    assert leaves(part) == expected


def leaves(message: Message, before: str = "") -> set[str]:
    found: set[str] = set()
    for field, value in message.ListFields():
        path = before + field.name
        inner = value if field.is_repeated else [value]
        below = {leaf for one in inner if isinstance(one, Message) for leaf in leaves(one, path + ".")}
        found |= below or {path}
    return found


def test_the_client_asks_for_what_its_values_need(running: Running, corpus: Corpus) -> None:
    with Client(running.address) as client:
        thread, posts = client.get_thread(corpus.ids["a"], read_mask=["posts.labels"])
        assert (thread.title, posts[0].body) == ("", "") and posts[0].labels
        (first, *_) = client.list_threads(read_mask=["threads.title"])
        assert (first.title, first.url, first.created_at.year) == ("Thread e", "", 2024)
        themes = client.list_themes("leaf", read_mask=["themes.theme"])
        assert themes.months and themes.themes[0].theme and themes.themes[0].threads == ()
