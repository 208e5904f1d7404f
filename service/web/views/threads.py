"""Threads: those that pass filters, and one with its posts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import grpc

from forumlens.v1 import thread_pb2 as hpb
from service.convert import timestamp
from service.web.api import ApiError
from service.web.pages import Ask, Page, names_of, thread_table

PAGE_SIZE = 50
FILTERS = ("label", "topic", "family", "category", "from", "to")


async def thread_list(ask: Ask) -> Page:
    """Threads that pass the filters of the address, newest first; what is wrong with a filter is said above them."""
    api = ask.api
    names = await names_of(api)
    problem, found = "", hpb.ListThreadsResponse()
    try:
        found = await api.call(api.stubs.threads.ListThreads, _request(ask))
    except ApiError as error:
        if error.code is not grpc.StatusCode.INVALID_ARGUMENT:
            raise
        problem = error.message
    values = {
        "problem": problem,
        "filters": {name: ask.text(name) for name in FILTERS},
        "labels": list(names.labels.values()),
        "next": found.next_page_token,
        "later": bool(ask.text("page")),
    }
    table = thread_table(found.threads, names, "Threads")
    return Page("threads.html", "Threads", values, [table], status=400 if problem else 200)


async def thread(ask: Ask) -> Page:
    """One thread; its posts are text, whatever they hold."""
    api = ask.api
    names, found = await asyncio.gather(
        names_of(api), api.call(api.stubs.threads.GetThread, hpb.GetThreadRequest(id=ask.path["id"]))
    )
    values = {"thread": found.thread, "posts": list(found.posts), "names": names}
    return Page("thread.html", found.thread.title, values)


def _request(ask: Ask) -> hpb.ListThreadsRequest:
    request = hpb.ListThreadsRequest(
        label=ask.text("label"), category=ask.text("category"), page_size=PAGE_SIZE, page_token=ask.text("page")
    )
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
