"""ThreadService: the threads behind the figures."""

from __future__ import annotations

from typing import Any

import grpc

from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1 import thread_pb2_grpc
from service.catalog import Catalog, check_ready
from service.convert import post_message, thread_message
from service.errors import InvalidRequestError, NotFoundError, Violation
from service.paging import page_token, read_token
from service.store_calls import StoreCalls
from service.validation import Violations
from store.listings import thread_detail, thread_summaries
from store.values import ThreadFilter

_Context = grpc.aio.ServicerContext[Any, Any]


class ThreadServicer(thread_pb2_grpc.ThreadServiceServicer):
    """Answers from the store."""

    def __init__(self, catalog: Catalog, calls: StoreCalls) -> None:
        self._catalog = catalog
        self._calls = calls

    async def ListThreads(self, request: hpb.ListThreadsRequest, context: _Context) -> hpb.ListThreadsResponse:  # noqa: N802
        """Give a page of the threads that pass the filters."""
        return await self._calls.run(lambda: self._list(request))

    async def GetThread(self, request: hpb.GetThreadRequest, context: _Context) -> hpb.GetThreadResponse:  # noqa: N802
        """Give one thread with its posts."""
        if request.id < 1:
            raise InvalidRequestError([Violation("id", f"is {request.id}: give a thread id as ListThreads gives it")])
        return await self._calls.run(lambda: self._get(request.id))

    def _list(self, request: hpb.ListThreadsRequest) -> hpb.ListThreadsResponse:
        shown = self._catalog.shown()
        found = Violations()
        size = found.page_size(request.page_size)
        after = read_token(found, request.page_token, request)
        wanted = self._filter(found, request, shown.run_id)
        found.raise_any()
        check_ready(shown, label=bool(wanted.label), topic=wanted.topic is not None)
        threads = thread_summaries(self._catalog.db, shown.bundle_id, shown.run_id, wanted, size + 1, after)
        more = page_token(threads[size - 1].id, request) if len(threads) > size else ""
        return hpb.ListThreadsResponse(threads=map(thread_message, threads[:size]), next_page_token=more)

    def _filter(self, found: Violations, request: hpb.ListThreadsRequest, run_id: str | None) -> ThreadFilter:
        if request.label:
            self._catalog.labels.check_any(found, "label", request.label)
        topic = request.topic if request.HasField("topic") else None
        if topic is not None:
            self._catalog.check_topic(found, topic, run_id)
        self._catalog.check_forum_category(found, request.category)
        start = found.time("start_time", request.start_time) if request.HasField("start_time") else None
        end = found.time("end_time", request.end_time) if request.HasField("end_time") else None
        if start is not None and end is not None and start >= end:
            found.add("end_time", f"{end.isoformat()} is exclusive and must be after start_time {start.isoformat()}")
        return ThreadFilter(
            label=request.label,
            topic=topic,
            families=self._catalog.read_families(found, list(request.families)),
            category=request.category,
            start=start,
            end=end,
        )

    def _get(self, thread_id: int) -> hpb.GetThreadResponse:
        shown = self._catalog.shown()
        detail = thread_detail(self._catalog.db, shown.bundle_id, shown.run_id, thread_id)
        if detail is None:
            raise NotFoundError(
                "thread", str(thread_id), f"there is no visible thread {thread_id}: ListThreads gives those there are"
            )
        thread, posts = detail
        return hpb.GetThreadResponse(thread=thread_message(thread), posts=map(post_message, posts))
