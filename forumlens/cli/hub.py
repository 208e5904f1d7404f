"""The command that collects from a Hub: its list of models, and their cards."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from forumlens.cli.assemble import load_registry, open_store
from forumlens.cli.errors import BadInputError
from forumlens.cli.options import DatabaseFlag, FormatFlag, SinceFlag, utc
from forumlens.cli.output import Format, counted_progress, print_record, summary_row
from forumlens.cli.settings import Settings, load_settings
from scraper.cards import CardSummary, crawl_cards
from scraper.hub import HubSummary, crawl_hub
from scraper.hub_client import HubClient
from store.database import Database

_ALL = "all"


def scrape_hub(
    endpoint: Annotated[str | None, typer.Option(help="URL of the Hub. \\[default https://huggingface.co]")] = None,
    since: SinceFlag = None,
    full: Annotated[
        bool, typer.Option("--full", help="List everything anew: finds what changed and which models are gone.")
    ] = False,
    cards: Annotated[
        str | None,
        typer.Option(metavar="N|all", help="Read the model cards too: of a random sample of N models, or of all."),
    ] = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """List the models of the Hub, newest first. A token is taken from HF_TOKEN where there is one.

    Example: forumlens scrape hub --since 2024-06-01 --cards 1000
    """
    sample = _sample(cards)
    settings = load_settings(database_url=database, hub_endpoint=endpoint)
    with open_store(settings) as db:
        row = summary_row(collect_hub(settings, db, since=since, full=full))
        if cards is not None:
            read = summary_row(collect_cards(settings, db, sample))
            row |= {f"cards_{name}": value for name, value in read.items() if name != "source"}
    print_record(row, form, title="Hub")


def collect_hub(
    settings: Settings,
    db: Database,
    *,
    since: datetime | None = None,
    full: bool = False,
    known_as: str | None = None,
) -> HubSummary:
    """List a Hub with a bar."""
    with counted_progress("Hub") as progress:
        return crawl_hub(
            db,
            client=HubClient(settings.hub_endpoint),
            families=load_registry(settings),
            since=utc(since),
            full=full,
            known_as=known_as,
            progress=progress,
        )


def collect_cards(settings: Settings, db: Database, sample: int | None) -> CardSummary:
    """Read model cards with a bar."""
    with counted_progress("Hub") as progress:
        return crawl_cards(db, client=HubClient(settings.hub_endpoint), sample=sample, progress=progress)


def _sample(text: str | None) -> int | None:
    if text is None or text == _ALL:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise BadInputError(f"--cards is {text!r}: write a number of models of at least 1, or all")
    return int(text)
