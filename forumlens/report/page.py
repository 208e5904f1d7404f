"""The report as one HTML page that holds all it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from classifier.advice import AdviceSettings
from classifier.trend.direction import LEAST_MONTHS, TrendSettings
from classifier.trend.questions import divergences
from forumlens.report.contents import Contents
from forumlens.report.plots import card_plot, cross_plot, family_plot, theme_plot
from store.answers import OBSERVED
from store.documentation import DocumentedBy
from store.months import format_month
from store.themes import ThemeKind


def render(contents: Contents, title: str) -> str:
    """The page; numbers stand in tables too, so that it can be read without its script."""
    environment = Environment(
        loader=PackageLoader("forumlens.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"percent": _percent, "number": _number, "p": _p, "month": format_month}
    page = environment.get_template("report.html.j2")
    return page.render(
        it=contents,
        title=title,
        plots=_plots(contents),
        script=Markup(get_plotlyjs()),
        apart=divergences(contents.families),
        leading=_leading(contents),
        kinds=ThemeKind,
        by=DocumentedBy,
        tests=TrendSettings(),
        least_months=LEAST_MONTHS,
        advising=AdviceSettings(),
        observed_days=OBSERVED.days,
    )


def _plots(contents: Contents) -> Mapping[str, Markup]:
    plots = {}
    if contents.categories and contents.categories.months:
        plots["themes"] = theme_plot(contents.categories)
    if contents.families.subjects and contents.families.months:
        plots["families"] = family_plot(contents.families)
    if contents.crossed and any(cell.lift > 1 for cell in contents.crossed.cells):
        plots["crossed"] = cross_plot(contents.crossed)
    if any(row.card_share is not None for row in contents.documented[DocumentedBy.MONTH]):
        plots["cards"] = card_plot(contents.documented[DocumentedBy.MONTH])
    return {name: Markup(html) for name, html in plots.items()}


def _leading(contents: Contents) -> list[Any]:
    """Themes whose changes go together with those of uploads, beyond chance."""
    found = contents.beside_uploads.subjects if contents.beside_uploads else ()
    return [one for one in found if one.lead and one.lead.p_adjusted < TrendSettings().alpha]


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _number(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
