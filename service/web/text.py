"""How values read: filters of the templates, and posts taken apart into prose and code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from store.text import split_parts

UNKNOWN = Markup('<span class="unknown"><span aria-hidden="true">–</span><span class="hidden">unknown</span></span>')
SPARK_WIDTH, SPARK_HEIGHT = 96, 20


def number(value: float | None) -> str:
    """A count: `12,345`."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def decimal(value: float | None) -> str:
    """A figure with two places."""
    return UNKNOWN if value is None else f"{value:,.2f}"


def share(value: float | None) -> str:
    """A share in per cent: `12.3 %`."""
    return UNKNOWN if value is None else f"{100 * value:.1f}\u202f%"


def chance(value: float | None) -> str:
    """A p-value."""
    if value is None:
        return UNKNOWN
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def hours(value: float | None) -> str:
    """A span of hours, in days where it is long."""
    if value is None:
        return UNKNOWN
    return f"{value:.1f} h" if value < 48 else f"{value / 24:.1f} days"


def day(value: datetime | None) -> str:
    """A day, UTC."""
    return UNKNOWN if value is None else f"{value:%Y-%m-%d}"


def ago(value: datetime, now: datetime | None = None) -> str:
    """How long ago, in days."""
    days = ((now or datetime.now(UTC)) - value).days
    return {0: "today", 1: "yesterday"}.get(days, f"{days:,} days ago")


def month_before(month: str) -> str:
    """The month before a month: `2024-01` of `2024-02`."""
    year, number = map(int, month.split("-"))
    return f"{year - (number == 1)}-{(number - 2) % 12 + 1:02}"


def web_url(value: str) -> str:
    """The address if it is one of the web, else nothing: `javascript:` and the like lead nowhere."""
    try:
        return value if urlsplit(value).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def segment(value: object) -> str:
    """A value as a part of a path."""
    return quote(str(value), safe="")


def spark(values: Sequence[float | None]) -> Markup:
    """A line of the values as a small picture; unknown values are gaps."""
    top = max((value for value in values if value is not None), default=0) or 1
    step = SPARK_WIDTH / max(len(values) - 1, 1)
    points = [
        None if value is None else f"{index * step:.1f},{SPARK_HEIGHT - 1 - value / top * (SPARK_HEIGHT - 2):.1f}"
        for index, value in enumerate(values)
    ]
    lines = "".join(f'<polyline points="{" ".join(run)}"/>' for run in _runs(points))
    return Markup(
        f'<svg class="line" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" width="{SPARK_WIDTH}" height="{SPARK_HEIGHT}" '
        f'aria-hidden="true" focusable="false">{lines}</svg>'
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a post; code has its language."""

    text: str
    code: bool = False
    language: str = ""


def parts(body: str) -> list[Part]:
    """Prose and code of a post, in order."""
    return [Part(text, code, language) for text, code, language in split_parts(body) if text.strip()]


def _runs(points: Sequence[str | None]) -> Iterator[list[str]]:
    run: list[str] = []
    for point in points:
        if point is not None:
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run
