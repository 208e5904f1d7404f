"""The client's questions that join talk and uploads; a part of forumlens.client.Client."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from google.protobuf.message import Message

from classifier.trend.crossing import Crossing
from classifier.trend.questions import Comparison, Comparisons, CrossTable, Tested, ThemeTrend, ThemeTrends
from forumlens.v1 import theme_pb2 as hpb
from forumlens.v1 import trend_pb2 as tpb
from service import convert_topics
from service.fields import enum_member, enum_number, from_message
from store.documentation import Documentation, DocumentedBy
from store.months import parse_month
from store.themes import ThemeKind
from store.topic_values import TopicMap


class _Caller(Protocol):
    _trends: Any

    def _call(self, method: Any, request: Message) -> Any: ...


class ThemeCalls:
    """Months are `YYYY-MM`, half-open; kinds are leaf, category, topic, family and forum-category."""

    def topic_map(self: _Caller, topic: int | None = None, *, limit: int = 0) -> TopicMap:
        """Threads of a topic or of all as points of a plane. Raises ClientError."""
        return convert_topics.topic_map(
            self._call(self._trends.GetTopicMap, tpb.GetTopicMapRequest(topic=topic, limit=limit))
        )

    def list_themes(
        self: _Caller,
        kind: str,
        *,
        start_month: str = "",
        end_month: str = "",
        recent_months: int = 0,
        evidence: int = 0,
    ) -> ThemeTrends:
        """How every theme of a kind moves. Raises ClientError."""
        request = tpb.ListThemesRequest(
            kind=_kind(kind),
            start_month=start_month,
            end_month=end_month,
            recent_months=recent_months,
            evidence=evidence,
        )
        return _themes(self._call(self._trends.ListThemes, request))

    def list_emerging_themes(
        self: _Caller,
        kind: str,
        *,
        start_month: str = "",
        end_month: str = "",
        recent_months: int = 0,
        least_threads: int = 0,
    ) -> ThemeTrends:
        """Themes that are new or take a bigger share than before, the surest first. Raises ClientError."""
        request = tpb.ListEmergingThemesRequest(
            kind=_kind(kind),
            start_month=start_month,
            end_month=end_month,
            recent_months=recent_months,
            least_threads=least_threads,
        )
        return _themes(self._call(self._trends.ListEmergingThemes, request))

    def compare_with_uploads(
        self: _Caller,
        kind: str = "family",
        subjects: Sequence[str] = (),
        *,
        start_month: str = "",
        end_month: str = "",
        shares: bool = False,
    ) -> Comparisons:
        """Threads beside uploads, of families their own, of other themes all. Raises ClientError."""
        request = tpb.CompareWithUploadsRequest(
            kind=_kind(kind),
            subjects=subjects,
            start_month=start_month,
            end_month=end_month,
            tested=tpb.TESTED_SHARE if shares else tpb.TESTED_COUNT,
        )
        response = self._call(self._trends.CompareWithUploads, request)
        return _comparisons(response, response.comparisons)

    def list_divergences(
        self: _Caller, *, start_month: str = "", end_month: str = "", shares: bool = False
    ) -> Comparisons:
        """Families whose talk and uploads move in opposite directions, widest apart first. Raises ClientError."""
        request = tpb.ListDivergencesRequest(
            start_month=start_month,
            end_month=end_month,
            tested=tpb.TESTED_SHARE if shares else tpb.TESTED_COUNT,
        )
        response = self._call(self._trends.ListDivergences, request)
        return _comparisons(response, response.divergences)

    def query_cross_table(
        self: _Caller,
        kind: str = "leaf",
        *,
        start_month: str = "",
        end_month: str = "",
        recent_months: int = 0,
        least_threads: int = 0,
    ) -> CrossTable:
        """Which themes are about which families, the most surprising first. Raises ClientError."""
        request = tpb.QueryCrossTableRequest(
            kind=_kind(kind),
            start_month=start_month,
            end_month=end_month,
            recent_months=recent_months,
            least_threads=least_threads,
        )
        response = self._call(self._trends.QueryCrossTable, request)
        cells = tuple(from_message(cell, Crossing) for cell in response.cells)
        return CrossTable(_months(response), response.recent_months, response.every, cells)

    def query_documentation(
        self: _Caller, by: str = "family", *, start_month: str = "", end_month: str = "", least_models: int = 0
    ) -> list[Documentation]:
        """How well uploads are documented, by family, task or month. Raises ClientError."""
        try:
            number: Any = enum_number(tpb.DocumentedBy.DESCRIPTOR, DocumentedBy(by))
        except ValueError as error:
            raise ValueError(f"by {by!r} is unknown: give {', '.join(DocumentedBy)}") from error
        request = tpb.QueryDocumentationRequest(
            by=number, start_month=start_month, end_month=end_month, least_models=least_models
        )
        rows = self._call(self._trends.QueryDocumentation, request).rows
        return [from_message(row, Documentation, gives={one.field: one.share for one in row.metadata}) for row in rows]


def _kind(name: str) -> Any:
    try:
        return enum_number(hpb.ThemeKind.DESCRIPTOR, ThemeKind(name))
    except ValueError as error:
        raise ValueError(f"kind {name!r} is unknown: give {', '.join(ThemeKind)}") from error


def _months(response: Any) -> range:
    return range(parse_month(response.start_month), parse_month(response.end_month))


def _themes(response: Any) -> ThemeTrends:
    themes = tuple(from_message(one, ThemeTrend) for one in response.themes)
    return ThemeTrends(_months(response), response.recent_months, tuple(response.all_threads), themes)


def _comparisons(response: Any, rows: Iterable[tpb.Comparison]) -> Comparisons:
    tested = enum_member(tpb.Tested.DESCRIPTOR, response.tested, Tested)
    return Comparisons(_months(response), tested, tuple(from_message(row, Comparison) for row in rows))
