"""TrendService: series and discovered topics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import grpc

from classifier.trend.periods import Period, moving_mean, series_by
from forumlens.v1 import trend_pb2 as tpb
from forumlens.v1 import trend_pb2_grpc
from service import limits
from service.catalog import Catalog, check_ready, needed_run
from service.convert import trend_point_message
from service.convert_topics import run_figures_message, topic_map_message, topic_message
from service.fields import enum_member
from service.limits import DEFAULT_POINTS, MAX_POINTS
from service.paging import page_token, read_token
from service.store_calls import StoreCalls
from service.themes import ThemeQuestions
from service.validation import Violations
from store.sources import holds_authored
from store.topic_lists import list_topics
from store.topic_maps import topic_map
from store.topics import topic_run

_Context = grpc.aio.ServicerContext[Any, Any]


def _utc_now() -> datetime:
    return datetime.now(UTC)


_SMOOTHED = tpb.SMOOTHING_MOVING_MEAN_3


class TrendServicer(trend_pb2_grpc.TrendServiceServicer):
    """Answers from the store; `now` decides which month is not over."""

    def __init__(self, catalog: Catalog, calls: StoreCalls, now: Callable[[], datetime] = _utc_now) -> None:
        self._catalog = catalog
        self._calls = calls
        self._now = now
        self._questions = ThemeQuestions(catalog, now)

    async def QueryTrends(self, request: tpb.QueryTrendsRequest, context: _Context) -> tpb.QueryTrendsResponse:  # noqa: N802
        """Give the series of the subject, one for all families together or one for each."""
        return await self._calls.answer(request, self._query)

    async def ListTopics(self, request: tpb.ListTopicsRequest, context: _Context) -> tpb.ListTopicsResponse:  # noqa: N802
        """Give a page of the current run's topics."""
        return await self._calls.answer(request, self._topics)

    async def GetTopicMap(self, request: tpb.GetTopicMapRequest, context: _Context) -> tpb.GetTopicMapResponse:  # noqa: N802
        """Give threads of the current run as points."""
        return await self._calls.answer(request, self._map)

    async def ListThemes(self, request: tpb.ListThemesRequest, context: _Context) -> tpb.ListThemesResponse:  # noqa: N802
        """Tell how every theme of a kind moves."""
        return await self._calls.answer(request, self._questions.themes)

    async def ListEmergingThemes(  # noqa: N802
        self, request: tpb.ListEmergingThemesRequest, context: _Context
    ) -> tpb.ListEmergingThemesResponse:
        """List themes that grow beyond chance."""
        return await self._calls.answer(request, self._questions.emerging)

    async def CompareWithUploads(  # noqa: N802
        self, request: tpb.CompareWithUploadsRequest, context: _Context
    ) -> tpb.CompareWithUploadsResponse:
        """Set threads beside uploads."""
        return await self._calls.answer(request, self._questions.comparison)

    async def ListDivergences(  # noqa: N802
        self, request: tpb.ListDivergencesRequest, context: _Context
    ) -> tpb.ListDivergencesResponse:
        """List families whose talk and uploads part."""
        return await self._calls.answer(request, self._questions.divergences)

    async def QueryCrossTable(  # noqa: N802
        self, request: tpb.QueryCrossTableRequest, context: _Context
    ) -> tpb.QueryCrossTableResponse:
        """Tell which themes are about which families."""
        return await self._calls.answer(request, self._questions.cross_table)

    async def QueryDocumentation(  # noqa: N802
        self, request: tpb.QueryDocumentationRequest, context: _Context
    ) -> tpb.QueryDocumentationResponse:
        """Tell how well uploads are documented."""
        return await self._calls.answer(request, self._questions.documentation)

    def _query(self, request: tpb.QueryTrendsRequest) -> tpb.QueryTrendsResponse:
        now, shown, db = self._now(), self._catalog.shown(), self._catalog.db
        found = Violations()
        period = enum_member(tpb.Period.DESCRIPTOR, request.period, Period) or Period.MONTH
        most = limits.MAX_WEEK_MONTHS if period is Period.WEEK else limits.MAX_MONTHS
        start, end = found.months(request.start_month, request.end_month, now, most)
        families = self._catalog.read_families(found, list(request.families))
        if request.per_family and not request.families:
            found.add("per_family", "is set without families: name the families, or leave it unset")
        subject = self._catalog.read_subject(found, request, shown.run_id)
        found.choice("period", request.period, tpb.Period)
        found.choice("smoothing", request.smoothing, tpb.Smoothing)
        found.raise_any()
        check_ready(shown, label=subject.label is not None, topic=subject.topic is not None)
        groups = [(family,) for family in families] if request.per_family else [families]
        response = tpb.QueryTrendsResponse(
            authored_sample=holds_authored(db),
            bundle_id=shown.bundle_id or "",
            topic_run=shown.run_id or "",
        )
        for group in groups:
            points = series_by(period, db, shown.bundle_id, shown.run_id, subject, group, start, end, now=now)
            smooth = moving_mean(points) if request.smoothing == _SMOOTHED else [None] * len(points)
            response.series.add(families=group, points=map(trend_point_message, points, smooth))
        return response

    def _topics(self, request: tpb.ListTopicsRequest) -> tpb.ListTopicsResponse:
        shown = self._catalog.shown()
        run_id = needed_run(shown.run_id)
        found = Violations()
        size = found.page_size(request.page_size)
        after = read_token(found, request.page_token, request, run_id)
        found.raise_any()
        topics = list_topics(self._catalog.db, run_id, shown.bundle_id, size + 1, after)
        more = page_token(topics[size - 1].id, request, run_id) if len(topics) > size else ""
        run = topic_run(self._catalog.db, run_id)
        return tpb.ListTopicsResponse(
            topics=map(topic_message, topics[:size]),
            next_page_token=more,
            topic_run=run_id,
            figures=run_figures_message(run) if run else None,
        )

    def _map(self, request: tpb.GetTopicMapRequest) -> tpb.GetTopicMapResponse:
        run_id, db = needed_run(self._catalog.shown().run_id), self._catalog.db
        found = Violations()
        topic = request.topic if request.HasField("topic") else None
        if topic is not None:
            self._catalog.check_topic(found, topic, run_id)
        if not 0 <= request.limit <= MAX_POINTS:
            found.add("limit", f"is {request.limit}: give 1 to {MAX_POINTS:,}, or 0 for {DEFAULT_POINTS:,}")
        found.raise_any()
        drawn = topic_map(db, run_id, request.limit or DEFAULT_POINTS, topic)
        return topic_map_message(drawn, run_id, authored=holds_authored(db))
