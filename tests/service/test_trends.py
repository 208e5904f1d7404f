"""QueryTrends and ListTopics over a store with known counts."""

from __future__ import annotations

import re
from typing import Any

import grpc
import pytest

from forumlens.v1 import trend_pb2 as tpb
from forumlens.v1.trend_pb2_grpc import TrendServiceStub
from store.database import Database
from store.sources import ensure, mark_authored
from store.values import PostInput, SourceKind
from tests.service.corpus import BUNDLE, RUN, THREADS, Corpus, fill
from tests.service.doubles import TinyBundle, answer, channel, serving
from tests.service.failures import failure, violations


def counts(response: tpb.QueryTrendsResponse, name: str) -> list[Any]:
    """Values of a field month by month; None where unset."""
    (series,) = response.series
    return [getattr(point, name) if point.HasField(name) else None for point in series.points]


def ask(trends: TrendServiceStub, **fields: Any) -> tpb.QueryTrendsResponse:
    response: tpb.QueryTrendsResponse = trends.QueryTrends(tpb.QueryTrendsRequest(**fields))
    return response


def test_all_threads_beside_all_uploads(trends: TrendServiceStub) -> None:
    response = ask(trends)
    assert [point.month for point in response.series[0].points] == ["2024-01", "2024-02", "2024-03"]
    assert counts(response, "threads") == counts(response, "all_threads") == [2, 2, 1]
    assert counts(response, "share") == [1, 1, 1]
    assert counts(response, "labelled_threads") == [2, 1, 0]
    assert counts(response, "none_threads") == [0, 1, 0]
    assert counts(response, "abstained_threads") == [0, 0, 1]
    assert counts(response, "abstained_share") == [0, 0, 1]
    assert counts(response, "uploads") == counts(response, "all_uploads") == [2, 2, 2]
    assert counts(response, "uploads_with_card") == [1, 1, 1]
    assert not any(point.partial for point in response.series[0].points)
    assert (response.bundle_id, response.topic_run, response.authored_sample) == (BUNDLE, RUN, False)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ({"label": "memory-performance/memory"}, [2, 0, 0]),
        ({"label": "memory-performance/speed"}, [0, 1, 0]),
        ({"label": "spaces"}, [0, 0, 0]),
        ({"category": "memory-performance"}, [2, 1, 0]),
        ({"category": "spaces"}, [0, 0, 0]),
        ({"topic": 0}, [2, 1, 0]),
        ({"topic": -1}, [0, 0, 1]),
    ],
)
def test_each_subject(trends: TrendServiceStub, subject: dict[str, Any], expected: list[int]) -> None:
    response = ask(trends, **subject)
    assert counts(response, "threads") == expected
    assert counts(response, "all_threads") == [2, 2, 1]


def test_families_filter_threads_and_uploads(trends: TrendServiceStub) -> None:
    response = ask(trends, label="memory-performance/memory", families=["llama"])
    assert counts(response, "threads") == [1, 0, 0]
    assert counts(response, "share") == [0.5, 0, 0]
    assert counts(response, "uploads") == [1, 1, 1]
    assert counts(response, "all_uploads") == [2, 2, 2]
    assert counts(response, "uploads_with_card") == [1, 1, 1]
    assert list(response.series[0].families) == ["llama"]


def test_a_thread_that_mentions_two_families_counts_once(trends: TrendServiceStub) -> None:
    response = ask(trends, families=["llama", "bert", "llama"])
    assert counts(response, "threads") == [1, 1, 1]
    assert counts(response, "uploads") == [2, 2, 2]
    assert list(response.series[0].families) == ["llama", "bert"]


def test_one_series_per_family_on_request(trends: TrendServiceStub) -> None:
    response = ask(trends, families=["llama", "bert"], per_family=True)
    told = {tuple(each.families): [point.threads for point in each.points] for each in response.series}
    assert told == {("llama",): [1, 1, 0], ("bert",): [0, 1, 1]}


def test_a_family_goes_by_any_spelling_that_is_known(trends: TrendServiceStub) -> None:
    response = ask(trends, families=["GPT-2"])
    assert list(response.series[0].families) == ["gpt2"]
    assert counts(response, "threads") == [0, 0, 0]


def test_months_are_half_open(trends: TrendServiceStub) -> None:
    response = ask(trends, start_month="2024-01", end_month="2024-02")
    assert [point.month for point in response.series[0].points] == ["2024-01"]


