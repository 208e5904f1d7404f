"""The report's plots, as pieces of HTML that need Plotly's script once on the page."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from classifier.trend.questions import Comparison, Comparisons, CrossTable, ThemeTrends
from store.documentation import Documentation
from store.months import format_month

_COLOURS = ("#3366a8", "#c8553d", "#3d8b5f", "#8a5aa8", "#b08a1e", "#4aa3b5", "#a8456b", "#6b6b6b")
_THEMES, _FAMILIES, _COLUMNS, _CELLS = 8, 12, 3, 15
_CONFIG = {"displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["lasso2d", "select2d"]}


def theme_plot(found: ThemeTrends) -> str:
    """Shares of all threads of the themes with most threads, by month, smoothed over three months."""
    figure = go.Figure()
    biggest = sorted(found.themes, key=lambda one: -sum(one.threads))[:_THEMES]
    for one, colour in zip(biggest, _COLOURS, strict=False):
        values = one.expected or one.threads
        figure.add_scatter(
            x=_months(found.months), y=_smooth(values, found.all_threads), name=one.theme, line={"color": colour}
        )
    figure.update_yaxes(title="share of threads", tickformat=".0%", rangemode="tozero")
    return _html(figure, "themes", 380)


def family_plot(found: Comparisons) -> str:
    """Threads (left) and uploads (right) of the families that are talked of most, a panel each."""
    shown = found.subjects[:_FAMILIES]
    rows = max(1, -(-len(shown) // _COLUMNS))
    specs = [[{"secondary_y": True}] * _COLUMNS for _ in range(rows)]
    figure = make_subplots(rows, _COLUMNS, specs=specs, subplot_titles=[_panel(one) for one in shown])
    months = _months(found.months)
    for place, one in enumerate(shown):
        where = {"row": place // _COLUMNS + 1, "col": place % _COLUMNS + 1}
        first = place == 0
        figure.add_scatter(
            x=months, y=one.uploads, name="uploads", legendgroup="u", showlegend=first, fill="tozeroy",
            line={"color": "#c9c9c9", "width": 1}, secondary_y=True, **where,
        )  # fmt: skip
        figure.add_scatter(
            x=months, y=one.threads, name="threads", legendgroup="t", showlegend=first,
            line={"color": _COLOURS[0], "width": 2}, secondary_y=False, **where,
        )  # fmt: skip
    figure.update_yaxes(rangemode="tozero")
    return _html(figure, "families", 170 * rows + 60)


def cross_plot(found: CrossTable) -> str:
    """Lift of the surest pairs of theme and family."""
    surest = [cell for cell in found.cells if cell.lift > 1][: _CELLS * 4]
    themes = list(dict.fromkeys(cell.theme for cell in surest))[:_CELLS]
    families = list(dict.fromkeys(cell.family for cell in surest))[:_CELLS]
    lifts = {(cell.theme, cell.family): cell.lift for cell in found.cells}
    figure = go.Figure(
        go.Heatmap(
            x=families,
            y=themes,
            z=[[lifts.get((theme, family)) for family in families] for theme in themes],
            colorscale=[[0, "#f4f1ea"], [1, _COLOURS[0]]],
            colorbar={"title": "lift"},
            hoverongaps=False,
        )
    )
    figure.update_yaxes(autorange="reversed")
    return _html(figure, "crossed", 140 + 24 * len(themes))


def card_plot(months: Sequence[Documentation]) -> str:
    """Share of the uploads of each month that have a card."""
    told = [row for row in months if row.card_share is not None]
    figure = go.Figure()
    figure.add_scatter(
        x=[row.subject for row in told], y=[row.card_share for row in told], name="with card",
        line={"color": _COLOURS[2]},
    )  # fmt: skip
    figure.update_yaxes(title="uploads with a card", tickformat=".0%", range=[0, 1])
    return _html(figure, "cards", 260)


def _panel(one: Comparison) -> str:
    return f"{one.subject}: {one.talk.trend.value} / {one.uploading.trend.value}"


def _months(months: range) -> list[str]:
    return [format_month(month) for month in months]


def _smooth(values: Sequence[float], every: Sequence[int]) -> list[float]:
    """Centred mean of three months' shares."""
    shares = [value / whole if whole else 0.0 for value, whole in zip(values, every, strict=True)]
    near = [shares[max(0, place - 1) : place + 2] for place in range(len(shares))]
    return [sum(some) / len(some) for some in near]


def _html(figure: go.Figure, name: str, height: int) -> str:
    figure.update_layout(
        template="simple_white",
        height=height,
        margin={"l": 50, "r": 20, "t": 40, "b": 40},
        font={"family": "system-ui, sans-serif", "size": 13},
        legend={"orientation": "h", "y": 1.12},
        hovermode="closest",
    )
    return str(figure.to_html(full_html=False, include_plotlyjs=False, div_id=f"plot-{name}", config=_CONFIG))
