"""Reliability and risk-coverage drawn side by side, as SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from classifier.measure import Measures

_SIDE, _LEFT, _TOP, _GAP, _LINE = 300, 60, 40, 110, 16
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#8250df", "#bf8700", "#57606a")
_NOTE = "bars: 95 % intervals; right: categories solid, leaves dashed"

Point = tuple[float, float]


def draw(found: Mapping[str, Measures]) -> str:
    """A picture of the curves of each system, as SVG."""
    parts = _frame(0, "Reliability of category scores", "score", "share of readers who gave the category")
    parts += _frame(1, "Risk and coverage", "coverage: the surest posts first", "risk: 1 - micro-F1")
    parts.append(_line(0, ((0, 0), (1, 1)), "#57606a", 'stroke-dasharray="4"'))
    under = _TOP + _SIDE + 56
    for number, (name, measures) in enumerate(found.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        parts += [*_reliability(measures, colour), *_coverage(measures, colour)]
        parts.append(_text(_LEFT, under + _LINE * number, name, f'fill="{colour}" style="text-anchor: start"'))
    right = _LEFT + 2 * _SIDE + _GAP
    parts.append(_text(right, under, _NOTE, 'style="text-anchor: end"'))
    width, height = right + 30, under + _LINE * len(found)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    font = ' font-family="sans-serif" font-size="12" fill="#24292f">'
    return "\n".join([head + font, '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>"]) + "\n"


def _reliability(measures: Measures, colour: str) -> list[str]:
    bins = [(row.score, row.share) for row in measures.calibration.bins]
    points = [(score, share.value) for score, share in bins if share.value is not None]
    parts = [_line(0, points, colour)]
    parts += [_dot(*_place(0, *point), colour) for point in points]
    for score, share in bins:
        if share.low is not None and share.high is not None:
            parts.append(_line(0, ((score, share.low), (score, share.high)), colour, 'stroke-width="0.8"'))
    return parts


def _coverage(measures: Measures, colour: str) -> list[str]:
    points = measures.coverage.points
    categories = [(point.coverage, point.category_micro_f1.value) for point in points]
    leaves = [(point.coverage, point.leaf_micro_f1.value) for point in points]
    return [
        _line(1, [(coverage, 1 - f1) for coverage, f1 in curve if f1 is not None], colour, style)
        for curve, style in ((categories, ""), (leaves, 'stroke-dasharray="5 3"'))
    ]


def _frame(panel: int, title: str, across: str, up: str) -> list[str]:
    """Axes from 0 to 1 with their names."""
    parts = []
    for tick in _TICKS:
        parts += [_line(panel, ends, "#d8dee4") for ends in (((tick, 0), (tick, 1)), ((0, tick), (1, tick)))]
        (x, bottom), (left, y) = _place(panel, tick, 0), _place(panel, 0, tick)
        parts += [_text(x, bottom + _LINE, f"{tick:g}"), _text(left - 14, y + 4, f"{tick:g}")]
    (x, bottom), (left, y) = _place(panel, 0.5, 0), _place(panel, 0, 0.5)
    parts += [_text(x, _TOP - 14, title, 'font-weight="bold"'), _text(x, bottom + 36, across)]
    return [*parts, _text(left - 36, y, up, f'transform="rotate(-90 {left - 36:.1f} {y:.1f})"')]


def _place(panel: int, x: float, y: float) -> Point:
    """Where a point of a panel's unit square lies in the picture."""
    return _LEFT + panel * (_SIDE + _GAP) + x * _SIDE, _TOP + (1 - y) * _SIDE


def _text(x: float, y: float, words: str, more: str = "") -> str:
    """Words, centred unless `more` says otherwise."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" {more}>{escape(words)}</text>'


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'


def _line(panel: int, points: Sequence[Point], colour: str, more: str = "") -> str:
    places = " ".join("{:.1f},{:.1f}".format(*_place(panel, *point)) for point in points)
    return f'<polyline points="{places}" fill="none" stroke="{colour}" {more}/>'
