"""Discovered topics: all, and one."""

from __future__ import annotations

import asyncio

import grpc

from forumlens.v1 import theme_pb2 as kpb
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1 import trend_pb2 as tpb
from service.web.api import ApiError
from service.web.pages import PERIODS, Ask, Names, Page, names_of, thread_table
from service.web.plots import trend_plot
from service.web.tables import Column, Table
from service.web.views.answers import answers_of
from service.web.views.overview import topic_link
from service.web.views.themes import NEWEST, SHOWN, family_table, together_table

MOST = 500
REPRESENTATIVES = 3
OUTLIERS = -1


async def topic_list(ask: Ask) -> Page:
    """All topics, biggest first; new themes are marked."""
    api = ask.api
    names, found, trends = await asyncio.gather(
        names_of(api),
        api.recall(api.stubs.trends.ListTopics, tpb.ListTopicsRequest(page_size=MOST)),
        api.recall(api.stubs.trends.ListThemes, tpb.ListThemesRequest(kind=kpb.THEME_KIND_TOPIC)),
    )
    months = {one.theme: list(one.threads) for one in (trends.themes if trends else ())}
    rows = [
        (
            topic_link(one),
            one.threads,
            "new theme" if one.HasField("new_theme") and one.new_theme else "",
            names.link(one.leading_label) if one.leading_label else None,
            one.leading_label_share if one.HasField("leading_label_share") else None,
            one.coherence if one.HasField("coherence") else None,
            ", ".join(one.keywords[:6]),
            months.get(str(one.id), []),
        )
        for one in (found.topics if found else ())
        if one.id != OUTLIERS
    ]
    columns = (
        Column("Topic"),
        Column("Threads", "number"),
        Column("", "text", "no label of the taxonomy fits"),
        Column("Leading label"),
        Column("Share", "share", "of the opening posts that carry the leading label"),
        Column("Coherence", "decimal", "c_npmi of its ten best words, -1 to 1"),
        Column("Words"),
        Column("By month", "spark"),
    )
    table = Table("topics", "Topics", columns, rows, "No topics yet: run `forumlens topics`.")
    return Page("topics.html", "Topics", {"figures": found.figures if found else None}, [table])


async def topic(ask: Ask) -> Page:
    """One topic."""
    api, by, number = ask.api, ask.period(), topic_number(ask.path["id"])
    trends = api.stubs.trends
    names, found, trend, families, threads, answers = await asyncio.gather(
        names_of(api),
        api.recall(trends.ListTopics, tpb.ListTopicsRequest(page_size=MOST)),
        api.recall(trends.QueryTrends, tpb.QueryTrendsRequest(topic=number, period=PERIODS[by])),
        api.recall(trends.QueryCrossTable, tpb.QueryCrossTableRequest(kind=kpb.THEME_KIND_TOPIC)),
        api.call(api.stubs.threads.ListThreads, hpb.ListThreadsRequest(topic=number, page_size=NEWEST)),
        answers_of(api, topic=number),
    )
    if found is None or trend is None:
        raise ApiError(grpc.StatusCode.NOT_FOUND, "there are no topics yet: run `forumlens topics`")
    one = next((each for each in found.topics if each.id == number), tpb.Topic(id=number))
    wanted = one.representative_threads[:REPRESENTATIVES]
    got = await asyncio.gather(
        *(api.ask(api.stubs.threads.GetThread, hpb.GetThreadRequest(id=each)) for each in wanted)
    )
    title = "Threads in no topic" if number == OUTLIERS else one.name or f"Topic {number}"
    plot = trend_plot(trend.series[0].points, f"topic {number}", "all models", by)
    newest = list(threads.threads)
    tables = [
        plot.table,
        family_table(families, str(number)),
        thread_table([each.thread for each in got if each], names, "Threads that stand for it", "representative"),
        thread_table(newest[:SHOWN], names, "Newest threads"),
        together_table(newest, names, ""),
    ]
    values = {
        "topic": one,
        "plot": plot,
        "nearest": _nearest(names, one),
        "filter": {"topic": number},
        "answers": answers,
    }
    return Page("topic.html", title, values, tables)


def _nearest(names: Names, topic: tpb.Topic) -> object:
    return names.link(topic.nearest_label) if topic.nearest_label else None


def topic_number(text: str) -> int:
    """Number of a topic as an address has it. Raises ApiError."""
    if not text.removeprefix("-").isdecimal() or len(text) > 9:
        raise ApiError(grpc.StatusCode.NOT_FOUND, f"{text!r} is not the number of a topic")
    return int(text)
