"""The report command: one page to mail, and its numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from classifier.advice import load_advice
from classifier.trend.questions import Asked
from forumlens.cli.asking import FromFlag, ToFlag, months_of
from forumlens.cli.assemble import open_store, taxonomy_in_use
from forumlens.cli.options import DatabaseFlag
from forumlens.cli.output import say
from forumlens.cli.settings import load_settings
from labeled import files
from store.assignments import current_bundle
from store.topics import current_topic_run


class DataFormat(StrEnum):
    """Form of the report's tables."""

    CSV = "csv"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(report)


def report(
    out: Annotated[Path, typer.Option("--out", help="HTML file to write.")] = Path("report.html"),
    data: Annotated[Path | None, typer.Option("--data", help="Folder for the numbers, a file for each table.")] = None,
    data_format: Annotated[DataFormat, typer.Option("--data-format", help="Form of these files.")] = DataFormat.CSV,
    title: Annotated[str, typer.Option("--title", help="Title of the page.")] = "What reusers of models talk about",
    start: FromFlag = None,
    end: ToFlag = None,
    recent: Annotated[int, typer.Option("--recent", min=1, max=120, help="Whole months that count as recent.")] = 3,
    advice: Annotated[
        Path | None, typer.Option("--advice", exists=True, help="Your own texts (TOML). \\[default: those bundled]")
    ] = None,
    database: DatabaseFlag = None,
) -> None:
    """Write one self-contained HTML page: themes, families beside uploads, what emerges, advice, method.

    Example: forumlens report --out july.html --data july --from 2023-01
    """
    # Plotly and pyarrow take a while to import.
    from forumlens.report.contents import gather
    from forumlens.report.page import render
    from forumlens.report.tables import tables, write_tables

    settings = load_settings(database_url=database)
    first, last = months_of(start, end)
    texts = load_advice(advice or files.advice(), taxonomy_in_use(settings))
    with open_store(settings) as db:
        asked = Asked(current_bundle(db), current_topic_run(db), datetime.now(UTC), first, last)
        contents = gather(db, asked, texts, recent)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(render(contents, title), encoding="utf-8")
    say(f"Wrote [bold]{escape(str(out))}[/bold] ({out.stat().st_size / 1e6:.1f} MB, nothing else is needed to read it)")
    if data is not None:
        paths = write_tables(tables(contents), data, data_format.value)
        say(f"and {len(paths)} tables to [bold]{escape(str(data))}[/bold]")
