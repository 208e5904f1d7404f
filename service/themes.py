"""Answers to the questions that join talk and uploads, from requests that are checked here. Its methods block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from classifier.trend import questions
from classifier.trend.questions import Asked, Comparisons, Tested, ThemeTrends
from forumlens.v1 import theme_pb2 as hpb
from forumlens.v1 import trend_pb2 as tpb
from service.catalog import Catalog, check_ready
from service.fields import enum_member, enum_number, to_message
from service.masks import wants
from service.validation import Violations
from store.documentation import Documentation, DocumentedBy, documentation
from store.months import format_month
from store.sources import holds_authored
from store.themes import ThemeKind

MAX_RECENT = 120
MAX_EVIDENCE = 20
MAX_SUBJECTS = 50
_EMERGING_EVIDENCE = 5
MAX_ROWS = 1_000
_LEAST_THREADS = 5
_THEMES = tuple(kind for kind in ThemeKind if kind is not ThemeKind.ALL)
_CROSSED = (ThemeKind.LEAF, ThemeKind.CATEGORY, ThemeKind.TOPIC)


@dataclass(frozen=True, slots=True)
class ThemeQuestions:
    """The questions over a store; `now` decides which month is not over."""

    catalog: Catalog
    now: Callable[[], datetime]

    def themes(self, request: tpb.ListThemesRequest) -> tpb.ListThemesResponse:
        """Every theme of a kind. Raises InvalidRequestError, NotReadyError."""
        found = Violations()
        kind, recent = _kind(found, request.kind), _bounded(found, "recent_months", request.recent_months, 3)
        if not 0 <= request.evidence <= MAX_EVIDENCE:
            found.add("evidence", f"is {request.evidence}: give 0 to {MAX_EVIDENCE}")
        asked = self._asked(found, request, kind)
        evidence = request.evidence if wants(request, "themes.evidence") else 0
        trends = questions.theme_trends(self.catalog.db, asked, kind, recent, evidence=evidence)
        return tpb.ListThemesResponse(**self._trends(trends))

    def emerging(self, request: tpb.ListEmergingThemesRequest) -> tpb.ListEmergingThemesResponse:
        """Themes that grow beyond chance. Raises InvalidRequestError, NotReadyError."""
        found = Violations()
        kind, recent = _kind(found, request.kind), _bounded(found, "recent_months", request.recent_months, 3)
        least = _bounded(found, "least_threads", request.least_threads, _LEAST_THREADS, 1_000_000)
        asked = self._asked(found, request, kind)
        evidence = _EMERGING_EVIDENCE if wants(request, "themes.evidence") else 0
        trends = questions.emerging_themes(self.catalog.db, asked, kind, recent, least, evidence)
        return tpb.ListEmergingThemesResponse(**self._trends(trends))

    def comparison(self, request: tpb.CompareWithUploadsRequest) -> tpb.CompareWithUploadsResponse:
        """Threads beside uploads. Raises InvalidRequestError, NotReadyError."""
        found = Violations()
        kind, tested = _kind(found, request.kind), _tested(found, request.tested)
        found.count("subjects", request.subjects, MAX_SUBJECTS, "ask in several calls")
        named = list(dict.fromkeys(request.subjects[:MAX_SUBJECTS]))
        subjects = self.catalog.read_families(found, named, "subjects") if kind is ThemeKind.FAMILY else tuple(named)
        asked = self._asked(found, request, kind, subjects)
        compared = questions.compare_with_uploads(self.catalog.db, asked, kind, subjects, tested)
        rows = [to_message(one, tpb.Comparison) for one in compared.subjects[:MAX_ROWS]]
        return tpb.CompareWithUploadsResponse(comparisons=rows, tested=_number(tested), **self._about(compared.months))

    def divergences(self, request: tpb.ListDivergencesRequest) -> tpb.ListDivergencesResponse:
        """Families whose talk and uploads part. Raises InvalidRequestError."""
        found = Violations()
        tested = _tested(found, request.tested)
        asked = self._asked(found, request, ThemeKind.FAMILY)
        compared: Comparisons = questions.compare_with_uploads(self.catalog.db, asked, tested=tested)
        rows = [to_message(one, tpb.Comparison) for one in questions.divergences(compared)[:MAX_ROWS]]
        return tpb.ListDivergencesResponse(divergences=rows, tested=_number(tested), **self._about(compared.months))

    def cross_table(self, request: tpb.QueryCrossTableRequest) -> tpb.QueryCrossTableResponse:
        """Themes and families that go together. Raises InvalidRequestError, NotReadyError."""
        found = Violations()
        kind, recent = _kind(found, request.kind), _bounded(found, "recent_months", request.recent_months, 12)
        least = _bounded(found, "least_threads", request.least_threads, _LEAST_THREADS, 1_000_000)
        if kind not in _CROSSED:
            found.add("kind", "is not crossed with families: give LEAF, CATEGORY or TOPIC")
        asked = self._asked(found, request, kind)
        table = questions.cross_table(self.catalog.db, asked, kind, recent, least)
        return tpb.QueryCrossTableResponse(
            cells=[to_message(cell, tpb.Crossing) for cell in table.cells[:MAX_ROWS]],
            recent_months=table.recent,
            every=table.every,
            **self._about(table.months),
        )

    def documentation(self, request: tpb.QueryDocumentationRequest) -> tpb.QueryDocumentationResponse:
        """How well uploads are documented. Raises InvalidRequestError."""
        found = Violations()
        by = enum_member(tpb.DocumentedBy.DESCRIPTOR, request.by, DocumentedBy)
        if by is None:
            found.add("by", f"is {request.by}: give {', '.join(member.name for member in DocumentedBy)}")
        least = _bounded(found, "least_models", request.least_models, 1, 2**31 - 1)
        start, end = found.months(request.start_month, request.end_month, self.now())
        found.raise_any()
        rows = documentation(self.catalog.db, by, start, end, least)[:MAX_ROWS]
        return tpb.QueryDocumentationResponse(rows=map(_documented, rows), authored_sample=self._authored())

    def _asked(self, found: Violations, request: Any, kind: ThemeKind, subjects: Sequence[str] = ()) -> Asked:
        """What is asked of the store; raises what is wrong with the request, and where a stage has not run yet."""
        now, at = self.now(), self.catalog.shown()
        start, end = found.months(request.start_month, request.end_month, now)
        if kind is not ThemeKind.FAMILY:
            self._check_subjects(found, kind, subjects, at.run_id)
        found.raise_any()
        labels = kind in (ThemeKind.LEAF, ThemeKind.CATEGORY)
        check_ready(at, label=labels, topic=kind is ThemeKind.TOPIC)
        return Asked(at.bundle_id, at.run_id, now, start, end)

    def _check_subjects(self, found: Violations, kind: ThemeKind, subjects: Sequence[str], run: str | None) -> None:
        labels = self.catalog.labels
        for index, subject in enumerate(subjects):
            field = f"subjects[{index}]"
            if kind is ThemeKind.LEAF:
                labels.check_leaf(found, field, subject)
            elif kind is ThemeKind.CATEGORY:
                labels.check_category(found, field, subject)
            elif kind is ThemeKind.TOPIC:
                self.catalog.check_topic_name(found, field, subject, run)
            else:
                self.catalog.check_forum_category(found, subject, field)

    def _trends(self, found: ThemeTrends) -> Mapping[str, Any]:
        themes = [to_message(one, tpb.ThemeTrend) for one in found.themes[:MAX_ROWS]]
        told = {"themes": themes, "recent_months": found.recent, "all_threads": found.all_threads}
        return {**told, **self._about(found.months)}

    def _about(self, months: range) -> Mapping[str, Any]:
        return {
            "start_month": format_month(months.start),
            "end_month": format_month(months.stop),
            "authored_sample": self._authored(),
        }

    def _authored(self) -> bool:
        return holds_authored(self.catalog.db)


def _documented(row: Documentation) -> tpb.Documentation:
    shares = [tpb.MetadataShare(field=name, share=share) for name, share in row.gives.items()]
    return to_message(row, tpb.Documentation, metadata=shares)


def _kind(found: Violations, number: int) -> ThemeKind:
    kind = enum_member(hpb.ThemeKind.DESCRIPTOR, number, ThemeKind)
    if kind not in _THEMES:
        found.add("kind", f"is {number}: give {', '.join(member.name for member in _THEMES)}")
    return kind if kind in _THEMES else ThemeKind.LEAF


def _tested(found: Violations, number: int) -> Tested:
    tested = enum_member(tpb.Tested.DESCRIPTOR, number, Tested)
    if number and tested not in (Tested.COUNT, Tested.SHARE):
        found.add("tested", f"is {number}: give COUNT or SHARE")
    return tested or Tested.COUNT


def _number(tested: Tested) -> Any:
    return enum_number(tpb.Tested.DESCRIPTOR, tested)


def _bounded(found: Violations, field: str, value: int, default: int, most: int = MAX_RECENT) -> int:
    if not 0 <= value <= most:
        found.add(field, f"is {value}: give 1 to {most:,}, or 0 for {default}")
    return value or default
