"""The questions that join talk and uploads, over a store in which the answers were planted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from classifier.families import Family
from classifier.mentions import Registry
from forumlens.client import Client
from forumlens.v1 import statistics_pb2 as spb
from forumlens.v1 import theme_pb2 as hpb
from forumlens.v1 import trend_pb2 as tpb
from forumlens.v1.trend_pb2_grpc import TrendServiceStub
from store.database import Database, open_database
from tests.service.doubles import Running, TinyBundle, channel, serving
from tests.service.failures import failure, violations
from tests.service.planted import FIRST, MEMORY, MONTHS, SPEED, fill_planted

LEAF, FAMILY = hpb.THEME_KIND_LEAF, hpb.THEME_KIND_FAMILY


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path: Path = tmp_path_factory.mktemp("themes") / "store.db"
    with open_database(f"sqlite:///{path}") as opened:
        fill_planted(opened)
        yield opened


@pytest.fixture(scope="module")
def running(db: Database) -> Iterator[Running]:
    with serving(db, TinyBundle(), families=Registry([Family("llama"), Family("bert")])) as where:
        yield where


@pytest.fixture(scope="module")
def trends(running: Running) -> Iterator[TrendServiceStub]:
    with channel(running) as opened:
        yield TrendServiceStub(opened)


def test_themes_tell_what_was_planted(trends: TrendServiceStub) -> None:
    response = trends.ListThemes(tpb.ListThemesRequest(kind=LEAF, evidence=2))
    found = {one.theme: one for one in response.themes}
    assert set(found) == {MEMORY, SPEED, "spaces"}
    assert found[MEMORY].direction.trend == spb.TREND_RISING
    assert found[SPEED].direction.z < 0
    assert found[MEMORY].tested == tpb.TESTED_EXPECTED_SHARE
    assert list(found[MEMORY].threads) == [2 + month for month in range(MONTHS)]
    assert found[MEMORY].expected[0] == pytest.approx(0.9 * 2 + 0.05 * 36, abs=0.01)
    assert (found["spaces"].shift.recent, found["spaces"].shift.before) == (24, 0)
    assert len(found[MEMORY].evidence) == 2
    assert (response.start_month, response.end_month, response.recent_months) == ("2022-01", "2024-01", 3)


def test_categories_are_apart_from_leaves(trends: TrendServiceStub) -> None:
    response = trends.ListThemes(tpb.ListThemesRequest(kind=hpb.THEME_KIND_CATEGORY))
    assert {one.theme for one in response.themes} == {"memory-performance", "spaces"}
    response = trends.ListThemes(tpb.ListThemesRequest(kind=hpb.THEME_KIND_FORUM_CATEGORY))
    assert [one.theme for one in response.themes] == ["Beginners"]


def test_emerging_is_the_theme_that_came_last(trends: TrendServiceStub) -> None:
    response = trends.ListEmergingThemes(tpb.ListEmergingThemesRequest(kind=LEAF))
    assert response.themes[0].theme == "spaces"
    assert len(response.themes[0].evidence) == 5


def test_talk_and_uploads_part(trends: TrendServiceStub) -> None:
    (one,) = trends.ListDivergences(tpb.ListDivergencesRequest()).divergences
    assert (one.subject, one.divergence) == ("bert", tpb.DIVERGENCE_TALK_FALLS_UPLOADS_RISE)
    assert one.correlation.rho < -0.9
    compared = trends.CompareWithUploads(tpb.CompareWithUploadsRequest(kind=FAMILY, subjects=["LLaMA", "bert"]))
    assert [one.subject for one in compared.comparisons] == ["bert", "llama"]
    assert compared.comparisons[1].divergence == tpb.DIVERGENCE_UNSPECIFIED
    assert list(compared.comparisons[1].uploads) == [30] * MONTHS


def test_what_a_family_is_talked_of_for(trends: TrendServiceStub) -> None:
    response = trends.QueryCrossTable(tpb.QueryCrossTableRequest(kind=LEAF))
    first = {(cell.theme, cell.family): cell for cell in response.cells}[MEMORY, "llama"]
    assert first.threads == first.of_theme == first.of_family
    assert first.lift > 1.5
    assert first.p_adjusted < 1e-6
    assert first.recent_share == 1.0


def test_quarters_and_smoothing(trends: TrendServiceStub) -> None:
    asked = tpb.QueryTrendsRequest(label=MEMORY, period=tpb.PERIOD_QUARTER, smoothing=tpb.SMOOTHING_MOVING_MEAN_3)
    (series,) = trends.QueryTrends(asked).series
    assert [point.month for point in series.points][:2] == ["2022-01", "2022-04"]
    assert [point.threads for point in series.points][:2] == [2 + 3 + 4, 5 + 6 + 7]
    shares = [point.share for point in series.points]
    assert series.points[1].smoothed_share == pytest.approx(sum(shares[:3]) / 3)
    assert not any(point.partial for point in series.points)
    odd = tpb.QueryTrendsRequest(label=MEMORY, period=tpb.PERIOD_QUARTER, start_month="2022-02", end_month="2022-04")
    assert trends.QueryTrends(odd).series[0].points[0].partial


def test_a_forum_category_is_a_subject(trends: TrendServiceStub) -> None:
    whole, beginners = (trends.QueryTrends(request).series[0].points for request in (
        tpb.QueryTrendsRequest(), tpb.QueryTrendsRequest(forum_category="Beginners"),
    ))  # fmt: skip
    assert [point.threads for point in whole] == [point.threads for point in beginners]
    both = tpb.QueryTrendsRequest(forum_category="Beginners", families=["bert"])
    assert trends.QueryTrends(both).series[0].points[0].threads == 26


def test_documentation_of_uploads(running: Running, trends: TrendServiceStub) -> None:
    (bert, llama) = sorted(
        trends.QueryDocumentation(tpb.QueryDocumentationRequest(by=tpb.DOCUMENTED_BY_FAMILY)).rows,
        key=lambda row: row.subject,
    )
    assert (bert.models, llama.models, llama.card_share) == (sum(range(5, 5 + MONTHS)), 30 * MONTHS, 1.0)
    assert not llama.HasField("words")
    with Client(running.address) as client:
        months = client.query_documentation("month", start_month="2022-03", end_month="2022-05")
    assert [(row.subject, row.models, row.card_share) for row in months] == [("2022-03", 37, 1.0), ("2022-04", 38, 1.0)]


@pytest.mark.parametrize(
    ("method", "request_", "field"),
    [
        ("ListThemes", tpb.ListThemesRequest(), "kind"),
        ("ListThemes", tpb.ListThemesRequest(kind=LEAF, recent_months=999), "recent_months"),
        ("ListThemes", tpb.ListThemesRequest(kind=LEAF, start_month="22"), "start_month"),
        ("ListThemes", tpb.ListThemesRequest(kind=LEAF, evidence=21), "evidence"),
        ("ListEmergingThemes", tpb.ListEmergingThemesRequest(kind=LEAF, least_threads=-1), "least_threads"),
        ("CompareWithUploads", tpb.CompareWithUploadsRequest(kind=FAMILY, subjects=["lama"]), "subjects[0]"),
        ("CompareWithUploads", tpb.CompareWithUploadsRequest(kind=LEAF, subjects=["x/y"]), "subjects[0]"),
        ("CompareWithUploads", tpb.CompareWithUploadsRequest(kind=FAMILY, tested=3), "tested"),
        ("ListDivergences", tpb.ListDivergencesRequest(tested=9), "tested"),
        ("QueryCrossTable", tpb.QueryCrossTableRequest(kind=FAMILY), "kind"),
        ("QueryTrends", tpb.QueryTrendsRequest(period=9), "period"),
        ("QueryDocumentation", tpb.QueryDocumentationRequest(), "by"),
        ("QueryTrends", tpb.QueryTrendsRequest(forum_category="Beginer"), "forum_category"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(trends: TrendServiceStub, method: str, request_: Any, field: str) -> None:
    assert field in violations(lambda: getattr(trends, method)(request_))


def test_topics_that_were_never_sought_are_a_precondition(trends: TrendServiceStub) -> None:
    error = failure(lambda: trends.ListThemes(tpb.ListThemesRequest(kind=hpb.THEME_KIND_TOPIC)))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_the_client_gives_the_values_back(running: Running) -> None:
    with Client(running.address) as client:
        themes = client.list_themes("leaf", evidence=1)
        assert themes.months == range(FIRST, FIRST + MONTHS)
        memory = next(one for one in themes.themes if one.theme == MEMORY)
        assert memory.direction.trend == "rising"
        assert memory.shift.recent == sum(memory.threads[-3:])
        assert client.list_emerging_themes("leaf").themes[0].theme == "spaces"
        (apart,) = client.list_divergences().subjects
        assert (apart.subject, apart.divergence) == ("bert", "talk falls, uploads rise")
        assert client.compare_with_uploads("family", ["llama"]).subjects[0].divergence is None
        assert client.query_cross_table("leaf").cells[0].recent_share is not None
