"""Commands that take in files: import threads, models, uploads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from forumlens.cli.assemble import load_registry, open_pseudonyms, open_store
from forumlens.cli.errors import BadInputError
from forumlens.cli.options import DatabaseFlag, FileArgument, FormatFlag
from forumlens.cli.output import Format, counted_progress, print_record, say, summary_row
from forumlens.cli.settings import load_settings
from scraper.files import ImportSummary, import_models, import_threads, import_uploads

SourceFlag = Annotated[
    str | None,
    typer.Option("--source", help="Name of the source that the rows belong to. \\[default: name of the file]"),
]
RejectsFlag = Annotated[
    Path | None,
    typer.Option("--rejects", help="Where rows that cannot be read go. \\[default: FILE.rejects.jsonl in this folder]"),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    imports = typer.Typer(help="Take in files: JSONL, CSV, Parquet; gzipped too.")
    imports.command("threads")(import_thread_files)
    imports.command("models")(import_model_file)
    imports.command("uploads")(import_upload_file)
    app.add_typer(imports, name="import", no_args_is_help=True)


def import_thread_files(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)],
    source: SourceFlag = None,
    rejects: RejectsFlag = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Take in threads: raw /t/ID.json bodies; GitHub issues and comments; rows of id or url, title, body, created_at.

    Example: forumlens import threads issues.jsonl comments.jsonl --source https://github.com/owner/name
    """
    settings = load_settings(database_url=database)
    with open_store(settings) as db, counted_progress("Import") as progress:
        summary = import_threads(
            db, *files, pseudonyms=open_pseudonyms(settings), source=source, rejects=rejects, progress=progress
        )
    _report(summary, form)


def import_model_file(
    file: FileArgument,
    snapshot: Annotated[
        bool,
        typer.Option(
            "--snapshot",
            help="The file is a whole Hub: models that it lacks are gone, and `scrape hub` goes on from its newest.",
        ),
    ] = False,
    source: SourceFlag = None,
    rejects: RejectsFlag = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Take in Hub models: rows with id, created_at, model_type, has_card and what else the Hub's API gives.

    Example: forumlens import models models.parquet --snapshot --source https://huggingface.co
    """
    settings = load_settings(database_url=database)
    with open_store(settings) as db, counted_progress("Import") as progress:
        summary = import_models(
            db,
            file,
            families=load_registry(settings),
            snapshot=snapshot,
            source=source,
            rejects=rejects,
            progress=progress,
        )
    _report(summary, form)


def import_upload_file(
    file: FileArgument,
    source: SourceFlag = None,
    rejects: RejectsFlag = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Take in a published table of uploads: month, family, count; or a family a row and a month a column.

    Example: forumlens import uploads uploads_by_month.csv
    """
    settings = load_settings(database_url=database)
    with open_store(settings) as db, counted_progress("Import") as progress:
        summary = import_uploads(
            db, file, canonical=load_registry(settings).canonical, source=source, rejects=rejects, progress=progress
        )
    _report(summary, form)


def _report(summary: ImportSummary, form: Format) -> None:
    if summary.unknown_columns:
        say(escape(f"Columns not used: {', '.join(summary.unknown_columns)}"))
    if summary.left_out:
        say(escape(f"Left out ({len(summary.left_out)}): {'; '.join(summary.left_out[:5])}"))
    if summary.rejected:
        say(f"[yellow]{summary.rejected} rows could not be read: see {escape(str(summary.rejects))}[/yellow]")
    print_record(summary_row(summary), form, title="Import")
    if summary.rows and not summary.stored:
        raise BadInputError("no row could be read: see the reasons in the rejects file")
