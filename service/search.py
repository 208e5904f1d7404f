"""SearchService: threads by their words."""

from __future__ import annotations

from typing import Any

import grpc

from forumlens.v1 import search_pb2 as spb
from forumlens.v1 import search_pb2_grpc
from service import limits
from service.catalog import Catalog
from service.convert import thread_message
from service.filters import check_filter, read_filter
from service.paging import page_token, read_token
from service.store_calls import StoreCalls
from service.validation import Violations, shown
from store.search import Hit, phrases, search_threads

_Context = grpc.aio.ServicerContext[Any, Any]


class SearchServicer(search_pb2_grpc.SearchServiceServicer):
    """Answers from the store."""

    def __init__(self, catalog: Catalog, calls: StoreCalls) -> None:
        self._catalog = catalog
        self._calls = calls

    async def SearchThreads(self, request: spb.SearchThreadsRequest, context: _Context) -> spb.SearchThreadsResponse:  # noqa: N802
        """Give a page of the threads that hold the words."""
        return await self._calls.run(lambda: self._search(request))

    def _search(self, request: spb.SearchThreadsRequest) -> spb.SearchThreadsResponse:
        versions, found = self._catalog.shown(), Violations()
        size = found.page_size(request.page_size)
        offset = read_token(found, request.page_token, request) or 0
        words = _words(found, request.query)
        wanted = read_filter(self._catalog, found, request, versions)
        found.raise_any()
        check_filter(versions, wanted)
        hits = search_threads(self._catalog.db, versions.bundle_id, versions.run_id, words, wanted, size + 1, offset)
        more = page_token(offset + size, request) if len(hits) > size else ""
        return spb.SearchThreadsResponse(results=map(_result, hits[:size]), next_page_token=more)


def _words(found: Violations, query: str) -> list[str]:
    found.text("query", query, limits.MAX_QUERY_CHARS)
    words = phrases(query[: limits.MAX_QUERY_CHARS])
    if not words:
        found.add("query", f"{shown(query)} holds no word: give at least one with a letter or digit")
    found.count("query", words, limits.MAX_QUERY_WORDS, "keep the most telling words")
    return words


def _result(hit: Hit) -> spb.SearchResult:
    parts = (spb.ExcerptPart(text=text, match=match) for text, match in hit.excerpt)
    return spb.SearchResult(thread=thread_message(hit.thread), excerpt=parts)
