"""The client's calls of SearchService."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from forumlens.client.calls import Calls, filter_fields, mask
from forumlens.v1 import search_pb2 as spb
from forumlens.v1.search_pb2_grpc import SearchServiceStub
from service.convert import thread_summary
from store.search import Hit
from store.values import ThreadFilter


class SearchCalls(Calls):
    """Threads by their words."""

    @cached_property
    def _search(self) -> SearchServiceStub:
        return SearchServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def search_threads(
        self, query: str, wanted: ThreadFilter | None = None, *, page_size: int = 0, read_mask: Iterable[str] = ()
    ) -> Iterator[Hit]:
        """Threads that hold all words of the query and pass the filter, best match first, fetched page by page.

        Raises ClientError.
        """
        fields = mask(read_mask, "results.thread.create_time")
        request = spb.SearchThreadsRequest(query=query, **filter_fields(wanted), page_size=page_size, read_mask=fields)
        for page in self._pages(self._search.SearchThreads, request):
            yield from map(_hit, page.results)


def _hit(message: spb.SearchResult) -> Hit:
    return Hit(thread_summary(message.thread), tuple((part.text, part.match) for part in message.excerpt))
