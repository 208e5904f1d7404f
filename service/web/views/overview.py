"""The first page: what people struggle with, what is new or grows, where talk and uploads part, how sure all is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import theme_pb2 as kpb
from forumlens.v1 import trend_pb2 as tpb
from service.web.pages import RECENT_CHOICES, Ask, Names, Page, family_link, move, names_of, theme_link
from service.web.tables import Column, Link, Table
from service.web.views.answers import answers_of, unanswered_table

SHOWN = 10
OF_LATE = 12
"""Months that sureness and answers are told of."""
CAPTIONS = {"challenge": "What people struggle with", "benefit": "What helps them"}
_DIVERGENCES = {
    tpb.DIVERGENCE_TALK_FALLS_UPLOADS_RISE: "talk falls, uploads rise",
    tpb.DIVERGENCE_TALK_RISES_UPLOADS_FALL: "talk rises, uploads fall",
}


async def overview(ask: Ask) -> Page:
    """Everything that a maintainer wants to know on a Monday."""
    api, recent = ask.api, ask.number("months", 3, RECENT_CHOICES)
    trends = api.stubs.trends
    leaf, topic = kpb.THEME_KIND_LEAF, kpb.THEME_KIND_TOPIC
    names, model, themes, new_labels, new_topics, apart, months, topics = await asyncio.gather(
        names_of(api),
        api.call(api.stubs.classification.GetModelInfo, cpb.GetModelInfoRequest()),
        api.ask(trends.ListThemes, tpb.ListThemesRequest(kind=leaf, recent_months=recent)),
        api.ask(trends.ListEmergingThemes, tpb.ListEmergingThemesRequest(kind=leaf, recent_months=recent)),
        api.ask(trends.ListEmergingThemes, tpb.ListEmergingThemesRequest(kind=topic, recent_months=recent)),
        api.ask(trends.ListDivergences, tpb.ListDivergencesRequest()),
        api.call(trends.QueryTrends, tpb.QueryTrendsRequest()),
        api.ask(trends.ListTopics, tpb.ListTopicsRequest(page_size=500)),
    )
    points = months.series[0].points if months.series else ()
    answers = await answers_of(api, start_month=points[-OF_LATE].month if len(points) > OF_LATE else "")
    tables = [
        *_by_kind(names, themes.themes if themes else ()),
        emerging_table(names, new_labels, new_topics, topics),
        divergence_table(apart),
        await unanswered_table(api, names, answers),
    ]
    values = {
        "kinds": list(dict.fromkeys(label.kind for label in names.labels.values())),
        "recent": recent,
        "choices": RECENT_CHOICES,
        "span": themes,
        "model": model,
        "sureness": sureness(points),
        "answers": answers,
        "new_topics": [
            topic_link(one) for one in (topics.topics if topics else ()) if one.HasField("new_theme") and one.new_theme
        ],
    }
    return Page("overview.html", "Overview", values, tables)


def _by_kind(names: Names, themes: Iterable[tpb.ThemeTrend]) -> Iterator[Table]:
    """The biggest themes of each kind of label."""
    found: dict[str, list[tpb.ThemeTrend]] = {label.kind: [] for label in names.labels.values()}
    for one in themes:
        if one.theme in names.labels:
            found[names.labels[one.theme].kind].append(one)
    for kind, some in found.items():
        yield theme_table(some[:SHOWN], names, kpb.THEME_KIND_LEAF, kind, CAPTIONS.get(kind, f"Themes: {kind}"))


THEME_COLUMNS = (
    Column("Theme"),
    Column("Recent", "number", "threads in the recent months"),
    Column("Share", "share", "of all threads of the recent months"),
    Column("Before", "share", "of all threads of the months before"),
    Column("p", "p", "Fisher's exact test that the share is as it was, false discoveries controlled"),
    Column("Trend", "move", "Mann-Kendall test over all months, false discoveries controlled"),
    Column("By month", "spark"),
)


def theme_table(
    themes: Iterable[tpb.ThemeTrend], names: Names, kind: int, name: str, caption: str, note: str = ""
) -> Table:
    """Themes with what the tests say of their share."""
    rows = [
        (
            theme_link(names, kind, one.theme),
            one.shift.recent,
            one.shift.recent_share,
            one.shift.before_share,
            one.shift.p_adjusted,
            move(one.direction),
            list(one.threads),
        )
        for one in themes
    ]
    return Table(name, caption, THEME_COLUMNS, rows, "No theme yet: posts must be labelled first.", note)


def emerging_table(
    names: Names,
    labels: tpb.ListEmergingThemesResponse | None,
    found_topics: tpb.ListEmergingThemesResponse | None,
    topics: tpb.ListTopicsResponse | None,
) -> Table:
    """Labels and topics that grow beyond chance, the surest first."""
    by_id = {str(one.id): topic_link(one) for one in (topics.topics if topics else ())}
    grown = [(names.link(one.theme), one) for one in (labels.themes if labels else ())]
    for one in found_topics.themes if found_topics else ():
        grown.append((by_id.get(one.theme) or theme_link(names, kpb.THEME_KIND_TOPIC, one.theme), one))
    rows = [
        (
            link,
            "new" if not one.shift.before else "grows",
            one.shift.recent,
            one.shift.recent_share,
            one.shift.before_share,
            one.shift.p_adjusted,
            list(one.threads),
        )
        for link, one in sorted(grown, key=lambda pair: pair[1].shift.p_adjusted)[:SHOWN]
    ]
    columns = (THEME_COLUMNS[0], Column(""), *THEME_COLUMNS[1:5], THEME_COLUMNS[6])
    return Table("emerging", "New and growing", columns, rows, "Nothing grew beyond chance.")


def divergence_table(found: tpb.ListDivergencesResponse | None) -> Table:
    """Families whose talk and uploads move in opposite directions."""
    rows = [
        (
            family_link(one.subject),
            _DIVERGENCES.get(one.divergence, ""),
            sum(one.threads),
            list(one.threads),
            sum(one.uploads),
            list(one.uploads),
        )
        for one in (found.divergences[:SHOWN] if found else ())
    ]
    columns = (
        Column("Family"),
        Column("What parts"),
        Column("Threads", "number"),
        Column("By month", "spark"),
        Column("Uploads", "number"),
        Column("By month", "spark"),
    )
    return Table("divergences", "Talk and uploads part ways", columns, rows, "No family's talk and uploads part.")


def topic_link(topic: tpb.Topic) -> Link:
    """Link to the page of a topic by its name."""
    return Link(topic.name or f"Topic {topic.id}", f"/topics/{topic.id}", ", ".join(topic.keywords[:10]))


def sureness(points: Sequence[tpb.TrendPoint]) -> dict[str, float | int | None]:
    """Of the threads of the last twelve months that are known: how many are labelled, judged to have none, or open."""
    known = [point for point in points if point.HasField("all_threads") and point.HasField("abstained_threads")][
        -OF_LATE:
    ]
    threads = sum(point.all_threads for point in known)
    fields = ("labelled_threads", "none_threads", "abstained_threads")
    parts = {name: sum(getattr(point, name) for point in known) / threads if threads else None for name in fields}
    return {"threads": threads, "months": len(known), **parts}
