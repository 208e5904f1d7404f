"""Themes: all of a kind, and one with its months, families, threads and neighbours."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

import grpc

from forumlens.v1 import theme_pb2 as kpb
from forumlens.v1 import thread_pb2 as hpb
from forumlens.v1 import trend_pb2 as tpb
from service.web.api import Api, ApiError
from service.web.pages import (
    PERIODS,
    RECENT_CHOICES,
    Ask,
    Names,
    Page,
    family_link,
    names_of,
    thread_table,
)
from service.web.plots import trend_plot
from service.web.tables import Column, Table
from service.web.views.answers import answers_of
from service.web.views.overview import theme_table

KINDS = {
    "leaf": kpb.THEME_KIND_LEAF,
    "category": kpb.THEME_KIND_CATEGORY,
    "forum-category": kpb.THEME_KIND_FORUM_CATEGORY,
}
NEWEST = 200
SHOWN = 15


async def theme_list(ask: Ask) -> Page:
    """Every theme of a kind, those with most recent threads first."""
    api, recent = ask.api, ask.number("months", 3, RECENT_CHOICES)
    kind = ask.text("kind") if ask.text("kind") in KINDS else "leaf"
    request = tpb.ListThemesRequest(kind=KINDS[kind], recent_months=recent)
    names, found = await asyncio.gather(names_of(api), api.recall(api.stubs.trends.ListThemes, request))
    known = {label.kind for label in names.labels.values()}
    wanted = ask.text("of") if ask.text("of") in known else ""
    themes = [
        one
        for one in (found.themes if found else ())
        if not wanted or (one.theme in names.labels and names.labels[one.theme].kind == wanted)
    ]
    table = theme_table(themes, names, KINDS[kind], "themes", "Themes")
    values = {
        "kind": kind,
        "kinds": list(KINDS),
        "of": wanted,
        "known": sorted(known),
        "recent": recent,
        "choices": RECENT_CHOICES,
        "span": found,
    }
    return Page("themes.html", "Themes", values, [table])


async def theme(ask: Ask) -> Page:
    """One label, category or forum category."""
    kind, theme_id = ask.path["kind"], ask.path["id"]
    if kind not in KINDS:
        raise ApiError(grpc.StatusCode.NOT_FOUND, f"there is no kind of theme {kind!r}: {', '.join(KINDS)}")
    api, by, names = ask.api, ask.period(), await names_of(ask.api)
    _check(names, kind, theme_id)
    subject = {"leaf": "label", "category": "category", "forum-category": "forum_category"}[kind]
    of_threads = {"category" if kind == "forum-category" else "label": theme_id}
    crossed = tpb.QueryCrossTableRequest(kind=KINDS[kind])
    trend, families, threads, answers = await asyncio.gather(
        api.recall(api.stubs.trends.QueryTrends, tpb.QueryTrendsRequest(**{subject: theme_id}, period=PERIODS[by])),
        api.recall(api.stubs.trends.QueryCrossTable, crossed) if kind != "forum-category" else nothing(),
        api.ask(api.stubs.threads.ListThreads, hpb.ListThreadsRequest(**of_threads, page_size=NEWEST)),
        answers_of(api, **{subject: theme_id}),
    )
    label = names.labels.get(theme_id) if kind != "forum-category" else None
    title = names.full(theme_id) if label else theme_id
    plot = trend_plot(trend.series[0].points if trend else (), title, "all models", by)
    newest = list(threads.threads) if threads else []
    tables = [
        plot.table,
        family_table(families, theme_id),
        thread_table(newest[:SHOWN], names, "Newest threads"),
        together_table(newest, names, theme_id),
    ]
    values = {
        "label": label,
        "subtitle": label.definition if label else "Category of the forum",
        "leaves": [names.link(each.id) for each in names.labels.values() if each.leaf and each.category == theme_id],
        "category": names.link(label.category) if label and label.category != label.id else None,
        "filter": {"label" if kind != "forum-category" else "category": theme_id},
        "plot": plot,
        "answers": answers,
    }
    return Page("theme.html", title, values, tables)


async def cross_all(api: Api) -> None:
    """Ask ahead for what themes and topics have in common with families; a page of any of them shows a part."""
    for kind in (kpb.THEME_KIND_LEAF, kpb.THEME_KIND_CATEGORY, kpb.THEME_KIND_TOPIC):
        await api.recall(api.stubs.trends.QueryCrossTable, tpb.QueryCrossTableRequest(kind=kind))


async def nothing() -> None:
    """In place of a call that has no answer here."""


def family_table(found: tpb.QueryCrossTableResponse | None, theme_id: str) -> Table:
    """Families that a theme is about, beyond chance."""
    rows = [
        (family_link(cell.family), cell.threads, cell.of_family, cell.share, cell.lift, cell.p_adjusted)
        for cell in (found.cells if found else ())
        if cell.theme == theme_id
    ]
    columns = (
        Column("Family"),
        Column("Threads", "number", "of the theme that mention the family"),
        Column("Of", "number", "all threads that mention the family"),
        Column("Share", "share", "of the family's threads: those of the theme"),
        Column("Lift", "decimal", "how many times as many as by chance"),
        Column("p", "p", "chance of at least as many, false discoveries controlled"),
    )
    return Table(
        "families", "Model families concerned", columns, rows[:SHOWN], "No family has 5 threads of this theme."
    )


def together_table(threads: Iterable[hpb.Thread], names: Names, theme_id: str) -> Table:
    """Labels of the newest threads, apart from the theme's own."""
    read = list(threads)
    counted = Counter(label for one in read for label in one.labels if theme_id not in (label, label.split("/")[0]))
    rows = [(names.link(label), count, count / len(read)) for label, count in counted.most_common(SHOWN)]
    columns = (Column("Label"), Column("Threads", "number"), Column("Share", "share"))
    note = f"among the newest {len(read):,} threads of this theme"
    return Table("together", "Labels that go with it", columns, rows, "No other label.", note)


def _check(names: Names, kind: str, theme_id: str) -> None:
    label = names.labels.get(theme_id)
    fits = kind == "forum-category" or (
        label is not None and (label.leaf if kind == "leaf" else label.category == label.id)
    )
    if not fits:
        raise ApiError(grpc.StatusCode.NOT_FOUND, f"the taxonomy has no {kind} {theme_id!r}")
