"""`forumlens scrape forum`: collecting a Discourse, what it would cost, and what it did."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from forumlens.cli.assemble import forum_client, forum_url, open_pseudonyms, open_store
from forumlens.cli.errors import BadInputError
from forumlens.cli.options import DatabaseFlag, FormatFlag, SinceFlag, utc
from forumlens.cli.output import Format, counted_progress, print_record, say
from forumlens.cli.settings import Settings, load_settings
from scraper.forum import REREAD, Completeness, CrawlSummary, Estimate, crawl, estimate, verify
from scraper.tape import Tape
from store.database import Database
from store.sources import all_sources
from store.values import SourceKind

_LOGGED = ("scraper", "store")


def scrape_forum(
    forum: Annotated[str | None, typer.Option(help="`huggingface`, or the URL of a Discourse.")] = None,
    since: SinceFlag = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many threads; the next run goes on.")] = None,
    reread: Annotated[
        int,
        typer.Option(min=0, help="Threads to read again for their turn: finds edits and deletions that bump nothing."),
    ] = REREAD,
    full: Annotated[bool, typer.Option("--full", help="List and read everything again.")] = False,
    rate: Annotated[float | None, typer.Option(min=0, help="Requests a second; 0 is unlimited, for your own.")] = None,
    budget: Annotated[
        int | None, typer.Option(min=1, help="Requests to this forum a day (UTC); then it pauses.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell how many requests it would take.")] = False,
    record: Annotated[
        Path | None, typer.Option(help="Folder for a tape: every answer, without names. See `replay tape`.")
    ] = None,
    log: Annotated[Path | None, typer.Option(help="File for a log of every request and thread.")] = None,
    summary: Annotated[Path | None, typer.Option(help="File for the summary as JSON, with all failures.")] = None,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Collect the threads of a Discourse forum: all of it at first, then what is new.

    Example: forumlens scrape forum --forum huggingface --since 2024-01-01 --limit 200
    """
    settings = load_settings(database_url=database, forum=forum, rate=rate, budget=budget)
    wanted: dict[str, Any] = {"since": since, "limit": limit, "reread": reread, "full": full}
    with _logging_to(log), open_store(settings) as db:
        url = forum_url(settings.forum)
        found: CrawlSummary | Estimate
        if dry_run:
            found = estimate_forum(settings, db, url, record=record, **wanted)
        else:
            found = collect_forum(settings, db, url, record=record, **wanted)
    if summary is not None:
        summary.write_text(json.dumps(asdict(found), ensure_ascii=False, indent=2) + "\n", "utf-8")
    _print(found, form)


def collect_forum(
    settings: Settings,
    db: Database,
    url: str,
    *,
    since: datetime | None = None,
    limit: int | None = None,
    reread: int = REREAD,
    full: bool = False,
    known_as: str | None = None,
    record: Path | None = None,
) -> CrawlSummary:
    """Crawl a forum with a bar for each step."""
    pseudonyms = open_pseudonyms(settings)
    tape = Tape(record, pseudonyms) if record else None
    with forum_client(settings, url, tape) as client, counted_progress("Forum") as progress:
        return crawl(
            db,
            client,
            pseudonyms=pseudonyms,
            since=utc(since),
            limit=limit,
            reread=reread,
            full=full,
            budget=settings.budget,
            known_as=known_as,
            progress=progress,
        )


def estimate_forum(
    settings: Settings,
    db: Database,
    url: str,
    *,
    since: datetime | None = None,
    limit: int | None = None,
    reread: int = REREAD,
    full: bool = False,
    record: Path | None = None,
) -> Estimate:
    """Find out what a crawl would cost."""
    tape = Tape(record, open_pseudonyms(settings)) if record else None
    with forum_client(settings, url, tape) as client, counted_progress("Estimate") as progress:
        return estimate(db, client, since=utc(since), limit=limit, reread=reread, full=full, progress=progress)


def _print(found: CrawlSummary | Estimate, form: Format) -> None:
    figures = asdict(found)
    if form is not Format.JSON and "failures" in figures:
        figures["failures"] = len(figures["failures"])
    print_record(figures, form, title="Forum" if isinstance(found, CrawlSummary) else "A crawl would take")
    if isinstance(found, CrawlSummary) and found.stopped:
        say(f"Stopped by the {found.stopped}: run again to go on, {found.pending} threads are listed and still to read")


@contextmanager
def _logging_to(path: Path | None) -> Iterator[None]:
    """Log every request and thread to a file while the block runs."""
    if path is None:
        yield
        return
    try:
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"--log {path} cannot be written: {error.strerror or error}") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    loggers = [logging.getLogger(name) for name in _LOGGED]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
        handler.close()


def verify_forum(settings: Settings, db: Database, forum: str | None) -> Completeness:
    """Compare the store with the sitemap of a forum: the one named, or the only one that the store holds."""
    named = [source.name for source in all_sources(db) if source.kind is SourceKind.FORUM and "://" in source.name]
    if forum is None and len(named) != 1:
        raise BadInputError(
            f"--verify needs --forum: the store holds {', '.join(named) or 'no forum that was crawled'}"
        )
    with forum_client(settings, forum_url(forum) if forum else named[0]) as client:
        return verify(db, client)
