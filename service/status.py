"""StatusService: what the answers rest on."""

from __future__ import annotations

from typing import Any

import grpc

from forumlens.v1 import status_pb2 as upb
from forumlens.v1 import status_pb2_grpc
from service.catalog import Catalog, Shown
from service.convert import timestamp
from service.fields import enum_number
from service.store_calls import StoreCalls
from store import holdings
from store.sources import all_sources
from store.values import Source

_Context = grpc.aio.ServicerContext[Any, Any]


class StatusServicer(status_pb2_grpc.StatusServiceServicer):
    """Answers from the store."""

    def __init__(self, catalog: Catalog, calls: StoreCalls) -> None:
        self._catalog = catalog
        self._calls = calls

    async def GetStatus(self, request: upb.GetStatusRequest, context: _Context) -> upb.GetStatusResponse:  # noqa: N802
        """Tell the sources, the versions shown and, where asked for, how much there is."""
        return await self._calls.run(lambda: self._status(request))

    def _status(self, request: upb.GetStatusRequest) -> upb.GetStatusResponse:
        at, known = self._catalog.shown(), all_sources(self._catalog.db)
        return upb.GetStatusResponse(
            sources=map(_source, known),
            authored_sample=any(source.authored for source in known),
            bundle_id=at.bundle_id or "",
            topic_run=at.run_id or "",
            counts=self._counts(at) if request.include_counts else None,
        )

    def _counts(self, at: Shown) -> upb.StoreCounts:
        found = holdings.counts(self._catalog.db, at.bundle_id, at.run_id)
        return upb.StoreCounts(
            threads=found.threads,
            posts=found.posts,
            models=found.models,
            labelled_posts=found.assignments,
            mentions=found.mentions,
            topics=found.topics,
            threads_by_state=found.threads_by_state,
        )


def _source(source: Source) -> upb.Source:
    return upb.Source(
        kind=enum_number(upb.SourceKind.DESCRIPTOR, source.kind),  # type: ignore[arg-type]
        name=source.name,
        authored_sample=source.authored,
        cover_start_time=timestamp(source.covered_from) if source.covered_from else None,
        cover_end_time=timestamp(source.covered_to) if source.covered_to else None,
    )
