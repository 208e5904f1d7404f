"""The client's calls of TrendService for series and topics; those that test themes are in themes.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from classifier.trend.periods import Period
from forumlens.client.calls import Calls, mask
from forumlens.v1 import trend_pb2 as tpb
from forumlens.v1.trend_pb2_grpc import TrendServiceStub
from service import convert, convert_topics
from service.fields import enum_number
from store.topic_values import Topic, TopicMap
from store.values import TrendPoint


@dataclass(frozen=True, slots=True)
class Series:
    """Points of a trend, one a period, and the families that they count; none means all."""

    families: tuple[str, ...]
    points: tuple[TrendPoint, ...]


@dataclass(frozen=True, slots=True)
class Trends:
    """Series that were asked for. `authored`: some of what is counted is sample data, not mined."""

    series: tuple[Series, ...]
    authored: bool
    bundle_id: str
    topic_run: str


class TrendCalls(Calls):
    """Themes over time, beside uploads."""

    @cached_property
    def _trends(self) -> TrendServiceStub:
        return TrendServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def query_trends(
        self,
        *,
        label: str | None = None,
        category: str | None = None,
        topic: int | None = None,
        forum_category: str | None = None,
        families: Sequence[str] = (),
        start_month: str = "",
        end_month: str = "",
        per_family: bool = False,
        by: str = "month",
        read_mask: Iterable[str] = (),
    ) -> Trends:
        """Series of one label, category, topic or forum category, or of all threads, by month, quarter or week.

        `start_month` and `end_month` are `YYYY-MM`, half-open; a week is of the month in which its Monday lies. Raises
        ClientError, and ValueError when more than one subject is given, or another `by`.
        """
        if sum(subject is not None for subject in (label, category, topic, forum_category)) > 1:
            raise ValueError("label, category, topic and forum_category exclude each other: give at most one of them")
        request = tpb.QueryTrendsRequest(
            label=label,
            category=category,
            topic=topic,
            forum_category=forum_category,
            families=families,
            start_month=start_month,
            end_month=end_month,
            per_family=per_family,
            period=_period(by),
            read_mask=mask(read_mask, "series.points.start_date"),
        )
        response: tpb.QueryTrendsResponse = self._call(self._trends.QueryTrends, request)
        series = (
            Series(tuple(each.families), tuple(map(convert.trend_point, each.points))) for each in response.series
        )
        return Trends(tuple(series), response.authored_sample, response.bundle_id, response.topic_run)

    def list_topics(self, *, page_size: int = 0, read_mask: Iterable[str] = ()) -> Iterator[Topic]:
        """All topics, biggest first, fetched page by page. Raises ClientError."""
        request = tpb.ListTopicsRequest(page_size=page_size, read_mask=mask(read_mask))
        for page in self._pages(self._trends.ListTopics, request):
            yield from map(convert_topics.topic, page.topics)

    def topic_map(self, topic: int | None = None, *, limit: int = 0) -> TopicMap:
        """Threads of a topic or of all as points of a plane. Raises ClientError."""
        request = tpb.GetTopicMapRequest(topic=topic, limit=limit)
        return convert_topics.topic_map(self._call(self._trends.GetTopicMap, request))


def _period(name: str) -> Any:
    try:
        return enum_number(tpb.Period.DESCRIPTOR, Period(name))
    except ValueError as error:
        raise ValueError(f"by {name!r} is unknown: give {', '.join(Period)}") from error
