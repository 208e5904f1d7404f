"""The client's calls of AnswerService."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from forumlens.client.calls import Calls
from forumlens.v1 import answer_pb2 as apb
from forumlens.v1 import theme_pb2 as kpb
from forumlens.v1.answer_pb2_grpc import AnswerServiceStub
from service.convert_answers import answer_figures, cause_shares
from service.fields import enum_number
from store.answers import AnswerFigures
from store.causes import CauseShares
from store.themes import ThemeKind


class AnswerCalls(Calls):
    """How threads are answered, and why their questions had to be asked."""

    @cached_property
    def _answers(self) -> AnswerServiceStub:
        return AnswerServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def query_answers(self, by: ThemeKind = ThemeKind.ALL, **scope: Any) -> dict[str, AnswerFigures]:
        """How threads are answered, by theme. `scope`: label, category or topic; families, forum_category, start_month,
        end_month. Raises ClientError, and ValueError for another field or several subjects.
        """
        request = apb.QueryAnswersRequest(by=_kind(by), **_one_subject(scope))
        response: apb.QueryAnswersResponse = self._call(self._answers.QueryAnswers, request)
        return {each.theme: answer_figures(each) for each in response.themes}

    def query_causes(self, by: ThemeKind = ThemeKind.ALL, **scope: Any) -> dict[str, CauseShares]:
        """Root causes of answered threads, by theme; experimental. `scope` and errors are as of query_answers."""
        request = apb.QueryCausesRequest(by=_kind(by), **_one_subject(scope))
        response: apb.QueryCausesResponse = self._call(self._answers.QueryCauses, request)
        return {each.theme: cause_shares(each) for each in response.themes}


def _kind(by: ThemeKind) -> Any:
    return enum_number(kpb.ThemeKind.DESCRIPTOR, by)


def _one_subject(scope: Mapping[str, Any]) -> Mapping[str, Any]:
    if sum(scope.get(name) is not None for name in ("label", "category", "topic")) > 1:
        raise ValueError("label, category and topic exclude each other: give one of them, or none for all threads")
    return scope
