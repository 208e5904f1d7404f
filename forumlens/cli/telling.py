"""Commands that tell others: digest, alerts, feed."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from forumlens.cli.assemble import open_store
from forumlens.cli.errors import BadInputError
from forumlens.cli.options import DatabaseFlag, FormatFlag, OutFlag, utc
from forumlens.cli.output import Format, print_rows, say, write_out
from forumlens.cli.settings import Settings, load_settings
from store.alerts import Alert, list_alerts, mark_delivered, raise_alerts
from store.database import Database

EndFlag = Annotated[
    datetime | None,
    typer.Option("--end", formats=["%Y-%m-%d"], help="Up to this day (UTC), exclusive. \\[default: now]"),
]


class DigestForm(StrEnum):
    """How a digest is written."""

    HTML = "html"
    MARKDOWN = "markdown"


DigestFormFlag = Annotated[DigestForm, typer.Option("--form", help="`html` to mail, `markdown` to post.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(digest)
    app.command()(alerts)
    app.command()(feed)


def digest(
    form: Annotated[
        DigestForm, typer.Option("--form", help="`html` to mail, `markdown` to post.")
    ] = DigestForm.MARKDOWN,
    days: Annotated[int, typer.Option(min=1, max=366, help="Length of the period.")] = 7,
    end: EndFlag = None,
    out: OutFlag = None,
    database: DatabaseFlag = None,
) -> None:
    """Tell what the last days brought: themes beside the days before, new and growing ones, threads worth a look.

    Example: forumlens digest --form html --out digest.html
    """
    from forumlens.tell.digest import as_html, as_markdown, gather

    settings = load_settings(database_url=database)
    with open_store(settings) as db:
        found = gather(db, utc(end) or datetime.now(UTC), days)
    write_out(out, (as_html if form is DigestForm.HTML else as_markdown)(found).encode())


def alerts(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what the rules find.")] = False,
    form: FormatFlag = Format.TABLE,
    database: DatabaseFlag = None,
) -> None:
    """Raise what the rules of forumlens.toml find, each once, and post it to the webhook of the settings.

    Run it after `assign` and `topics`, for example from cron. What a webhook did not take is posted the next time.

    Example: forumlens alerts --dry-run
    """
    from forumlens.tell.rules import find_alerts

    settings = load_settings(database_url=database)
    if not settings.alerts:
        raise BadInputError("setting 'alerts' is empty: write a rule, [[alerts]] with kind = \"new-theme\", into it")
    now = datetime.now(UTC)
    with open_store(settings) as db:
        found = find_alerts(db, settings.alerts, now)
        if dry_run:
            print_rows([{"key": one.key, "text": one.text} for one in found], form, title="What the rules find")
            return
        raise_alerts(db, found)
        waiting = list_alerts(db, undelivered=True)
        failed = _deliver(settings, db, waiting, now)
        known = {one.key: one for one in list_alerts(db)}
    print_rows([_row(known[one.key]) for one in waiting], form, title="Alerts not told before")
    if failed:
        raise failed


def feed(
    link: Annotated[str, typer.Option(help="Where the page is that a reader is sent to.")] = "",
    out: OutFlag = None,
    database: DatabaseFlag = None,
) -> None:
    """Write the last 100 alerts as an Atom feed.

    Example: forumlens feed --out /var/www/forumlens.atom
    """
    from forumlens.tell.feed import atom_feed

    settings = load_settings(database_url=database)
    with open_store(settings) as db:
        write_out(out, atom_feed(list_alerts(db), link))


def _deliver(settings: Settings, db: Database, waiting: list[Alert], now: datetime) -> Exception | None:
    """Post alerts, the oldest first, until the webhook fails; that failure, which leaves the others for later."""
    from forumlens.tell.webhook import WebhookError, post_alert

    if not settings.webhook_url:
        say("No webhook_url is set: alerts are kept for the feed only.")
        return None
    for one in reversed(waiting):
        try:
            post_alert(one, settings.webhook_url, settings.webhook_secret)
        except WebhookError as error:
            return error
        mark_delivered(db, one.key, now)
    return None


def _row(one: Alert) -> dict[str, Any]:
    return {"raised": one.raised_at.isoformat(timespec="seconds"), "delivered": one.delivered_at is not None} | {
        "text": one.text
    }
