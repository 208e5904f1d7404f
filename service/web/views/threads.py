"""Threads: those that pass filters, and one with its posts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TypeVar

import grpc

from forumlens.v1 import review_pb2 as rpb
from forumlens.v1 import search_pb2 as fpb
from forumlens.v1 import thread_pb2 as hpb
from service.convert import timestamp
from service.web.api import ApiError
from service.web.pages import THREAD_COLUMNS, Ask, Names, Page, names_of, thread_row, thread_table
from service.web.tables import Column, Found, Table

Request = TypeVar("Request", hpb.ListThreadsRequest, fpb.SearchThreadsRequest)
PAGE_SIZE = 50
MOST_REVIEWS = 500
FILTERS = ("q", "label", "topic", "family", "category", "from", "to")


async def thread_list(ask: Ask) -> Page:
    """Threads that pass the filters of the address, newest first; what is wrong with a filter is said above them."""
    api = ask.api
    names = await names_of(api)
    problem, more, table = "", "", thread_table((), names, "Threads")
    try:
        table, more = await _found(ask, names)
    except ApiError as error:
        if error.code is not grpc.StatusCode.INVALID_ARGUMENT:
            raise
        problem = error.message
    values = {
        "problem": problem,
        "filters": {name: ask.text(name) for name in FILTERS},
        "labels": list(names.labels.values()),
        "next": more,
        "later": bool(ask.text("page")),
    }
    return Page("threads.html", "Threads", values, [table], status=400 if problem else 200)


async def thread(ask: Ask) -> Page:
    """One thread; its posts are text, whatever they hold."""
    api = ask.api
    thread_id = ask.path["id"]
    names, found, reviews = await asyncio.gather(
        names_of(api),
        api.call(api.stubs.threads.GetThread, hpb.GetThreadRequest(id=thread_id)),
        api.ask(api.stubs.reviews.GetReviews, rpb.GetReviewsRequest(thread=thread_id, page_size=MOST_REVIEWS)),
    )
    said: dict[int, list[rpb.Review]] = {}
    for review in reviews.reviews if reviews else ():
        if review.in_force and review.decision != rpb.DECISION_SKIP:
            said.setdefault(review.post, []).append(review)
    values = {"thread": found.thread, "posts": list(found.posts), "names": names, "said": said}
    return Page("thread.html", found.thread.title, values)


async def _found(ask: Ask, names: Names) -> tuple[Table, str]:
    """Threads of the address, by their words where it has some, and the token of the page after."""
    stubs = ask.api.stubs
    if not ask.text("q"):
        listed = await ask.api.call(stubs.threads.ListThreads, read_filters(ask, hpb.ListThreadsRequest()))
        return thread_table(listed.threads, names, "Threads"), listed.next_page_token
    request = read_filters(ask, fpb.SearchThreadsRequest(query=ask.text("q")))
    found = await ask.api.call(stubs.search.SearchThreads, request)
    rows = []
    for one in found.results:
        title, *others = thread_row(one.thread, names)
        rows.append((title, [Found(part.text, part.match) for part in one.excerpt], *others))
    columns = (THREAD_COLUMNS[0], Column("Found", "excerpt"), *THREAD_COLUMNS[1:])
    return Table(
        "threads", "Threads, best match first", columns, rows, "No thread holds these words."
    ), found.next_page_token


def read_filters(ask: Ask, request: Request) -> Request:
    """The request with the filters of the address. Raises ApiError that names a bad one."""
    request.label, request.category = ask.text("label"), ask.text("category")
    request.page_size, request.page_token = PAGE_SIZE, ask.text("page")
    if ask.text("family"):
        request.families.append(ask.text("family"))
    if topic := ask.text("topic"):
        if not topic.removeprefix("-").isdecimal() or len(topic) > 9:
            raise _bad("topic", topic, "the number of a topic")
        request.topic = int(topic)
    for name, field in (("from", request.start_time), ("to", request.end_time)):
        if day := ask.text(name):
            try:
                field.CopyFrom(timestamp(datetime.fromisoformat(day).replace(tzinfo=UTC)))
            except ValueError as error:
                raise _bad(name, day, "a day, YYYY-MM-DD") from error
    return request


def _bad(name: str, value: str, what: str) -> ApiError:
    return ApiError(grpc.StatusCode.INVALID_ARGUMENT, f"{name}: {value[:60]!r} is not {what}")
