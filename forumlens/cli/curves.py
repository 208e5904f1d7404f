"""Reliability and risk-coverage as files: CSV for other tools, a picture for the eye."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forumlens.cli.drawing import draw
from forumlens.cli.errors import BadInputError

if TYPE_CHECKING:
    from classifier.measure import Measures

RELIABILITY, COVERAGE, PICTURE = "reliability.csv", "risk_coverage.csv", "curves.svg"
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
        (folder / PICTURE).write_text(draw(found), encoding="utf-8")
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
