"""AnswerService: how threads are answered, and why their questions had to be request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import grpc

from forumlens.v1 import answer_pb2 as apb
from forumlens.v1 import answer_pb2_grpc
from forumlens.v1 import theme_pb2 as kpb
from service.catalog import Catalog, check_ready
from service.convert_answers import theme_answers_message, theme_causes_message
from service.errors import NotReadyError
from service.fields import enum_member
from service.store_calls import StoreCalls
from service.validation import Violations
from store.answers import OBSERVED, query_answers
from store.causes import current_causes, query_causes
from store.sources import holds_authored
from store.themes import ThemeKind, ThreadScope

_Request = apb.QueryAnswersRequest | apb.QueryCausesRequest
_Context = grpc.aio.ServicerContext[Any, Any]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class AnswerServicer(answer_pb2_grpc.AnswerServiceServicer):
    """Answers from the store."""

    def __init__(self, catalog: Catalog, calls: StoreCalls, now: Callable[[], datetime] = _utc_now) -> None:
        self._catalog = catalog
        self._calls = calls
        self._now = now

    async def QueryAnswers(self, request: apb.QueryAnswersRequest, context: _Context) -> apb.QueryAnswersResponse:  # noqa: N802
        """Give figures on answers, by theme."""
        return await self._calls.answer(request, self._answers)

    async def QueryCauses(self, request: apb.QueryCausesRequest, context: _Context) -> apb.QueryCausesResponse:  # noqa: N802
        """Give root causes, by theme."""
        return await self._calls.answer(request, self._causes)

    def _answers(self, request: apb.QueryAnswersRequest) -> apb.QueryAnswersResponse:
        scope, by = self._read(request)
        found = query_answers(self._catalog.db, scope, by)
        return apb.QueryAnswersResponse(
            themes=[theme_answers_message(theme, figures) for theme, figures in found.items()],
            authored_sample=self._authored(),
            bundle_id=scope.bundle_id or "",
            topic_run=scope.run_id or "",
            observed_days=OBSERVED.days,
        )

    def _causes(self, request: apb.QueryCausesRequest) -> apb.QueryCausesResponse:
        scope, by = self._read(request)
        bundle = current_causes(self._catalog.db)
        if bundle is None:
            raise NotReadyError("causes", "no root cause was read yet: run `forumlens causes assign` first")
        found = query_causes(self._catalog.db, bundle, scope, by)
        return apb.QueryCausesResponse(
            themes=[theme_causes_message(theme, shares) for theme, shares in found.items()],
            authored_sample=self._authored(),
            causes_bundle_id=bundle,
            bundle_id=scope.bundle_id or "",
            topic_run=scope.run_id or "",
        )

    def _read(self, request: _Request) -> tuple[ThreadScope, ThemeKind]:
        """The checked question. Raises InvalidRequestError, NotReadyError."""
        now, found = self._catalog.shown(), Violations()
        start, end = found.months(request.start_month, request.end_month, self._now())
        families = self._catalog.read_families(found, list(request.families))
        self._catalog.check_forum_category(found, request.forum_category, "forum_category")
        subject = self._catalog.read_subject(found, request, now.run_id)
        found.choice("by", request.by, kpb.ThemeKind)
        found.raise_any()
        by = enum_member(kpb.ThemeKind.DESCRIPTOR, request.by, ThemeKind) or ThemeKind.ALL
        check_ready(
            now,
            label=subject.label is not None or by in (ThemeKind.LEAF, ThemeKind.CATEGORY),
            topic=subject.topic is not None or by is ThemeKind.TOPIC,
        )
        scope = ThreadScope(now.bundle_id, now.run_id, subject, families, request.forum_category, start, end)
        return scope, by

    def _authored(self) -> bool:
        return holds_authored(self._catalog.db)
