"""The report's numbers as tables: a name, and rows that share their columns."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from classifier.trend.questions import divergences
from forumlens.cli.rows import comparison_row, documentation_row, theme_row
from forumlens.report.contents import Contents

Rows = Sequence[Mapping[str, Any]]


def tables(contents: Contents) -> dict[str, Rows]:
    """All tables that have a row."""
    found: dict[str, Rows] = {"families": [comparison_row(one) for one in contents.families.subjects]}
    found["divergences"] = [comparison_row(one) for one in divergences(contents.families)]
    for name, trends in (("categories", contents.categories), ("leaves", contents.leaves)):
        found[name] = [theme_row(trends, one) for one in trends.themes] if trends else []
    for kind, trends in contents.emerging.items():
        found[f"emerging_{kind.value}"] = [theme_row(trends, one) for one in trends.themes]
    found["themes_beside_uploads"] = [comparison_row(one) for one in getattr(contents.beside_uploads, "subjects", ())]
    found["themes_and_families"] = [asdict(cell) for cell in getattr(contents.crossed, "cells", ())]
    for by, rows in contents.documented.items():
        found[f"documentation_{by.value}"] = [documentation_row(row) for row in rows]
    found["answers"] = [{"theme": theme, **asdict(figures)} for theme, figures in contents.answers.items()]
    found["causes"] = [
        {"theme": theme, "cause": cause, "threads": number, "of": shares.threads}
        for theme, shares in contents.causes.items()
        for cause, number in shares.causes
    ]
    found["advice"] = [asdict(one) for one in contents.advice]
    return {name: rows for name, rows in found.items() if rows}


def write_tables(found: Mapping[str, Rows], folder: Path, suffix: str) -> list[Path]:
    """Write each table to a file of its own; `suffix` is csv or parquet. Series are lists, in CSV joined by blanks."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, rows in found.items():
        path = folder / f"{name}.{suffix}"
        if suffix == "csv":
            _write_csv(rows, path)
        else:
            pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)
        paths.append(path)
    return paths


def _write_csv(rows: Rows, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _flat(value) for name, value in row.items()} for row in rows)


def _flat(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else value
