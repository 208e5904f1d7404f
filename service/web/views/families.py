"""Model families: all that are talked of, and one with its uploads, cards and challenges."""

from __future__ import annotations

import asyncio

from forumlens.v1 import theme_pb2 as kpb
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1 import trend_pb2 as tpb
from service.web.pages import PERIODS, Ask, Names, Page, family_link, move, names_of, thread_table
from service.web.plots import trend_plot
from service.web.tables import Column, Table
from service.web.views.themes import SHOWN

_PARTS = {
    tpb.DIVERGENCE_TALK_FALLS_UPLOADS_RISE: "talk falls, uploads rise",
    tpb.DIVERGENCE_TALK_RISES_UPLOADS_FALL: "talk rises, uploads fall",
    tpb.DIVERGENCE_BOTH_RISE: "both rise",
    tpb.DIVERGENCE_BOTH_FALL: "both fall",
}


async def family_list(ask: Ask) -> Page:
    """Families that threads mention, those with most threads first."""
    api = ask.api
    request = tpb.CompareWithUploadsRequest(kind=kpb.THEME_KIND_FAMILY)
    found = await api.recall(api.stubs.trends.CompareWithUploads, request)
    rows = [
        (
            family_link(one.subject),
            sum(one.threads),
            move(one.talk),
            list(one.threads),
            sum(one.uploads),
            move(one.uploading),
            list(one.uploads),
            one.correlation.rho if one.HasField("correlation") else None,
            _PARTS.get(one.divergence, ""),
        )
        for one in (found.comparisons if found else ())
    ]
    columns = (
        Column("Family"),
        Column("Threads", "number", "that mention it, in the months that forum and Hub are both known whole"),
        Column("Talk", "move"),
        Column("Threads by month", "spark"),
        Column("Uploads", "number"),
        Column("Uploading", "move"),
        Column("Uploads by month", "spark"),
        Column("Correlation", "decimal", "Spearman's rank correlation of threads and uploads by month, -1 to 1"),
        Column("Together"),
    )
    table = Table("families", "Model families", columns, rows, "No thread mentions a family yet.")
    return Page("families.html", "Families", {"span": found}, [table])


async def family(ask: Ask) -> Page:
    """One family."""
    api, by, name = ask.api, ask.period(), ask.path["id"]
    names, trend, drawn, crossed, threads = await asyncio.gather(
        names_of(api),
        api.recall(api.stubs.trends.QueryTrends, tpb.QueryTrendsRequest(families=[name], period=tpb.PERIOD_MONTH)),
        api.recall(api.stubs.trends.QueryTrends, tpb.QueryTrendsRequest(families=[name], period=PERIODS[by])),
        api.recall(api.stubs.trends.QueryCrossTable, tpb.QueryCrossTableRequest(kind=kpb.THEME_KIND_LEAF)),
        api.call(api.stubs.threads.ListThreads, hpb.ListThreadsRequest(families=[name], page_size=SHOWN)),
    )
    points = trend.series[0].points
    known = list(trend.series[0].families) or [name]
    plot = trend_plot(drawn.series[0].points, f"mentioning {known[0]}", f"{known[0]} models", by)
    tables = [
        plot.table,
        _challenges(crossed, names, known[0]),
        thread_table(threads.threads, names, "Newest threads"),
    ]
    uploads = sum(point.uploads for point in points)
    with_card = sum(point.uploads_with_card for point in points if point.HasField("uploads_with_card"))
    told = sum(point.uploads for point in points if point.HasField("uploads_with_card"))
    values = {
        "family": known[0],
        "plot": plot,
        "threads": sum(point.threads for point in points),
        "uploads": uploads,
        "card_share": with_card / told if told else None,
        "downloads": sum(point.downloads for point in points) if any(p.HasField("downloads") for p in points) else None,
    }
    return Page("family.html", known[0], values, tables)


def _challenges(found: tpb.QueryCrossTableResponse | None, names: Names, family: str) -> Table:
    rows = [
        (
            names.link(cell.theme),
            cell.threads,
            cell.share,
            cell.recent_share if cell.HasField("recent_share") else None,
            cell.lift,
            cell.p_adjusted,
        )
        for cell in (found.cells if found else ())
        if cell.family == family
    ]
    columns = (
        Column("Theme"),
        Column("Threads", "number", "of the theme that mention the family"),
        Column("Share", "share", "of the family's threads: those of the theme"),
        Column("Of late", "share", "the same in the last 12 months; unknown with too few threads"),
        Column("Lift", "decimal", "how many times as many as by chance"),
        Column("p", "p", "chance of at least as many, false discoveries controlled"),
    )
    return Table("themes", "What its threads are about", columns, rows, "No theme has 5 threads that mention it.")
