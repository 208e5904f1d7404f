"""ThreadService: the threads behind the figures."""

from __future__ import annotations

from typing import Any

import grpc

from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1 import thread_pb2_grpc
from service.catalog import Catalog
from service.convert import post_message, thread_message
from service.errors import InvalidRequestError, NotFoundError, Violation
from service.filters import check_filter, read_filter
from service.masks import wants
from service.paging import page_token, read_token
from service.store_calls import StoreCalls
from service.validation import Violations
from store.listings import thread_detail, thread_summaries

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
        return await self._calls.run(lambda: self._get(request))

    def _list(self, request: hpb.ListThreadsRequest) -> hpb.ListThreadsResponse:
        shown = self._catalog.shown()
        found = Violations()
        size = found.page_size(request.page_size)
        after = read_token(found, request.page_token, request)
        wanted = read_filter(self._catalog, found, request, shown)
        found.raise_any()
        check_filter(shown, wanted)
        threads = thread_summaries(self._catalog.db, shown.bundle_id, shown.run_id, wanted, size + 1, after)
        more = page_token(threads[size - 1].id, request) if len(threads) > size else ""
        return hpb.ListThreadsResponse(threads=map(thread_message, threads[:size]), next_page_token=more)

    def _get(self, request: hpb.GetThreadRequest) -> hpb.GetThreadResponse:
        shown = self._catalog.shown()
        detail = thread_detail(
            self._catalog.db, shown.bundle_id, shown.run_id, request.id, with_posts=wants(request, "posts")
        )
        if detail is None:
            raise NotFoundError(
                "thread", str(request.id), f"there is no visible thread {request.id}: ListThreads gives those there are"
            )
        thread, posts = detail
        return hpb.GetThreadResponse(thread=thread_message(thread), posts=map(post_message, posts))
