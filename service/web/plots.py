"""Plots as Plotly figures, drawn in the browser; colours are names of the style sheet's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from forumlens.v1 import trend_pb2 as tpb
from service.web.tables import Column, Table

_HATCHED, _SOLID = "/", ""
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "triangle-down", "star")
_LONGEST, _FEW = 90, 600
_REMARKS = {tpb.COVERAGE_NONE: "not covered", tpb.COVERAGE_PARTIAL: "covered in part"}


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure, the table of what it shows, and what it says in words. `by`: the length of its periods, if any."""

    title: str
    summary: str
    figure: dict[str, Any]
    table: Table
    by: str = ""


@dataclass(frozen=True, slots=True)
class MapGroup:
    """Points of one colour: their places in the lists of the map. `plain`: they belong to no theme."""

    name: str
    places: Sequence[int]
    plain: bool = False


def map_plot(
    drawn: tpb.GetTopicMapResponse, groups: Sequence[MapGroup], names: Mapping[int, str], table: Table
) -> Plot:
    """Threads as points, a trace for each group; a point leads to its thread.

    As SVG, not WebGL: Plotly's WebGL makes functions of strings, which the content security policy forbids.
    """
    traces = []
    size = 8 if sum(len(group.places) for group in groups) < _FEW else 5
    for number, group in enumerate(groups):
        colour = "var(--plot-expected)" if group.plain else f"var(--map-{number})"
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": f"{escape(group.name, quote=False)} ({len(group.places):,})",
                "x": [round(drawn.x[place], 4) for place in group.places],
                "y": [round(drawn.y[place], 4) for place in group.places],
                "text": [escape(_short(drawn.titles[place]), quote=False) for place in group.places],
                "customdata": [
                    [f"/threads/{drawn.threads[place]}", escape(names.get(drawn.topics[place], ""), quote=False)]
                    for place in group.places
                ],
                "marker": {
                    "size": size,
                    "color": colour,
                    "symbol": "circle" if group.plain else _SYMBOLS[number],
                    "opacity": 0.75,
                },
                "hovertemplate": "%{text}<br>%{customdata[1]}<extra></extra>",
            }
        )
    hidden = {"visible": False}
    layout = {
        "xaxis": hidden,
        "yaxis": hidden,
        "hovermode": "closest",
        "dragmode": "pan",
        "height": 560,
        "legend": {"orientation": "h", "y": 0, "yanchor": "top", "x": 0},
    }
    said = "; ".join(f"{group.name} ({len(group.places):,})" for group in groups)
    summary = (
        f"Threads as points, like ones close together, coloured by theme: {said or 'none'}. The axes mean nothing."
    )
    return Plot("Threads by likeness", summary, {"data": traces, "layout": layout}, table)


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST else title[: _LONGEST - 1] + "…"


def trend_plot(points: Sequence[tpb.TrendPoint], subject: str, uploads: str, by: str) -> Plot:
    """Threads of a subject as bars on the left, uploads as a line on the right; periods not over are hatched.

    `by`: the length of the periods, month, quarter or week.
    """
    names = [_named(point, by) for point in points]
    expected = [_given(point, "expected_threads") for point in points]
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": f"threads: {subject}",
            "x": names,
            "y": [_given(point, "threads") for point in points],
            "marker": {
                "color": "var(--plot-threads)",
                "pattern": {
                    "shape": [_HATCHED if point.partial else _SOLID for point in points],
                    "fgcolor": "var(--surface)",
                },
            },
            "customdata": [", partial" if point.partial else "" for point in points],
            "hovertemplate": "%{y} threads%{customdata}<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": f"uploads: {uploads} (right)",
            "x": names,
            "y": [_given(point, "uploads") for point in points],
            "yaxis": "y2",
            "line": {"color": "var(--plot-uploads)", "width": 2},
            "marker": {
                "size": 6,
                "color": "var(--plot-uploads)",
                "symbol": ["circle-open" if point.partial else "circle" for point in points],
            },
            "hovertemplate": "%{y} uploads<extra></extra>",
        },
    ]
    if any(value is not None for value in expected):
        traces.insert(1, _expected_line(names, expected))
    layout = {
        "xaxis": {"type": "category", "nticks": 12},
        "yaxis": {"title": {"text": f"threads a {by}"}, "rangemode": "tozero", **_whole(points)},
        "yaxis2": {
            "title": {"text": f"uploads a {by}"},
            "overlaying": "y",
            "side": "right",
            "rangemode": "tozero",
            "showgrid": False,
            "tickmode": "auto",
            "tickformat": ",d",
        },
        "hovermode": "x unified",
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }
    title = f"{subject[:1].upper()}{subject[1:]} beside uploads, by {by}"
    summary, table = _summary(points, names, subject, uploads), _table(points, names, title, by)
    return Plot(title, summary, {"data": traces, "layout": layout}, table, by)


def _whole(points: Sequence[tpb.TrendPoint]) -> dict[str, Any]:
    """Ticks at whole numbers, where there are few."""
    return {"dtick": 1} if max((point.threads for point in points), default=0) < 6 else {"tickformat": ",d"}


def _named(point: tpb.TrendPoint, by: str) -> str:
    """A week by its Monday, others by their first month."""
    return point.start_date if by == "week" else point.month


def _expected_line(names: Sequence[str], expected: Sequence[Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "threads expected by calibrated probabilities",
        "x": list(names),
        "y": list(expected),
        "line": {"color": "var(--plot-expected)", "width": 2, "dash": "dot"},
        "hovertemplate": "%{y:.1f} expected<extra></extra>",
    }


def _summary(points: Sequence[tpb.TrendPoint], names: Sequence[str], subject: str, uploads: str) -> str:
    if not points:
        return "There is nothing to show."
    threads = sum(point.threads for point in points)
    models = sum(point.uploads for point in points)
    partial = [name for point, name in zip(points, names, strict=True) if point.partial]
    said = (
        f"{names[0]} to {names[-1]}: {threads:,} threads ({subject}) as bars, on the left axis; "
        f"{models:,} uploads ({uploads}) as a line, on the right axis, which has a scale of its own."
    )
    return said + (f" Hatched: not known whole ({', '.join(partial)})." if partial else "")


def _table(points: Sequence[tpb.TrendPoint], names: Sequence[str], title: str, by: str) -> Table:
    columns = (
        Column(by.capitalize()),
        Column("Threads", "number"),
        Column("Of all", "number"),
        Column("Share", "share"),
        Column("Expected", "decimal", "threads expected by the calibrated probabilities of the label"),
        Column("Unsure", "share", "of all threads: those that the classifier left open"),
        Column("Uploads", "number"),
        Column("All uploads", "number"),
        Column("With card", "share", "of the uploads: those with a model card"),
        Column("Remarks"),
    )
    fields = (
        *("threads", "all_threads", "share", "expected_threads", "abstained_share"),
        *("uploads", "all_uploads", "card_share"),
    )
    rows = [
        (name, *(_given(point, field) for field in fields), _remarks(point))
        for point, name in zip(points, names, strict=True)
    ]
    return Table("trend", title, columns, rows, "There is nothing to show.")


def _remarks(point: tpb.TrendPoint) -> str:
    said = ["partial"] if point.partial else []
    for name, level in (("forum", point.forum_coverage), ("Hub", point.hub_coverage)):
        if level in _REMARKS:
            said.append(f"{name} {_REMARKS[level]}")
    return ", ".join(said)


def _given(point: tpb.TrendPoint, name: str) -> Any:
    return getattr(point, name) if point.HasField(name) else None
