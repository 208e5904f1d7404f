"""Reliability and risk-coverage as files: CSV for other tools, a page for the eye."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forumlens.cli.errors import BadInputError

if TYPE_CHECKING:
    from classifier.measure import Measures

RELIABILITY, COVERAGE, PAGE = "reliability.csv", "risk_coverage.csv", "curves.html"
RELIABILITY_COLUMNS = ("system", "least_score", "pairs", "score", "share", "low", "high")
COVERAGE_COLUMNS = ("system", "level", "coverage", "posts", "confidence", "micro_f1", "low", "high", "risk")


def write_curves(folder: Path, found: Mapping[str, Measures]) -> None:
    """Write both curves of each system into a folder, which is made if needed. Raises BadInputError."""
    reliability = [row for name, measures in found.items() for row in _reliability(name, measures)]
    coverage = [row for name, measures in found.items() for row in _coverage(name, measures)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / RELIABILITY, RELIABILITY_COLUMNS, reliability)
        _write(folder / COVERAGE, COVERAGE_COLUMNS, coverage)
        _draw(folder / PAGE, reliability, coverage)
    except OSError as error:
        raise BadInputError(f"--curves {folder}: cannot be written ({error.strerror}); name another folder") from error


def _reliability(system: str, measures: Measures) -> Iterable[tuple[Any, ...]]:
    for row in measures.calibration.bins:
        share = row.share
        yield system, row.least_score, row.pairs, row.score, share.value, share.low, share.high


def _coverage(system: str, measures: Measures) -> Iterable[tuple[Any, ...]]:
    for point in measures.coverage.points:
        for level, figure in (("category", point.category_micro_f1), ("leaf", point.leaf_micro_f1)):
            risk = None if figure.value is None else 1 - figure.value
            where = (point.coverage, point.posts, point.confidence)
            yield system, level, *where, figure.value, figure.low, figure.high, risk


def _write(path: Path, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([round(cell, 6) if isinstance(cell, float) else cell for cell in row] for row in rows)


def _draw(path: Path, reliability: Sequence[tuple[Any, ...]], coverage: Sequence[tuple[Any, ...]]) -> None:
    """Both curves on one page that needs no network."""
    from plotly.subplots import make_subplots  # takes a second to import

    figure = make_subplots(rows=1, cols=2, subplot_titles=("Reliability of category scores", "Risk and coverage"))
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": "grey"}, name="exact")
    for system in dict.fromkeys(row[0] for row in reliability):
        _, _, pairs, score, share, low, high = zip(*(row for row in reliability if row[0] == system), strict=True)
        bars = None
        if None not in low:
            up, down = ([abs(e - s) for e, s in zip(ends, share, strict=True)] for ends in (high, low))
            bars = {"type": "data", "symmetric": False, "array": up, "arrayminus": down}
        text = [f"{number} pairs" for number in pairs]
        figure.add_scatter(x=score, y=share, error_y=bars, text=text, mode="lines+markers", name=system, row=1, col=1)
    for system, level in dict.fromkeys(row[:2] for row in coverage):
        rows = [row for row in coverage if row[:2] == (system, level)]
        x, y = [row[2] for row in rows], [row[-1] for row in rows]
        figure.add_scatter(x=x, y=y, mode="lines", name=f"{system}, {level}", row=1, col=2)
    figure.update_xaxes(title_text="score", range=[0, 1], row=1, col=1)
    figure.update_yaxes(title_text="share of readers who gave the category", range=[0, 1], row=1, col=1)
    figure.update_xaxes(title_text="coverage: share of posts answered, the surest first", range=[0, 1], row=1, col=2)
    figure.update_yaxes(title_text="risk: 1 - micro-F1", rangemode="tozero", row=1, col=2)
    figure.write_html(path, include_plotlyjs=True, full_html=True)