def test_weeks_begin_on_monday_in_the_months_asked_for(trends: TrendServiceStub) -> None:
    asked = {"period": tpb.PERIOD_WEEK, "start_month": "2024-01", "end_month": "2024-03"}
    response = ask(trends, category="memory-performance", **asked)
    points = response.series[0].points
    assert [point.start_date for point in points][:2] == ["2024-01-01", "2024-01-08"]
    assert (points[-1].start_date, points[-1].month) == ("2024-02-26", "2024-02")
    assert counts(response, "threads") == [1, 1, 0, 0, 0, 1, 0, 0, 0]
    assert counts(response, "all_threads") == [1, 1, 0, 0, 0, 1, 1, 0, 0]
    assert counts(response, "all_uploads") == [2, 0, 0, 0, 0, 2, 0, 0, 0]
    assert counts(ask(trends, families=["llama"], **asked), "uploads") == [1, 0, 0, 0, 0, 1, 0, 0, 0]
    assert counts(ask(trends, topic=0, families=["llama"], **asked), "threads") == [1, 0, 0, 0, 0, 1, 0, 0, 0]
    assert counts(ask(trends, families=["llama", "bert"], **asked), "threads") == [1, 0, 0, 0, 0, 1, 0, 0, 0]
    assert counts(ask(trends, forum_category="Models", families=["bert"], **asked), "threads")[5:7] == [1, 0]
    assert [point.partial for point in ask(trends, period=tpb.PERIOD_WEEK).series[0].points] == [False] * 11
    assert "start_month" in violations(lambda: ask(trends, **asked | {"start_month": "2000-01"}))


def test_outside_coverage_counts_are_unset_and_never_zero(trends: TrendServiceStub) -> None:
    response = ask(trends, start_month="2023-12", end_month="2024-02")
    assert counts(response, "threads") == counts(response, "all_threads") == [None, 2]
    assert counts(response, "uploads") == [None, 2]
    assert counts(response, "share") == [None, 1]
    before, inside = response.series[0].points
    assert (before.forum_coverage, before.hub_coverage) == (tpb.COVERAGE_NONE, tpb.COVERAGE_NONE)
    assert (inside.forum_coverage, inside.hub_coverage) == (tpb.COVERAGE_FULL, tpb.COVERAGE_FULL)


def test_authored_data_is_marked(trends: TrendServiceStub, corpus: Corpus) -> None:
    mark_authored(corpus.db, ensure(corpus.db, SourceKind.FORUM, "forum.example").id)
    assert ask(trends).authored_sample


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        (
            {"label": "memory-performance/memmory"},
            "label",
            ["'memory-performance/memmory'", "memory-performance/memory"],
        ),
        ({"label": "memory-performance"}, "label", ["category"]),
        ({"label": ""}, "label", ["empty"]),
        ({"category": "memory-performance/memory"}, "category", ["leaf", "'memory-performance'"]),
        ({"category": "Spaces"}, "category", ["'spaces'"]),
        ({"topic": 7}, "topic", ["7", "ListTopics"]),
        ({"topic": -2}, "topic", ["-2"]),
        ({"families": ["llama", "lama"]}, "families[1]", ["'lama'", "'llama'"]),
        ({"families": [" "]}, "families[0]", ["empty"]),
        ({"families": ["llama\x00"]}, "families[0]", ["llama"]),
        ({"families": ["llama"] * 51}, "families", ["51", "50"]),
        ({"per_family": True}, "per_family", ["families"]),
        ({"start_month": "2024-13"}, "start_month", ["'2024-13'", "YYYY-MM"]),
        ({"end_month": "April"}, "end_month", ["'April'"]),
        ({"start_month": "2024-02", "end_month": "2024-02"}, "end_month", ["exclusive", "'2024-03'"]),
        ({"start_month": "9999-12", "end_month": "0001-01"}, "end_month", ["exclusive"]),
        ({"start_month": "0001-01"}, "start_month", ["1,200"]),
        ({"start_month": "1900-01", "end_month": "2000-02"}, "start_month", ["1,200"]),
        ({"end_month": "9999-12"}, "end_month", ["'9999-12'"]),
    ],
)
def test_bad_input_is_named(trends: TrendServiceStub, fields: dict[str, Any], field: str, words: list[str]) -> None:
    found = violations(lambda: ask(trends, **fields))
    assert set(found) == {field}
    assert all(word in found[field] for word in words), found


def test_problems_of_several_fields_are_said_at_once(trends: TrendServiceStub) -> None:
    found = violations(lambda: ask(trends, label="x", families=["y"], start_month="1", end_month="2"))
    assert set(found) == {"label", "families[0]", "start_month", "end_month"}


@pytest.mark.parametrize(
    ("fields", "word"),
    [({"label": "spaces"}, "forumlens assign"), ({"topic": 0}, "forumlens topics")],
)
def test_what_a_fresh_store_lacks_is_said_with_the_remedy(db: Database, fields: dict[str, Any], word: str) -> None:
    fill(db, assigned=False, topics=False)
    with serving(db, TinyBundle()) as running, channel(running) as wire:
        error = failure(lambda: ask(TrendServiceStub(wire), **fields))
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert word in error.details()
        assert "topic_run" not in error.details()


def test_before_anything_is_labelled_verdicts_are_unknown(db: Database) -> None:
    fill(db, assigned=False, topics=False)
    with serving(db, TinyBundle()) as running, channel(running) as wire:
        response = ask(TrendServiceStub(wire), families=["llama"])
    assert counts(response, "threads") == [1, 1, 0]
    assert counts(response, "labelled_threads") == counts(response, "abstained_share") == [None] * 3
    assert (response.bundle_id, response.topic_run) == ("", "")


