"""The client's calls of ThreadService."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from forumlens.client.calls import Calls, filter_fields, mask
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1.thread_pb2_grpc import ThreadServiceStub
from service import convert
from store.values import PostDetail, ThreadFilter, ThreadSummary


class ThreadCalls(Calls):
    """The threads behind the figures."""

    @cached_property
    def _threads(self) -> ThreadServiceStub:
        return ThreadServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def list_threads(
        self, wanted: ThreadFilter | None = None, *, page_size: int = 0, read_mask: Iterable[str] = ()
    ) -> Iterator[ThreadSummary]:
        """Threads that pass the filter, newest first, fetched page by page. Raises ClientError."""
        request = hpb.ListThreadsRequest(
            **filter_fields(wanted), page_size=page_size, read_mask=mask(read_mask, "threads.create_time")
        )
        for page in self._pages(self._threads.ListThreads, request):
            yield from map(convert.thread_summary, page.threads)

    def get_thread(self, thread_id: int, *, read_mask: Iterable[str] = ()) -> tuple[ThreadSummary, list[PostDetail]]:
        """One thread with its posts in reading order. Raises ClientError, with NOT_FOUND for an unknown id."""
        request = hpb.GetThreadRequest(
            id=thread_id, read_mask=mask(read_mask, "thread.create_time", "posts.create_time")
        )
        response: hpb.GetThreadResponse = self._call(self._threads.GetThread, request)
        return convert.thread_summary(response.thread), list(map(convert.post_detail, response.posts))
