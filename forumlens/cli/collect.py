"""Commands that collect from a live site into the store, or serve a dump as one: scrape, replay."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from starlette.types import ASGIApp

from forumlens.cli.assemble import forum_client, forum_url, open_pseudonyms, open_store
from forumlens.cli.hub import scrape_hub
from forumlens.cli.options import DatabaseFlag, FileArgument, FormatFlag, PortFlag, SinceFlag, utc
from forumlens.cli.output import Format, counted_progress, print_record, say, summary_row
from forumlens.cli.settings import Settings, load_settings
from scraper import replay
from scraper.forum import CrawlSummary, crawl
from store.database import Database

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
    replays = typer.Typer(help="Serve a dump on this machine as a Discourse or Hub with their real manners.")
    replays.command("forum")(replay_forum)
    replays.command("hub")(replay_hub)
    for name, group in (("scrape", scrape), ("replay", replays)):
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
    print_record(summary_row(summary), form, title="Forum")


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
            since=utc(since),
            limit=limit,
            known_as=known_as,
            progress=progress,
        )


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
