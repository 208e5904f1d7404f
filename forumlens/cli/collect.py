"""Commands that bring the outside world into the store, or serve a dump of it: scrape, import, replay."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from starlette.types import ASGIApp

from forumlens.cli.assemble import forum_client, forum_url, load_registry, open_pseudonyms, open_store
from forumlens.cli.errors import BadInputError
from forumlens.cli.options import DatabaseFlag, FormatFlag, PortFlag
from forumlens.cli.output import Format, counted_progress, print_record, say
from forumlens.cli.settings import Settings, load_settings
from scraper import replay
from scraper.files import ImportSummary, import_models, import_threads, import_uploads
from scraper.forum import CrawlSummary, crawl
from scraper.hub import HubSummary, crawl_hub
from store.database import Database

SinceFlag = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d"], help="Only what was created on this day (UTC) or later."),
]
FileArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]
SourceFlag = Annotated[
    str | None,
    typer.Option("--source", help="Name of the source that the rows belong to. \\[default: name of the file]"),
]
RejectsFlag = Annotated[
    Path | None,
    typer.Option("--rejects", help="Where rows that cannot be read go. \\[default: FILE.rejects.jsonl in this folder]"),
]

FaultsFlag = Annotated[
    int | None,
    typer.Option(
        "--faults",
        metavar="SEED",
        help="Fail, stall, lie and change while being read, the same way for the same seed.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    scrape = typer.Typer(help="Collect from a live forum or Hub, politely; what is there already is not read again.")
    scrape.command("forum")(scrape_forum)
    scrape.command("hub")(scrape_hub)
    imports = typer.Typer(help="Take in files: JSONL, CSV, Parquet; gzipped too.")
    imports.command("threads")(import_thread_file)
    imports.command("models")(import_model_file)
    imports.command("uploads")(import_upload_file)
    replays = typer.Typer(help="Serve a dump on this machine as a Discourse or Hub with their real manners.")
    replays.command("forum")(replay_forum)
    replays.command("hub")(replay_hub)
    for name, group in (("scrape", scrape), ("import", imports), ("replay", replays)):
        app.add_typer(group, name=name, no_args_is_help=True)


def scrape_forum(
    forum: Annotated[str | None, typer.Option(help="`huggingface`, or the URL of a Discourse.")] = None,
    since: SinceFlag = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many threads; the next run goes on.")] = None,
    rate: Annotated[float | None, typer.Option(min=0, help="Requests a second; 0 is unlimited, for your own.")] = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Collect the threads of a Discourse forum: all of it at first, then what is new.

    Example: forumlens scrape forum --forum huggingface --since 2024-01-01 --limit 200
    """
    settings = load_settings(database_url=database, forum=forum, rate=rate)
    with open_store(settings) as db:
        summary = collect_forum(settings, db, forum_url(settings.forum), since=since, limit=limit)
    print_record(_flat(summary), form, title="Forum")


def scrape_hub(
    endpoint: Annotated[str | None, typer.Option(help="URL of the Hub. \\[default https://huggingface.co]")] = None,
    since: SinceFlag = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """List the models of the Hub, newest first. A token is taken from HF_TOKEN where there is one.

    Example: forumlens scrape hub --since 2024-06-01
    """
    settings = load_settings(database_url=database, hub_endpoint=endpoint)
    with open_store(settings) as db:
        summary = collect_hub(settings, db, since=since)
    print_record(_flat(summary), form, title="Hub")


def collect_forum(
    settings: Settings,
    db: Database,
    url: str,
    *,
    since: datetime | None = None,
    limit: int | None = None,
    known_as: str | None = None,
) -> CrawlSummary:
    """Crawl a forum with a bar for each step."""
    with forum_client(settings, url, settings.rate) as client, counted_progress("Forum") as progress:
        return crawl(
            db,
            client,
            pseudonyms=open_pseudonyms(settings),
            since=_utc(since),
            limit=limit,
            known_as=known_as,
            progress=progress,
        )


def collect_hub(
    settings: Settings, db: Database, *, since: datetime | None = None, known_as: str | None = None
) -> HubSummary:
    """List a Hub with a bar."""
    with counted_progress("Hub") as progress:
        return crawl_hub(db, endpoint=settings.hub_endpoint, since=_utc(since), known_as=known_as, progress=progress)


def import_thread_file(
    file: FileArgument,
    source: SourceFlag = None,
    rejects: RejectsFlag = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Take in threads: raw /t/ID.json bodies one a line, or rows with id or url, title, body, created_at.

    Example: forumlens import threads issues.jsonl.gz
    """
    settings = load_settings(database_url=database)
    with open_store(settings) as db, counted_progress("Import") as progress:
        summary = import_threads(
            db, file, pseudonyms=open_pseudonyms(settings), source=source, rejects=rejects, progress=progress
        )
    _report(summary, form)


def import_model_file(
    file: FileArgument,
    source: SourceFlag = None,
    rejects: RejectsFlag = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Take in Hub models: rows with id, created_at, model_type, has_card and what else the Hub's API gives.

    Example: forumlens import models models.csv.gz
    """
    with open_store(load_settings(database_url=database)) as db, counted_progress("Import") as progress:
        summary = import_models(db, file, source=source, rejects=rejects, progress=progress)
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
    with open_store(load_settings(database_url=database)) as db, counted_progress("Import") as progress:
        summary = import_uploads(
            db, file, canonical=load_registry().canonical, source=source, rejects=rejects, progress=progress
        )
    _report(summary, form)


def replay_forum(file: FileArgument, port: PortFlag = 8001, faults: FaultsFlag = None) -> None:
    """Serve raw /t/ID.json lines as a Discourse forum on this machine.

    Example: forumlens replay forum threads.jsonl.gz --port 8001
    """
    _replay(replay.forum_app(file, faults=_plan(faults)), port)


def replay_hub(file: FileArgument, port: PortFlag = 8002, faults: FaultsFlag = None) -> None:
    """Serve model rows as the model API of the Hub on this machine.

    Example: forumlens replay hub models.jsonl.gz --port 8002
    """
    _replay(replay.hub_app(file, faults=_plan(faults)), port)


def _plan(seed: int | None) -> replay.FaultPlan | None:
    return None if seed is None else replay.FaultPlan(seed)


def _replay(app: ASGIApp, port: int) -> None:
    replay.serve(app, port, announce=lambda url: say(f"Replay on [bold]{url}[/bold]; Ctrl-C stops it"))


def _report(summary: ImportSummary, form: Format) -> None:
    if summary.unknown_columns:
        say(escape(f"Columns not used: {', '.join(summary.unknown_columns)}"))
    if summary.left_out:
        say(escape(f"Left out ({len(summary.left_out)}): {'; '.join(summary.left_out[:5])}"))
    if summary.rejected:
        say(f"[yellow]{summary.rejected} rows could not be read: see {escape(str(summary.rejects))}[/yellow]")
    print_record(_flat(summary), form, title="Import")
    if summary.rows and not summary.stored:
        raise BadInputError("no row could be read: see the reasons in the rejects file")


def _flat(summary: CrawlSummary | HubSummary | ImportSummary) -> dict[str, Any]:
    """A summary's figures in one row; its lists as counts."""
    return {name: len(value) if isinstance(value, list) else value for name, value in asdict(summary).items()}


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None