def test_an_empty_store_gives_an_empty_series(db: Database) -> None:
    with serving(db, TinyBundle()) as running, channel(running) as wire:
        response = ask(TrendServiceStub(wire))
    assert [len(each.points) for each in response.series] == [0]


def test_topics_come_biggest_first_page_by_page(trends: TrendServiceStub) -> None:
    whole = trends.ListTopics(tpb.ListTopicsRequest())
    assert [each.id for each in whole.topics] == [0, -1, 1]
    assert (whole.topic_run, whole.next_page_token) == (RUN, "")
    request, paged = tpb.ListTopicsRequest(page_size=1), []
    while True:
        page = trends.ListTopics(request)
        paged.extend(page.topics)
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert paged == list(whole.topics)


def test_a_topic_tells_its_labels(trends: TrendServiceStub) -> None:
    topic = trends.ListTopics(tpb.ListTopicsRequest()).topics[0]
    assert (list(topic.keywords), topic.threads, topic.nearest_label) == (
        ["memory", "cuda"],
        3,
        "memory-performance/memory",
    )
    shares = {each.label: round(each.share, 6) for each in topic.label_distribution}
    assert shares == {
        "memory-performance/memory": 0.666667,
        "memory-performance/speed": 0.333333,
        "expert-solutions/other": 0.333333,
    }
    assert topic.nearest_label_confidence == 0.75
    assert (topic.name, topic.coherence) == ("memory (memory-performance/memory)", 0.5)


def test_a_topic_tells_whether_a_label_fits_its_opening_posts(trends: TrendServiceStub) -> None:
    known, outliers, new = trends.ListTopics(tpb.ListTopicsRequest()).topics
    assert (known.leading_label, known.unlabelled_share) == ("memory-performance/memory", 0)
    assert known.leading_label_share == pytest.approx(2 / 3)
    scores = [answer(PostInput(id="", body=bodies[0])).labels[0][1] for *_, topic, bodies in THREADS if topic == 0]
    # All three are of one category, so what covers them best is also what is strongest.
    assert known.label_fit == pytest.approx(sum(scores) / 3)
    assert known.label_confidence == pytest.approx(sum(scores) / 3)
    assert known.HasField("new_theme") and not known.new_theme
    assert not outliers.HasField("new_theme") and not outliers.HasField("coherence")
    assert new.new_theme and new.name == "hello"
    assert (new.unlabelled_share, new.label_fit, new.leading_label) == (1, 0, "")


def test_figures_of_the_topic_run(trends: TrendServiceStub) -> None:
    figures = trends.ListTopics(tpb.ListTopicsRequest(page_size=1)).figures
    assert (figures.threads, figures.outliers_before_reduction) == (5, 2)
    assert (figures.coherence, figures.diversity) == (0.25, 0.75)


def test_before_labels_no_theme_is_called_new(db: Database) -> None:
    fill(db, assigned=False)
    with serving(db, TinyBundle()) as running, channel(running) as wire:
        topics = TrendServiceStub(wire).ListTopics(tpb.ListTopicsRequest()).topics
    assert not any(topic.HasField(field) for topic in topics for field in ("new_theme", "label_fit"))
    assert topics[0].name == "memory (memory-performance/memory)", "its nearest label"


def test_topics_before_the_first_run(db: Database) -> None:
    with serving(db, TinyBundle()) as running, channel(running) as wire:
        error = failure(lambda: TrendServiceStub(wire).ListTopics(tpb.ListTopicsRequest()))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert re.search(r"run `forumlens topics`", error.details())


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"page_size": 501}, "page_size"), ({"page_size": -1}, "page_size"), ({"page_token": "x"}, "page_token")],
)
def test_bad_pages_of_topics(trends: TrendServiceStub, fields: dict[str, Any], field: str) -> None:
    assert set(violations(lambda: trends.ListTopics(tpb.ListTopicsRequest(**fields)))) == {field}


def test_the_map_gives_every_thread_or_a_sample_of_each_topic(trends: TrendServiceStub, corpus: Corpus) -> None:
    drawn = trends.GetTopicMap(tpb.GetTopicMapRequest())
    assert list(drawn.topics) == [-1, 0, 0, 0, 1] and drawn.total == 5
    assert dict(zip(drawn.threads, drawn.titles, strict=True))[corpus.ids["d"]] == "Thread d"
    assert dict(zip(drawn.threads, drawn.x, strict=True))[corpus.ids["d"]] == 0.75 and set(drawn.y) == {-0.5}
    few = trends.GetTopicMap(tpb.GetTopicMapRequest(limit=3))
    assert list(few.topics) == [-1, 0, 1] and few.total == 5
    (one,) = trends.GetTopicMap(tpb.GetTopicMapRequest(topic=1)).threads
    assert one == corpus.ids["d"]
    for fields, field in (({"limit": -1}, "limit"), ({"limit": 20_001}, "limit"), ({"topic": 9}, "topic")):
        asked = tpb.GetTopicMapRequest(**fields)
        assert set(violations(lambda asked=asked: trends.GetTopicMap(asked))) == {field}
