"""Threads as points of a plane, coloured by what they are about."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from forumlens.v1 import trend_pb2 as tpb
from service.web.pages import Ask, Names, Page, names_of
from service.web.plots import MapGroup, map_plot
from service.web.tables import Column, Link, Table
from service.web.views.overview import topic_link
from service.web.views.topics import MOST, OUTLIERS, topic_number

COLOURS = ("category", "topic")
SHOWN = 8
"""Themes with a colour of their own: more could not be told apart."""
LISTED = 500
REST = "others"


async def topic_map(ask: Ask) -> Page:
    """The map of all topics, or of one."""
    api, trends = ask.api, ask.api.stubs.trends
    chosen = topic_number(ask.text("topic")) if ask.text("topic") else None
    by = ask.text("by") if ask.text("by") in COLOURS else COLOURS[0]
    names, topics, found = await asyncio.gather(
        names_of(api),
        api.recall(trends.ListTopics, tpb.ListTopicsRequest(page_size=MOST)),
        api.recall(trends.GetTopicMap, tpb.GetTopicMapRequest(topic=chosen)),
    )
    drawn: tpb.GetTopicMapResponse = found or tpb.GetTopicMapResponse()
    known = {one.id: one for one in (topics.topics if topics else ())}
    themes = {one.id: _theme(one, by, names) for one in known.values()}
    groups = _groups(drawn.topics, themes)
    plot = map_plot(drawn, groups, {number: one.name for number, one in known.items()}, _table(drawn, known))
    one = known.get(chosen) if chosen is not None else None
    listed = _threads(drawn) if one else _topics(known, themes, names)
    values = {
        "plot": plot,
        "points": len(drawn.threads),
        "total": drawn.total,
        "by": by,
        "choices": COLOURS,
        "topic": one,
        "listed": listed,
    }
    title = f"Map: {one.name}" if one else "Map of topics"
    return Page("topic_map.html", title, values, [plot.table, listed])


def _theme(topic: tpb.Topic, by: str, names: Names) -> str:
    """What the colour of a topic's threads stands for."""
    if topic.id == OUTLIERS:
        return "in no topic"
    if by == "topic":
        return topic.name or f"Topic {topic.id}"
    label = names.labels.get(topic.leading_label)
    return names.name(label.category) if label else "no label"


def _groups(topics: Sequence[int], themes: Mapping[int, str]) -> list[MapGroup]:
    """The biggest themes, each with the places of its threads in the map; the others together at the end."""
    counts = Counter(themes.get(topic, REST) for topic in topics)
    plain = [themes.get(OUTLIERS, ""), "no label", REST]
    own = [theme for theme, _ in counts.most_common() if theme not in plain][:SHOWN]
    places: dict[str, list[int]] = {theme: [] for theme in [*own, REST]}
    for place, topic in enumerate(topics):
        theme = themes.get(topic, REST)
        places[theme if theme in own else REST].append(place)
    return [MapGroup(theme, some, plain=theme == REST) for theme, some in places.items() if some]


def _table(drawn: tpb.GetTopicMapResponse, known: Mapping[int, tpb.Topic]) -> Table:
    """The figures of the plot, for its CSV."""
    columns = [Column(title) for title in ("Thread", "Title", "Topic", "Name", "x", "y")]
    points = zip(drawn.threads, drawn.titles, drawn.topics, drawn.x, drawn.y, strict=True)
    rows = [(thread, title, topic, known.get(topic, tpb.Topic()).name, x, y) for thread, title, topic, x, y in points]
    return Table("map", "Points of the map", columns, rows)


def _topics(known: Mapping[int, tpb.Topic], themes: Mapping[int, str], names: Names) -> Table:
    rows = [
        (
            topic_link(one),
            one.threads,
            names.link(one.leading_label) if one.leading_label else None,
            Link("show its threads", f"/topics/map?topic={one.id}", f"map of {themes[one.id]}"),
        )
        for one in known.values()
        if one.id != OUTLIERS
    ]
    columns = (Column("Topic"), Column("Threads", "number"), Column("Leading label"), Column("Map"))
    return Table("topics", "Topics of the map", columns, rows, "No topics yet: run `forumlens topics`.")


def _threads(drawn: tpb.GetTopicMapResponse) -> Table:
    pairs = list(zip(drawn.threads, drawn.titles, strict=True))
    rows = [(Link(title, f"/threads/{thread}"),) for thread, title in pairs[:LISTED]]
    note = f"the first {LISTED} of {len(pairs):,}" if len(pairs) > LISTED else ""
    return Table("threads", "Threads of the map", (Column("Thread"),), rows, "No thread lies on the map.", note)
